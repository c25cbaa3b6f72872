//! The work of one hub: what came is handed on, and who is due is woken.

use std::{sync::Arc, time::Duration};

use tidings_models::{Clock, InboxPage, Log, StoreError, UserId};
use tokio::time::Instant;

use crate::{entry::Entry, follower, frame::GoodbyeReason, hub::Hub, session::Session, trouble::Trouble};

/// Entries that are handed on before others of this thread have a turn. Those of a broadcast are written
/// together.
const BATCH: usize = 64;
/// How late a heartbeat may be, or a place be taken back.
const TICK: Duration = Duration::from_millis(250);
/// How long a hub that cannot go on waits for a bell before it tries again.
const RETRY: Duration = Duration::from_secs(1);

/// Hands on what comes, for as long as the thread lives.
pub(crate) async fn run(store: Arc<dyn Log>, hub: Arc<Hub>, clock: Arc<dyn Clock>, page: u32) {
    loop {
        let advanced = advance(&*store, &hub, &*clock, page).await;
        hub.trouble.note("a hub", advanced.as_ref().err(), hub.position());
        hub.moved.notify_waiters();
        match advanced {
            Ok(true) => tokio::task::yield_now().await, // it may have been many: let others have a turn
            Ok(false) => hub.bell.notified().await,
            // That it is over changes nothing: it is tried again, at the next bell or then.
            Err(_) => drop(tokio::time::timeout(RETRY, hub.bell.notified()).await),
        }
    }
}

/// Wakes the streams that are due, and shows those out whose token has ended.
pub(crate) async fn tick(hub: Arc<Hub>) {
    loop {
        tokio::time::sleep(TICK).await;
        hub.tick(Instant::now());
    }
}

/// Hands the next entries on. Whether there were any.
async fn advance(store: &dyn Log, hub: &Hub, clock: &dyn Clock, page: u32) -> Result<bool, Trouble> {
    let after = hub.position();
    let entries = if let Some(entries) = hub.feed.after(after, BATCH) {
        entries
    } else {
        // This thread was kept from its work for so long that the feed has moved on without it. Not beyond
        // the feed: what the follower has yet to read must stay in the log.
        let end = hub.feed.position();
        let read = follower::read(store, after, page).await?;
        if read.entries.is_empty() {
            return Err(Trouble::Hole { after, found: read.hole.unwrap_or(end) });
        }
        read.entries.into_iter().filter(|entry| entry.position() <= end).collect()
    };
    match hub.dispatch(&entries) {
        Ok(true) => hub.tally.delivery.took(age(entries.first(), clock)),
        Ok(false) => {}
        Err(users) => recount(store, hub, &users).await?,
    }
    Ok(!entries.is_empty())
}

/// How long ago an entry was accepted, by whichever node. Clocks may differ: none is younger than nothing.
fn age(entry: Option<&Arc<Entry>>, clock: &dyn Clock) -> Duration {
    let Some(entry) = entry else { return Duration::ZERO };
    let millis = clock.now().as_millis() - entry.event.created_at.as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// Reads the counts of some users anew, many at once. What is read now is of the last event or later.
async fn recount(store: &dyn Log, hub: &Hub, users: &[UserId]) -> Result<(), StoreError> {
    for some in users.chunks(InboxPage::AT_ONCE) {
        for (user, page) in some.iter().zip(store.states(some).await?) {
            match page {
                Some(page) => hub.recount(user, &Session::of(&page)),
                None => hub.dismiss(user, GoodbyeReason::Revoked), // erased since they came
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tidings_models::{Counts, Effect, Event};

    use super::*;
    use crate::{
        census::Limits,
        hubs::Hubs,
        sizes::Sizes,
        testing::{FakeStore, VirtualClock, event, lasting, page, pos, user},
    };

    /// What leaves open what the counts of many are costs few reads, and each gets it with counts that have it.
    #[tokio::test(start_paused = true)]
    async fn the_states_of_many_are_read_together() {
        let store = FakeStore::default();
        store.add("everyone");
        let hubs = Hubs::new(pos(1), Limits { per_user: 1, per_address: 1, per_node: 300 }, Sizes::default());
        let hub = hubs.open();
        let join = |number: usize| {
            let name = format!("u{number}");
            hub.join(&(user(&name), lasting()).into(), Some(Session::of(&page(&name, 1, Counts::default())))).unwrap()
        };
        let all: Vec<_> = (0..300).map(join).collect();
        let notification = serde_json::to_string(&crate::testing::notification("in its place")).unwrap();
        store.put(Event { effect: Effect::Reloads, ..event(2, "everyone", &notification) });
        hubs.extend(follower::read(&store, pos(1), 5).await.unwrap().entries);
        while advance(&store, &hub, &VirtualClock::default(), 4).await.unwrap() {}
        assert_eq!(store.states_read(), [128, 128, 44]);
        for joined in all {
            let mut live = Vec::new();
            joined.outlet.take(usize::MAX, &mut live);
            let [(entry, own)] = &live[..] else { panic!("{live:?}") };
            let counts = (own.counts.unread, own.counts.unseen);
            assert_eq!((entry.position(), counts), (pos(2), (1, 1)), "as they were read");
        }
    }

    /// A thread that was busy for longer than the feed remembers goes on from the database.
    #[tokio::test(start_paused = true)]
    async fn a_hub_that_fell_behind_reads_for_itself() {
        let store = FakeStore::default();
        let sizes = Sizes { ring: 1, ..Sizes::default() };
        let hubs = Hubs::new(pos(0), Limits { per_user: 1, per_address: 1, per_node: 1 }, sizes);
        let hub = hubs.open();
        let ann = (user("ann"), lasting()).into();
        let joined = hub.join(&ann, Some(Session::of(&page("ann", 0, Counts::default())))).unwrap();
        for _ in 0..6 {
            store.add("everyone");
        }
        let read = follower::read(&store, pos(0), 5).await.unwrap();
        hubs.extend(read.entries);
        assert_eq!(hubs.position(), pos(0));
        while advance(&store, &hub, &VirtualClock::default(), 4).await.unwrap() {}
        let mut live = Vec::new();
        joined.outlet.take(usize::MAX, &mut live);
        assert_eq!(live.iter().map(|(entry, _)| entry.position().get()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(hub.position(), pos(5), "not beyond what its node has read: only that is kept in the log");
    }
}
