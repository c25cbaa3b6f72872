//! Replaying: what lies between the reader's place and where the outlet begins, from the ring as long
//! as that goes back far enough, and otherwise from the database.

use std::sync::Arc;

use tidings_models::{Counts, Position};

use super::{Phase, Stream, batch::fitting};
use crate::{
    entry::Entry,
    frame::{Frame, Own},
    replay::ResetReason,
    sabotage::{self, Bug},
    tally::Source,
};

/// Catching up with where the outlet begins.
#[derive(Clone, Copy)]
pub(super) struct Replaying {
    /// Where that is.
    pub(super) up_to: Position,
    /// The reader's counts there: an earlier event never shows older ones than it knows of.
    pub(super) counts: Counts,
    /// Whether it was live before. The first time ends with `ready`.
    pub(super) announced: bool,
}

impl Stream {
    /// Gives the next part, or begins to read it.
    pub(super) fn replay(&mut self, replaying: Replaying) -> Vec<Frame> {
        let after = self.place.unwrap_or_default();
        let up_to = if sabotage::is(Bug::RepeatAtTheSeam) { self.seat.hub.position() } else { replaying.up_to };
        let recent = self.seat.hub.recent(&self.scope.windows, after, up_to, self.broker.sizes.replay_page);
        let Some(entries) = recent else {
            self.broker.tally().replay_pages.add(Source::Database);
            self.read_older(replaying, after, up_to);
            return Vec::new();
        };
        self.broker.tally().replay_pages.add(Source::Ring);
        self.replayed(replaying, entries)
    }

    /// Begins to read what the ring no longer has.
    fn read_older(&mut self, replaying: Replaying, after: Position, up_to: Position) {
        let scope = Arc::clone(&self.scope);
        let limit = u32::try_from(self.broker.sizes.replay_page).unwrap_or(u32::MAX);
        self.read(
            move |broker| async move { Ok(broker.reads.replay(&scope.windows, after, up_to, limit).await?) },
            move |stream, entries| {
                if let Some(entries) = entries {
                    return stream.replayed(replaying, entries);
                }
                stream.phase = Phase::Resetting(ResetReason::Expired);
                Vec::new()
            },
        );
    }

    /// An event that the reader missed.
    fn event(&self, entry: Arc<Entry>, counts: Counts) -> Frame {
        let muted = self.scope.mutes(&entry) && !sabotage::is(Bug::MutedOnlyWhileLive);
        Frame::Event(entry, Own { counts, muted })
    }

    /// Gives a part, which is the last when it is not a full page.
    fn replayed(&mut self, replaying: Replaying, entries: Vec<Arc<Entry>>) -> Vec<Frame> {
        let (entries, cut) = fitting(entries, |entry| entry.envelope.len());
        let done = !cut && entries.len() < self.broker.sizes.replay_page;
        let after = self.place.unwrap_or_default();
        if let Some(last) = entries.last() {
            (self.place, self.shown) = (Some(last.position()), replaying.counts);
        }
        self.sent += entries.len() as u64;
        self.broker.tally().replayed.add(entries.len() as u64);
        let mut frames: Vec<_> = entries.into_iter().map(|entry| self.event(entry, replaying.counts)).collect();
        if done {
            let place = after.max(replaying.up_to);
            if replaying.announced {
                self.place = Some(place);
                self.phase = Phase::Live;
            } else {
                frames.push(self.go_live(place, replaying.counts));
            }
        }
        frames
    }
}
