//! What the way of an event costs, from the log to the connection: rendering it once, telling each
//! session, and handing it to each stream. Sockets are not in it, nor the task that a queue would wake.
//!
//! `cargo bench -p tidings-broker --features bench --bench broker`
#![expect(clippy::expect_used, reason = "what cannot be set up cannot be measured")]
#![expect(clippy::wildcard_imports, reason = "a module is a group of figures here")]

mod crowd;

use std::time::Duration;

use crowd::{Crowd, Log, cursors, event, page, position, user};
use divan::{Bencher, black_box, counter::ItemsCount};
use tidings_broker::bench::{Session, render};
use tidings_models::{Audience, Position};
use tokio::time::Instant;

/// As many as a benchmark of a whole node has.
const USERS: usize = 10_000;
/// Entries that a hub takes from the feed at once.
const BATCH: usize = 64;
/// Entries of a full feed.
const FEED: usize = 8192;
/// Calls in one sample of what is too short for the clock.
const CALLS: usize = 1000;

fn main() {
    // By default a benchmark would be over in less time than whatever else the machine does.
    divan::Divan::default().min_time(Duration::from_millis(250)).config_with_args().main();
}

/// An event, once for all its readers, by the size of its notification.
#[divan::bench(args = [200, 2_000, 20_000])]
fn render_event(bencher: Bencher<'_, '_>, bytes: usize) {
    let cursors = cursors();
    bencher
        .counter(ItemsCount::new(1_usize))
        .with_inputs(|| event(1, Audience::User(user(1)), bytes))
        .bench_local_values(|event| render(event, &cursors));
}

/// One session, one event.
mod reduce {
    use super::*;

    fn run(bencher: Bencher<'_, '_>, audience: &Audience) {
        let cursors = cursors();
        let entry = |at| render(event(at, audience.clone(), 200), &cursors);
        let entries: Vec<_> = (1..=CALLS).map(|at| entry(at).expect("JSON")).collect();
        let session = Session::of(&page(&user(1)));
        bencher.counter(ItemsCount::new(CALLS)).with_inputs(|| session.clone()).bench_local_refs(|session| {
            for entry in &entries {
                black_box(session.apply(black_box(entry)));
            }
        });
    }

    #[divan::bench]
    fn own(bencher: Bencher<'_, '_>) {
        run(bencher, &Audience::User(user(1)));
    }

    #[divan::bench]
    fn other_users(bencher: Bencher<'_, '_>) {
        run(bencher, &Audience::User(user(2)));
    }

    #[divan::bench]
    fn everyones(bencher: Bencher<'_, '_>) {
        run(bencher, &Audience::Everyone);
    }
}

/// Of one hub, by the number of its streams. Figures are for each delivery.
mod dispatch {
    use super::*;

    #[divan::bench(args = [1, 1_000, 10_000])]
    fn broadcast_to_sinks(bencher: Bencher<'_, '_>, users: usize) {
        broadcasts(bencher, users, 1);
    }

    #[divan::bench(args = [1_000, 10_000])]
    fn eight_broadcasts_to_sinks(bencher: Bencher<'_, '_>, users: usize) {
        broadcasts(bencher, users, 8);
    }

    fn broadcasts(bencher: Bencher<'_, '_>, users: usize, count: usize) {
        let (crowd, mut log) = (Crowd::with_takers(users), Log::default());
        let mut sent = 0;
        bencher
            .counter(ItemsCount::new(users * count))
            .with_inputs(|| {
                sent += count;
                log.broadcasts(count)
            })
            .bench_local_refs(|entries| crowd.hub.dispatch(entries));
        assert_eq!(crowd.delivered(), sent * users);
    }

    /// And out of the queue again.
    #[divan::bench(args = [1, 1_000, 10_000])]
    fn broadcast_to_queues(bencher: Bencher<'_, '_>, users: usize) {
        let (mut crowd, mut log) = (Crowd::of(users), Log::default());
        bencher.counter(ItemsCount::new(users)).with_inputs(|| log.broadcasts(1)).bench_local_refs(|entries| {
            crowd.hub.dispatch(entries);
            assert_eq!(crowd.empty(), users);
        });
    }

    #[divan::bench]
    fn unicast(bencher: Bencher<'_, '_>) {
        unicasts(bencher, 1);
    }

    #[divan::bench]
    fn batch_of_unicasts(bencher: Bencher<'_, '_>) {
        unicasts(bencher, BATCH);
    }

    fn unicasts(bencher: Bencher<'_, '_>, count: usize) {
        let (crowd, mut log) = (Crowd::with_takers(USERS), Log::default());
        let mut sent = 0;
        bencher
            .counter(ItemsCount::new(count))
            .with_inputs(|| {
                sent += count;
                log.unicasts(count, USERS)
            })
            .bench_local_refs(|entries| crowd.hub.dispatch(entries));
        assert_eq!(crowd.delivered(), sent);
    }
}

/// A page of a replay, all over a full feed: figures are for each entry that is looked at.
#[divan::bench]
fn replay(bencher: Bencher<'_, '_>) {
    let (crowd, mut log, reader) = (Crowd::of(1), Log::default(), user(1));
    crowd.hub.extend(log.mixed(FEED, &reader));
    let (windows, end) = (page(&reader).windows, position(FEED));
    bencher.counter(ItemsCount::new(FEED)).bench_local(|| {
        let page = crowd.hub.recent(black_box(&windows), Position::START, end, BATCH).expect("all of it is there");
        assert_eq!(page.len(), BATCH);
        page
    });
}

/// A user more, among many.
#[divan::bench]
fn join_and_leave(bencher: Bencher<'_, '_>) {
    let crowd = Crowd::of(USERS);
    let user = user(USERS);
    let page = page(&user);
    bencher.bench_local(|| drop(crowd.hub.join(&user, &page).expect("room")));
}

/// Nobody is due: figures are for each stream.
#[divan::bench]
fn tick(bencher: Bencher<'_, '_>) {
    let crowd = Crowd::with_takers(USERS);
    let now = Instant::now();
    for listener in crowd.listeners() {
        listener.due(now + Duration::from_hours(1));
    }
    bencher.counter(ItemsCount::new(USERS)).bench_local(|| crowd.hub.tick(black_box(now)));
}
