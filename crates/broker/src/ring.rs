//! The newest entries of the log, kept in memory: what most replays are served from.

use std::{collections::VecDeque, sync::Arc};

use tidings_models::Position;

use crate::entry::Entry;

/// Entries kept: minutes of a busy log, so that a fleet that reconnects finds what it missed here.
pub(crate) const MAX_ENTRIES: usize = 8192;
/// Bytes of rendered entries kept. Bounds memory when entries are large.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The newest entries, without a gap.
pub(crate) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// Everything after this position is here,
    from: Position,
    /// up to this one.
    to: Position,
    max_entries: usize,
}

impl Ring {
    /// An empty ring, after `from`.
    pub(crate) fn new(from: Position) -> Self {
        Self { entries: VecDeque::new(), bytes: 0, from, to: from, max_entries: MAX_ENTRIES }
    }

    /// The same with room for so many entries.
    pub(crate) fn holding(mut self, max_entries: usize) -> Self {
        self.max_entries = max_entries;
        self
    }

    /// The position of the newest entry.
    pub(crate) fn position(&self) -> Position {
        self.to
    }

    /// Adds the next entry of the log and drops the oldest that no longer fit.
    pub(crate) fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.envelope.len();
        self.to = entry.position();
        self.entries.push_back(entry);
        while (self.entries.len() > self.max_entries || self.bytes > MAX_BYTES)
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.envelope.len();
            self.from = oldest.position();
        }
    }

    /// All entries after a position, or `None` when some of them are no longer here.
    pub(crate) fn after(&self, position: Position) -> Option<impl Iterator<Item = &Arc<Entry>>> {
        (position >= self.from).then(|| {
            let first = self.entries.partition_point(|entry| entry.position() <= position);
            self.entries.range(first..)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entry, pos};

    #[test]
    fn it_knows_what_it_no_longer_has() {
        let mut ring = Ring::new(pos(10)).holding(3);
        let after = |ring: &Ring, from: i64| {
            ring.after(pos(from)).map(|entries| entries.map(|entry| entry.position().get()).collect::<Vec<_>>())
        };
        assert_eq!(after(&ring, 10), Some(vec![]));
        assert_eq!(after(&ring, 9), None, "before the ring began");
        for position in 11..=15 {
            ring.push(entry(position, "everyone"));
        }
        assert_eq!(after(&ring, 12), Some(vec![13, 14, 15]));
        assert_eq!(after(&ring, 14), Some(vec![15]));
        assert_eq!(after(&ring, 99), Some(vec![]));
        assert_eq!(after(&ring, 11), None, "12 is gone");
    }
}
