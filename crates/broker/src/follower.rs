//! Tails the log and hands its entries to the hub, in order, without a gap.
//!
//! It wakes by the bell, or by polling, and reads after its own position until there is no more. A
//! hole in the log stops it with an alarm: to skip would be to lose in silence.

use std::{sync::Arc, time::Duration};

use tidings_models::{Audience, Event, InboxQuery, Position, Store, StoreError, UserId};
use tokio::time::Instant;

use crate::{
    bus::Bus,
    entry::Entry,
    hub::Hub,
    sabotage::{self, Bug},
    session::Session,
    sync::Mutex,
};

/// Events of one read. Bounds its memory (an event is at most some 30 KB) and how long it lasts.
pub(crate) const PAGE: u32 = 256;

/// Why the follower cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something is missing in it.
    #[error("a hole in the log: {found} follows {after}")]
    Hole {
        /// The last position before it.
        after: Position,
        /// The first position behind it.
        found: Position,
    },
}

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

    /// What is wrong, if anything: an error, or no read that succeeded for `patience`.
    pub(crate) fn trouble(&self, patience: Duration) -> Option<String> {
        let last = self.last.lock();
        let silent = last.read.elapsed();
        last.trouble.clone().or_else(|| (silent > patience).then(|| format!("no read for {} s", silent.as_secs())))
    }

    fn note_read(&self) {
        self.last.lock().read = Instant::now();
    }

    /// Remembers how it went, and logs when that changed: an outage is not a line per look.
    fn note(&self, trouble: Option<String>, position: Position) {
        let mut last = self.last.lock();
        if trouble != last.trouble {
            if let Some(trouble) = &trouble {
                tracing::error!(trouble, %position, "the follower cannot go on");
            } else {
                tracing::info!(%position, "the follower goes on");
            }
            last.trouble = trouble;
        }
    }
}

/// Follows the log for as long as the process lives.
pub(crate) async fn run(
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    hub: Arc<Hub>,
    status: Arc<Status>,
    poll: Duration,
    page: u32,
) {
    loop {
        let trouble = catch_up(&*store, &hub, &status, page).await.err();
        status.note(trouble.map(|trouble| trouble.to_string()), hub.position());
        tokio::select! {
            () = bus.heard() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
}

/// Dispatches everything after the hub's position, reading so many events at once.
pub(crate) async fn catch_up(store: &dyn Store, hub: &Hub, status: &Status, page: u32) -> Result<(), Trouble> {
    loop {
        let after = hub.position();
        let events = store.read_log(after, page).await?;
        status.note_read();
        let full = events.len() >= usize::try_from(page).unwrap_or(usize::MAX);
        let (good, hole) = contiguous(after, events);
        for event in good {
            let broadcast = !matches!(event.audience, Audience::User(_));
            let entry =
                Entry::render(event, store.cursors()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            while let Err(users) = hub.dispatch(&entry) {
                recount(store, hub, &users).await?;
            }
            if broadcast {
                tokio::task::yield_now().await; // it woke many: let them, and publishers, have a turn
            }
        }
        if let Some(found) = hole {
            return Err(Trouble::Hole { after: hub.position(), found });
        }
        if !full {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

/// Reads the counts of some users anew. What is read now is of the last event or later.
async fn recount(store: &dyn Store, hub: &Hub, users: &[UserId]) -> Result<(), StoreError> {
    for user in users {
        let page = store.inbox(user, &InboxQuery::counts()).await?;
        let page = page.ok_or_else(|| StoreError::Corrupt(format!("{user} is here, and not known")))?;
        hub.recount(user, Session::of(&page));
    }
    Ok(())
}

/// The events up to the first hole, and the position behind it.
fn contiguous(after: Position, events: Vec<Event>) -> (Vec<Event>, Option<Position>) {
    let mut next = after.next();
    let mut good = Vec::with_capacity(events.len());
    for event in events {
        if event.position != next && !sabotage::is(Bug::HoleSkipped) {
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
        let hub = Hub::new(Position::START, crate::sizes::Sizes::default());
        let status = Status::new();
        let trouble = catch_up(&store, &hub, &status, PAGE).await.unwrap_err();
        assert_eq!(trouble.to_string(), "a hole in the log: 3 follows 1");
        assert_eq!(hub.position(), pos(1));
        store.put(event(2, "everyone", "{}"));
        catch_up(&store, &hub, &status, PAGE).await.unwrap();
        assert_eq!(hub.position(), pos(3));
    }
}
