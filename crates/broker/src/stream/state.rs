//! The current state, for a reader that has no place to continue from.

use tidings_models::{InboxQuery, InboxState, Position};

use super::{Stream, batch::fitting};
use crate::{
    entry::Entry,
    frame::{Frame, Own},
    ledger::Begun,
    replay::ResetReason,
};

/// Unread notifications that a stream without a start begins with at most. The rest is in the list.
const UNREAD_AT_START: u32 = 100;
/// Notifications that a reset carries at most.
const NEWEST_AT_RESET: u32 = 50;

impl Stream {
    /// Starts with the unread notifications: for a client that has nothing.
    pub(super) fn begin_with_unread(&mut self) {
        self.read_inbox(InboxQuery::newest(InboxState::Unread, UNREAD_AT_START), |stream, page| {
            let cursors = stream.broker.store.cursors();
            let entries = page.items.iter().filter_map(|item| {
                let entry = Entry::of_item(item, cursors);
                entry.inspect_err(|error| tracing::error!(%error, "a notification that is not JSON")).ok()
            });
            let (newest, cut) = fitting(entries.collect(), |entry| entry.envelope.len());
            stream
                .began_with(page.head.position, newest.last().filter(|_| cut || page.more).map(|last| last.position()));
            stream.sent += newest.len() as u64;
            // What is muted is not among the unread.
            let own = Own { counts: page.counts, muted: false };
            let mut frames: Vec<_> = newest.into_iter().rev().map(|entry| Frame::Event(entry, own)).collect();
            frames.push(stream.go_live(page.head.position, page.counts));
            frames
        });
    }

    /// Gives the newest notifications and the counts in place of a continuation.
    pub(super) fn reset(&mut self, reason: ResetReason) {
        self.read_inbox(InboxQuery::newest(InboxState::All, NEWEST_AT_RESET), move |stream, mut page| {
            let (newest, cut) = fitting(std::mem::take(&mut page.items), |item| item.notification.size());
            page.items = newest;
            page.more |= cut;
            let (position, counts) = (page.head.position, page.counts);
            stream.broker.tally().resets.add(reason);
            stream.began_with(position, page.items.last().filter(|_| page.more).map(|last| last.position));
            let reset = Frame::Reset { reason, cursor: stream.seal(position), page: Box::new(page) };
            vec![reset, stream.go_live(position, counts)]
        });
    }

    /// The reader is given a state of `place`, which has all that is unread, or what is from `oldest` on.
    fn began_with(&mut self, place: Position, oldest: Option<Position>) {
        let before = |oldest: Position| Position::new(oldest.get() - 1).unwrap_or_default();
        let state_after = Some(oldest.map_or(Position::START, before));
        self.begun = Some((Begun { after: place, state_after }, self.sent));
    }
}
