//! Bounds that no operator has to think of, as one value: tests make them so small that a short history
//! reaches every one of them.

use crate::{follower, outlet, ring, stream};

/// How much of something is held or read at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Entries that may wait in an outlet.
    pub(crate) queue: usize,
    /// Entries of the ring.
    pub(crate) ring: usize,
    /// Events of one read of a replay.
    pub(crate) replay_page: usize,
    /// Events of one read of the follower.
    pub(crate) follower_page: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            queue: outlet::QUEUE,
            ring: ring::MAX_ENTRIES,
            replay_page: stream::REPLAY_PAGE,
            follower_page: follower::PAGE,
        }
    }
}
