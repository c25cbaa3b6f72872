//! What waits for one stream to take it. Written by the hub, emptied by the stream, bounded.

use std::{collections::VecDeque, sync::Arc};

use tidings_models::Counts;
use tokio::{sync::Notify, time::Instant};

use crate::{
    entry::Entry,
    frame::GoodbyeReason,
    sabotage::{self, Bug},
    sync::Mutex,
};

/// Entries that may wait. A reader that is further behind is served from the ring or the database at
/// its own pace, so a stream that does not read costs this much and no more (I10).
pub(crate) const QUEUE: usize = 128;

/// An entry with the counts that its reader is to see with it.
pub(crate) type Live = (Arc<Entry>, Counts);

/// The queue of one stream.
#[derive(Debug)]
pub(crate) struct Outlet {
    state: Mutex<State>,
    room: usize,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Live>,
    /// The queue was forgotten: the stream has to go back to replay.
    overflowed: bool,
    end: Option<GoodbyeReason>,
    /// When its reader's token ends.
    expires: Option<Instant>,
}

/// What a stream finds in its outlet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// These, in order; possibly none yet.
    Entries,
    /// The queue overflowed and is gone.
    Overflow,
    /// The server wants the stream to end.
    End(GoodbyeReason),
}

impl Outlet {
    /// An outlet where so many entries may wait.
    pub(crate) fn holding(room: usize) -> Self {
        Self { state: Mutex::default(), room, changed: Notify::new() }
    }

    /// Hands an entry over. A full queue is forgotten rather than extended or skipped in part.
    pub(crate) fn push(&self, entry: &Arc<Entry>, counts: Counts) {
        let mut state = self.state.lock();
        if state.overflowed {
            return;
        }
        if state.queue.len() == self.room {
            state.overflowed = !sabotage::is(Bug::LagSwallowed);
            state.queue = VecDeque::new();
        } else {
            state.queue.push_back((Arc::clone(entry), counts));
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Asks the stream to say goodbye. The first reason stays.
    pub(crate) fn end(&self, reason: GoodbyeReason) {
        self.state.lock().end.get_or_insert(reason);
        self.changed.notify_one();
    }

    /// From when on nothing may be handed over any more.
    pub(crate) fn expires(&self, at: Instant) {
        self.state.lock().expires = Some(at);
    }

    /// Whether that is past. Then it has also been asked to end.
    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        let mut state = self.state.lock();
        let expired = state.expires.is_some_and(|at| at <= now);
        if expired {
            state.end.get_or_insert(GoodbyeReason::TokenExpired);
            state.queue = VecDeque::new();
            self.changed.notify_one();
        }
        expired
    }

    /// The reason to end, once there is one.
    pub(crate) fn ending(&self) -> Option<GoodbyeReason> {
        self.state.lock().end
    }

    /// Moves what waits into `into`, until about `bytes` are there.
    pub(crate) fn take(&self, bytes: usize, into: &mut Vec<Live>) -> Next {
        let mut state = self.state.lock();
        if let Some(reason) = state.end {
            return Next::End(reason);
        }
        if state.overflowed {
            return Next::Overflow;
        }
        let mut taken = 0;
        while taken < bytes
            && let Some(live) = state.queue.pop_front()
        {
            taken += live.0.envelope.len();
            into.push(live);
        }
        if state.queue.is_empty() && state.queue.capacity() > self.room / 4 {
            state.queue = VecDeque::new(); // an idle stream keeps no buffer from a burst
        }
        Next::Entries
    }

    /// Whether everything that was handed over has been taken.
    pub(crate) fn is_drained(&self) -> bool {
        let state = self.state.lock();
        state.queue.is_empty() && !state.overflowed
    }

    /// Starts anew after an overflow.
    pub(crate) fn reopen(&self) {
        let mut state = self.state.lock();
        state.queue.clear();
        state.overflowed = false;
    }

    /// Returns once something changed since the last look.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::entry;

    #[test]
    fn a_full_queue_is_forgotten_whole() {
        let outlet = Outlet::holding(QUEUE);
        for position in 1..=128 {
            outlet.push(&entry(position, "everyone"), Counts::default());
        }
        let mut taken = Vec::new();
        assert_eq!(outlet.take(1, &mut taken), Next::Entries);
        assert_eq!(taken.len(), 1, "no more than asked for");
        for position in 129..=131 {
            outlet.push(&entry(position, "everyone"), Counts::default());
        }
        assert_eq!(outlet.take(usize::MAX, &mut taken), Next::Overflow);
        assert_eq!(taken.len(), 1, "nothing from the middle");
        outlet.reopen();
        outlet.push(&entry(132, "everyone"), Counts::default());
        assert_eq!(outlet.take(usize::MAX, &mut taken), Next::Entries);
        assert_eq!(taken[1].0.position().get(), 132);
    }
}
