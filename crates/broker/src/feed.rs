//! What this node has read of the log, for its hubs to take, each at its own pace.
//!
//! The follower reads and renders an event once. Every hub has a thread of its own, and takes from here
//! what comes after its position. It is woken once for all that has come, however many it is for.

use std::sync::Arc;

use tidings_models::Position;

use crate::{entry::Entry, ring::Ring, sizes::Sizes, sync::Mutex};

/// The newest part of the log, rendered.
pub(crate) struct Feed {
    ring: Mutex<Ring>,
}

impl Feed {
    /// A feed that begins after a position.
    pub(crate) fn new(after: Position, sizes: Sizes) -> Self {
        Self { ring: Mutex::new(Ring::new(after).holding(sizes.ring)) }
    }

    /// How far the follower has come.
    pub(crate) fn position(&self) -> Position {
        self.ring.lock().position()
    }

    /// Adds what comes next in the log.
    pub(crate) fn extend(&self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        let mut ring = self.ring.lock();
        for entry in entries {
            ring.push(entry);
        }
    }

    /// Whether everything after a position is still here.
    pub(crate) fn reaches(&self, after: Position) -> bool {
        self.ring.lock().after(after).is_some()
    }

    /// Up to `limit` entries after one position, up to another, that are wanted. `None`: not all of them
    /// are here any more.
    pub(crate) fn between(
        &self,
        after: Position,
        up_to: Position,
        limit: usize,
        wanted: impl Fn(&Entry) -> bool,
    ) -> Option<Vec<Arc<Entry>>> {
        let ring = self.ring.lock();
        let entries = ring.after(after)?.take_while(|entry| entry.position() <= up_to);
        Some(entries.filter(|entry| wanted(entry)).take(limit).cloned().collect())
    }

    /// Up to `limit` entries after a position. `None`: not all of them are here any more.
    pub(crate) fn after(&self, after: Position, limit: usize) -> Option<Vec<Arc<Entry>>> {
        let ring = self.ring.lock();
        Some(ring.after(after)?.take(limit).cloned().collect())
    }
}
