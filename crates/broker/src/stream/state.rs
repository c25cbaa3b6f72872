//! The current state, for a reader that has no place to continue from.

use tidings_models::{InboxQuery, InboxState};

use super::{Stream, batch::fitting};
use crate::{entry::Entry, frame::Frame, replay::ResetReason};

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
            let (newest, _) = fitting(entries.collect(), |entry| entry.envelope.len());
            stream.sent += newest.len() as u64;
            let mut frames: Vec<_> = newest.into_iter().rev().map(|entry| Frame::Event(entry, page.counts)).collect();
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
            let reset = Frame::Reset { reason, cursor: stream.seal(position), page: Box::new(page) };
            vec![reset, stream.go_live(position, counts)]
        });
    }
}
