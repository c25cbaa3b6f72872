//! Tails the log and hands its entries to the hubs, in order, without a gap.
//!
//! It wakes by the bell, or by polling, and reads after its own position until there is no more. A
//! hole in the log stops it with an alarm: to skip would be to lose in silence. What its own process
//! has committed comes to it without being read, as long as that is just what comes next.

use std::{sync::Arc, time::Duration};

use tidings_models::{Cursors, Event, Head, Log, Position, StoreError};
use tokio::{sync::Notify, time::Instant};

use crate::{
    bus::Bus,
    entry::Entry,
    fresh::Fresh,
    hubs::Hubs,
    sabotage::{self, Bug},
    sync::Mutex,
    tally::Found,
    trouble::{LastTrouble, Trouble},
};

/// Events of one read. Bounds its memory (an event is at most some 30 KB) and how long it lasts.
pub(crate) const PAGE: u32 = 256;

/// How the follower is doing, for health.
pub(crate) struct Status {
    read_at: Mutex<Instant>,
    /// When a read found that there is no more.
    at_end: Mutex<Instant>,
    /// Up to where hubs are yet to come, and since when.
    handing_on: Mutex<(Position, Instant)>,
    trouble: LastTrouble,
    /// It was woken, by a bell or by time: whoever has something else to look for may do so now.
    pub(crate) woken: Arc<Notify>,
}

impl Status {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            read_at: Mutex::new(now),
            at_end: Mutex::new(now),
            handing_on: Mutex::new((Position::START, now)),
            trouble: LastTrouble::default(),
            woken: Arc::default(),
        }
    }

    /// How long ago the log was read last.
    pub(crate) fn silent(&self) -> Duration {
        self.read_at.lock().elapsed()
    }

    /// Why the database is not read, if it is not: an error, or no read that succeeded for `patience`.
    pub(crate) fn unread(&self, patience: Duration) -> Option<String> {
        let silent = self.silent();
        let told = self.trouble.get().filter(|told| told.unread).map(|told| told.words);
        told.or_else(|| (silent > patience).then(|| format!("no read for {} s", silent.as_secs())))
    }

    /// What is wrong with what was read, if anything.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.get().filter(|told| !told.unread).map(|told| told.words)
    }

    /// What has been late for `patience`, if anything.
    pub(crate) fn late(&self, patience: Duration) -> Option<String> {
        let (reading, (_, handing_on)) = (*self.at_end.lock(), *self.handing_on.lock());
        let late = |what: &str, since: Instant| {
            let late = since.elapsed();
            (late > patience).then(|| format!("{what} for {} s", late.as_secs()))
        };
        late("the log is ahead of this node", reading).or_else(|| late("a thread has handed nothing on", handing_on))
    }

    /// Takes note of how far the slowest hub is, and how far the log was read.
    pub(crate) fn note_hubs(&self, slowest: Position, read: Position) {
        let mut handing_on = self.handing_on.lock();
        if slowest >= handing_on.0 {
            *handing_on = (read, Instant::now());
        }
    }
}

/// Follows the log for as long as the process lives, or until that makes no sense any more: then its task ends, and the
/// node with it.
pub(crate) async fn run(
    store: Arc<dyn Log>,
    bus: Arc<dyn Bus>,
    fresh: Arc<Fresh>,
    hubs: Arc<Hubs>,
    status: Arc<Status>,
    poll: Duration,
    page: u32,
) {
    let mut quiet = false;
    let mut by = Found::Bell;
    loop {
        let before = hubs.feed.position();
        let trouble = catch_up(&*store, &hubs, &status, page).await.err();
        hubs.tally.found.add_many(by, hubs.feed.position().since(before));
        status.woken.notify_one();
        if noted(trouble, &status, &hubs) {
            return;
        }
        // After a look that found nothing: beside waiting, as whoever rings does not wait for it.
        let look = look(quiet, &*store, &hubs);
        let next_look = tokio::time::sleep(poll);
        tokio::pin!(look, next_look);
        let mut looked = false;
        loop {
            tokio::select! {
                biased;
                () = bus.heard() => {
                    (quiet, by) = (false, Found::Bell);
                    break;
                }
                () = &mut next_look => {
                    (quiet, by) = (true, Found::Poll);
                    break;
                }
                found = &mut look, if !looked => {
                    looked = true;
                    if found.as_ref().is_some_and(Trouble::is_final) && noted(found, &status, &hubs) {
                        return;
                    }
                }
                events = fresh.take() => if !take(events, &hubs, store.cursors()) {
                    by = Found::Own;
                    break;
                },
            }
        }
    }
}

/// Tells how it went. Whether it can never go on.
fn noted(trouble: Option<Trouble>, status: &Status, hubs: &Hubs) -> bool {
    status.trouble.note("the follower", trouble.as_ref(), hubs.feed.position());
    trouble.is_some_and(|trouble| trouble.is_final())
}

/// Hands on everything after the feed's position, reading so many events at once.
pub(crate) async fn catch_up(store: &dyn Log, hubs: &Hubs, status: &Status, page: u32) -> Result<(), Trouble> {
    loop {
        let read = read(store, hubs.feed.position(), page).await?;
        *status.read_at.lock() = Instant::now();
        hubs.extend(read.entries);
        if let Some(found) = read.hole {
            still_ours(store, hubs).await?;
            return Err(Trouble::Hole { after: hubs.feed.position(), found });
        }
        if !read.full {
            *status.at_end.lock() = Instant::now();
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

/// What is wrong with the log, if one asks.
async fn look(ask: bool, store: &dyn Log, hubs: &Hubs) -> Option<Trouble> {
    if ask { still_ours(store, hubs).await.err() } else { None }
}

/// Fails when what comes next can never be read.
async fn still_ours(store: &dyn Log, hubs: &Hubs) -> Result<(), Trouble> {
    let before = hubs.feed.position();
    let Head { position: head, floor, .. } = store.head().await?;
    if head < before {
        return Err(Trouble::Older { head, position: before });
    }
    let position = hubs.feed.position(); // it may have gone on meanwhile, and the floor after it
    if floor > position { Err(Trouble::Trimmed { floor, position }) } else { Ok(()) }
}

/// A part of the log.
pub(crate) struct Read {
    /// What follows the position that was asked for, up to the first hole.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// The position behind the hole.
    pub(crate) hole: Option<Position>,
    /// There may be more.
    full: bool,
}

/// Reads up to `page` events after a position.
pub(crate) async fn read(store: &dyn Log, after: Position, page: u32) -> Result<Read, StoreError> {
    let events = store.read_log(after, page).await?;
    let full = events.len() >= usize::try_from(page).unwrap_or(usize::MAX);
    let (events, hole) = contiguous(after, events);
    Ok(Read { entries: Entry::render_all(events, store.cursors())?, hole, full })
}

/// Takes what was committed by this process, if it is what comes next.
fn take(mut events: Vec<Event>, hubs: &Hubs, cursors: &Cursors) -> bool {
    let after = hubs.feed.position();
    events.retain(|event| event.position > after); // the rest was read
    let (events, hole) = contiguous(after, events);
    match Entry::render_all(events, cursors) {
        Ok(entries) if hole.is_none() => {
            hubs.tally.found.add_many(Found::Own, entries.len() as u64);
            hubs.extend(entries);
            true
        }
        _ => false,
    }
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
    use crate::{
        bus::LocalBus,
        census::Limits,
        sizes::Sizes,
        testing::{FakeStore, cursors, event, pos},
    };

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
        let hubs = Hubs::new(pos(0), Limits { per_user: 1, per_address: 1, per_node: 1 }, Sizes::default());
        let status = Status::new();
        let trouble = catch_up(&store, &hubs, &status, PAGE).await.unwrap_err();
        assert_eq!(trouble.to_string(), "a hole in the log: 3 follows 1");
        assert_eq!(hubs.feed.position(), pos(1));
        store.put(event(2, "everyone", "{}"));
        catch_up(&store, &hubs, &status, PAGE).await.unwrap();
        assert_eq!(hubs.feed.position(), pos(3));
    }

    /// A node that was away for so long that what it has yet to read was removed, and one that finds an older log than it
    /// has read, would wait for ever, and take later events for those that it knows.
    #[tokio::test(start_paused = true)]
    async fn it_ends_where_the_log_can_never_be_followed() {
        for (events, floor, expected) in
            [(0, 5, "the log begins after 5"), (7, 5, "the log begins after 5"), (2, 0, "the log ends at 2")]
        {
            let store = Arc::new(FakeStore::default());
            (1..=events).for_each(|position| store.put(event(position, "everyone", "{}")));
            store.trim(floor);
            let hubs =
                Arc::new(Hubs::new(pos(3), Limits { per_user: 1, per_address: 1, per_node: 1 }, Sizes::default()));
            let (bus, fresh, status) = (Arc::new(LocalBus::default()), Arc::default(), Arc::new(Status::new()));
            let poll = Duration::from_secs(1);
            let following = run(store, bus, fresh, Arc::clone(&hubs), Arc::clone(&status), poll, PAGE);
            tokio::time::timeout(Duration::from_secs(9), following).await.unwrap();
            assert!(status.trouble().unwrap().contains(expected), "{:?}", status.trouble());
            assert_eq!(hubs.feed.position(), pos(3));
        }
    }

    /// What is handed on late is noticed: a burst is not, and a thread that stands still is.
    #[tokio::test(start_paused = true)]
    async fn a_thread_that_stands_still_is_late() {
        let (status, second) = (Status::new(), Duration::from_secs(1));
        let late = async |slowest: i64, read: i64| {
            tokio::time::sleep(4 * second).await;
            *status.at_end.lock() = Instant::now();
            status.note_hubs(pos(slowest), pos(read));
            status.late(10 * second).is_some()
        };
        // It goes on, though it is always behind; then it does not.
        for (slowest, read) in [(0, 5), (5, 9), (8, 12), (9, 15), (9, 15), (9, 15)] {
            assert!(!late(slowest, read).await, "{slowest} of {read}");
        }
        assert!(late(14, 16).await, "for twelve seconds");
        assert!(!late(15, 17).await);
        tokio::time::sleep(11 * second).await;
        assert!(status.late(10 * second).unwrap().starts_with("the log is ahead"));
    }

    #[test]
    fn what_was_committed_here_is_taken_if_it_comes_next() {
        let hubs = Hubs::new(pos(2), Limits { per_user: 1, per_address: 1, per_node: 1 }, Sizes::default());
        let events = |positions: &[i64]| positions.iter().map(|at| event(*at, "everyone", "{}")).collect();
        for (offered, taken, position) in
            [(&[3, 4][..], true, 4), (&[3, 4], true, 4), (&[4, 5], true, 5), (&[7], false, 5), (&[6, 8], false, 5)]
        {
            assert_eq!(take(events(offered), &hubs, &cursors()), taken, "{offered:?}");
            assert_eq!(hubs.feed.position(), pos(position), "{offered:?}");
        }
    }
}
