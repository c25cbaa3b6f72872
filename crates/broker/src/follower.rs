//! Tails the log and hands its entries to the hub, in order, without a gap.
//!
//! It wakes by the bell, or by polling, and reads after its own position until there is no more. A
//! hole in the log stops it with an alarm: to skip would be to lose in silence.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tidings_models::{Event, InboxQuery, Position, Store, StoreError, UserId};
use tokio::time::Instant;

use crate::{bus::Bus, entry::Entry, hub::Hub, session::Session};

/// Events of one read. Bounds its memory (an event is at most some 30 KB) and how long it lasts.
const PAGE: u32 = 256;

/// How the follower is doing, for health.
pub(crate) struct Status {
    last: Mutex<Last>,
}

struct Last {
    read: Instant,
    trouble: Option<String>,
}

impl Status {
    pub(crate) fn new() -> Self {
        Self { last: Mutex::new(Last { read: Instant::now(), trouble: None }) }
    }

    /// What is wrong, if anything: an error, or no completed read for `patience`.
    pub(crate) fn trouble(&self, patience: Duration) -> Option<String> {
        let last = self.last.lock();
        let silent = last.read.elapsed();
        last.trouble.clone().or_else(|| (silent > patience).then(|| format!("no read for {} s", silent.as_secs())))
    }

    fn set(&self, trouble: Option<String>) {
        let mut last = self.last.lock();
        if trouble.is_none() {
            last.read = Instant::now();
        }
        last.trouble = trouble;
    }
}

/// Follows the log for as long as the process lives.
pub(crate) async fn run(store: Arc<dyn Store>, bus: Arc<dyn Bus>, hub: Arc<Hub>, status: Arc<Status>, poll: Duration) {
    loop {
        let trouble = catch_up(&*store, &hub).await.err();
        if let Some(trouble) = &trouble {
            tracing::error!(trouble, position = %hub.position(), "the follower cannot go on");
        }
        status.set(trouble);
        tokio::select! {
            () = bus.heard() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
}

/// Dispatches everything after the hub's position.
pub(crate) async fn catch_up(store: &dyn Store, hub: &Hub) -> Result<(), String> {
    loop {
        let after = hub.position();
        let events = store.read_log(after, PAGE).await.map_err(|error| error.to_string())?;
        let full = events.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let (entries, hole) = contiguous(after, events);
        for event in entries {
            let entry =
                Entry::render(event, store.cursors()).map_err(|error| format!("an event that is not JSON: {error}"))?;
            while let Err(users) = hub.dispatch(&entry) {
                recount(store, hub, &users).await.map_err(|error| error.to_string())?;
            }
        }
        if let Some(at) = hole {
            return Err(format!("a hole in the log: {} follows {}", at, hub.position()));
        }
        if !full {
            return Ok(());
        }
    }
}

/// Reads the counts of some users anew. What is read now is of the last event or later.
async fn recount(store: &dyn Store, hub: &Hub, users: &[UserId]) -> Result<(), StoreError> {
    for user in users {
        if let Some(page) = store.inbox(user, &InboxQuery::counts()).await? {
            hub.recount(user, Session::of(&page));
        }
    }
    Ok(())
}

/// The events up to the first hole, and the position behind it.
fn contiguous(after: Position, events: Vec<Event>) -> (Vec<Event>, Option<Position>) {
    let mut next = after.next();
    let mut good = Vec::with_capacity(events.len());
    for event in events {
        if event.position != next {
            return (good, Some(event.position));
        }
        next = next.next();
        good.push(event);
    }
    (good, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeStore, event, pos};

    #[test]
    fn a_hole_ends_what_is_good() {
        let cases: [(&[i64], usize, Option<i64>); 5] =
            [(&[], 0, None), (&[6, 7], 2, None), (&[7], 0, Some(7)), (&[6, 8, 9], 1, Some(8)), (&[6, 6], 1, Some(6))];
        for (positions, good, hole) in cases {
            let events = positions.iter().map(|position| event(*position, "everyone", "{}")).collect();
            let (entries, at) = contiguous(pos(5), events);
            assert_eq!((entries.len(), at), (good, hole.map(pos)), "{positions:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_stops_at_a_hole_and_goes_on_once_it_is_filled() {
        let store = FakeStore::default();
        store.put(event(1, "everyone", "{}"));
        store.put(event(3, "everyone", "{}"));
        let hub = Hub::new(Position::START);
        assert_eq!(catch_up(&store, &hub).await, Err("a hole in the log: 3 follows 1".into()));
        assert_eq!(hub.position(), pos(1));
        store.put(event(2, "everyone", "{}"));
        assert_eq!(catch_up(&store, &hub).await, Ok(()));
        assert_eq!(hub.position(), pos(3));
    }
}
