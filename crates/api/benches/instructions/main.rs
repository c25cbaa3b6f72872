//! Does one thing of the way of an event so many times, for `count.sh` to see how many instructions
//! that takes: figures that neither a busy machine nor a slow one changes.
//!
//! Without arguments it lists what it can do: a name, how many rounds to count, and for how many
//! deliveries (or the like) a round stands. With a name and a number it does that many rounds.
#![expect(clippy::expect_used, reason = "what cannot be set up cannot be measured")]

#[path = "../../../broker/benches/broker/crowd.rs"]
mod crowd;
#[path = "../frames/writer.rs"]
mod writer;

use std::{hint::black_box, sync::Arc, time::Duration};

use crowd::{Crowd, Log, cursors, event, page, position, user};
use tidings_api::bench::{Chunk, event as write};
use tidings_broker::{
    Delivery, Entry, Own,
    bench::{Session, render},
};
use tidings_models::{Audience, Counts, Position};
use tokio::time::Instant;
use writer::Writer;

/// Enough that no figure is of a map that is nearly empty.
const USERS: usize = 1000;
/// Entries that a hub hands on at once, and a replay takes.
const BATCH: usize = 64;
/// Entries of a full feed.
const FEED: usize = 8192;
/// More rounds than are asked for. What rounds need is made for so many, whatever is asked for, so that
/// the difference of two runs is the rounds' own.
const MOST: usize = 10_000;

struct Scenario {
    name: &'static str,
    rounds: usize,
    /// Deliveries, entries or streams of a round.
    items: usize,
    run: fn(usize),
}

const SCENARIOS: [Scenario; 18] = [
    Scenario { name: "render 200 bytes, per event", rounds: 500, items: 1, run: |rounds| renders(rounds, 200) },
    Scenario { name: "render 2 kB, per event", rounds: 500, items: 1, run: |rounds| renders(rounds, 2_000) },
    Scenario { name: "reduce one's own, per event", rounds: 1000, items: 1, run: |rounds| reduce(rounds, &own()) },
    Scenario { name: "reduce another's, per event", rounds: 1000, items: 1, run: |rounds| reduce(rounds, &others()) },
    Scenario { name: "reduce everyone's, per event", rounds: 1000, items: 1, run: |rounds| reduce(rounds, &EVERYONE) },
    Scenario {
        name: "dispatch a broadcast to sinks, per delivery",
        rounds: 50,
        items: USERS,
        run: |rounds| broadcast(rounds, 1),
    },
    Scenario {
        name: "dispatch 8 broadcasts to sinks, per delivery",
        rounds: 50,
        items: USERS * 8,
        run: |rounds| broadcast(rounds, 8),
    },
    Scenario { name: "dispatch a broadcast to queues, per delivery", rounds: 50, items: USERS, run: queues },
    Scenario {
        name: "dispatch a unicast to a sink, per delivery",
        rounds: 5000,
        items: 1,
        run: |rounds| unicast(rounds, 1),
    },
    Scenario {
        name: "dispatch 64 unicasts to sinks, per delivery",
        rounds: 75,
        items: BATCH,
        run: |rounds| unicast(rounds, BATCH),
    },
    Scenario { name: "dispatch a unicast to nobody here, per event", rounds: 5000, items: 1, run: elsewhere },
    Scenario { name: "replay from the feed, per entry looked at", rounds: 20, items: FEED, run: replay },
    Scenario { name: "join and leave, per stream", rounds: 5000, items: 1, run: join },
    Scenario { name: "tick, per stream", rounds: 50, items: USERS, run: tick },
    Scenario { name: "frame an event, per delivery", rounds: 1000, items: 1, run: sse },
    Scenario {
        name: "frame a chunk of one event, per delivery",
        rounds: 1000,
        items: 1,
        run: |rounds| chunk(rounds, 1),
    },
    Scenario {
        name: "frame a chunk of 64 events, per delivery",
        rounds: 100,
        items: BATCH,
        run: |rounds| chunk(rounds, BATCH),
    },
    Scenario { name: "dispatch a broadcast to chunks, per delivery", rounds: 50, items: USERS, run: to_bytes },
];

fn main() {
    let given: Vec<_> = std::env::args().skip(1).collect();
    let [name, rounds] = given.as_slice() else {
        for Scenario { name, rounds, items, .. } in SCENARIOS {
            println!("{name}\t{rounds}\t{items}");
        }
        return;
    };
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("one of the list");
    let rounds = rounds.parse().ok().filter(|rounds| *rounds <= MOST).expect("a number of rounds");
    (scenario.run)(rounds);
}

const OWN: Own = Own { counts: Counts { unread: 12, unseen: 3 }, muted: false };
const EVERYONE: Audience = Audience::Everyone;

fn own() -> Audience {
    Audience::User(user(1))
}

fn others() -> Audience {
    Audience::User(user(2))
}

fn renders(rounds: usize, bytes: usize) {
    let cursors = cursors();
    let events: Vec<_> = (1..=MOST).map(|at| event(at, own(), bytes)).collect();
    for event in events.iter().take(rounds) {
        black_box(render(event.clone(), &cursors).expect("JSON"));
    }
}

fn reduce(rounds: usize, audience: &Audience) {
    let cursors = cursors();
    let entry = |at| render(event(at, audience.clone(), 200), &cursors).expect("JSON");
    let entries: Vec<_> = (1..=MOST).map(entry).collect();
    let mut session = Session::of(&page(&user(1)));
    for entry in entries.iter().take(rounds) {
        black_box(session.apply(black_box(entry)));
    }
}

/// Hands on so many of `groups`, made beforehand, and sees that they arrive.
fn dispatch(crowd: &Crowd, groups: &[Vec<Arc<Entry>>], rounds: usize) {
    for group in groups.iter().take(rounds) {
        assert!(crowd.hub.dispatch(group));
    }
}

fn groups(count: usize, mut next: impl FnMut() -> Vec<Arc<Entry>>) -> Vec<Vec<Arc<Entry>>> {
    (0..count).map(|_| next()).collect()
}

fn broadcast(rounds: usize, count: usize) {
    let (crowd, mut log) = (Crowd::with_takers(USERS), Log::default());
    let groups = groups(200, || log.broadcasts(count));
    dispatch(&crowd, &groups, rounds);
    assert_eq!(crowd.delivered(), rounds * count * USERS);
}

fn queues(rounds: usize) {
    let (mut crowd, mut log) = (Crowd::of(USERS), Log::default());
    let groups = groups(200, || log.broadcasts(1));
    for group in groups.iter().take(rounds) {
        assert!(crowd.hub.dispatch(group));
        assert_eq!(crowd.empty(), USERS);
    }
}

fn unicast(rounds: usize, count: usize) {
    let (crowd, mut log) = (Crowd::with_takers(USERS), Log::default());
    let groups = groups(MOST / count, || log.unicasts(count, USERS));
    dispatch(&crowd, &groups, rounds);
    assert_eq!(crowd.delivered(), rounds * count);
}

/// Each hub hears of everybody's. Not of one user alone: in a map, some are found to be missing sooner.
fn elsewhere(rounds: usize) {
    let (crowd, mut log, mut number) = (Crowd::with_takers(USERS), Log::default(), USERS);
    let groups = groups(MOST, || {
        number += 1;
        vec![log.next(Audience::User(user(number)))]
    });
    dispatch(&crowd, &groups, rounds);
    assert_eq!(crowd.delivered(), 0);
}

fn replay(rounds: usize) {
    let (crowd, mut log, reader) = (Crowd::of(1), Log::default(), user(1));
    crowd.hub.extend(log.mixed(FEED, &reader));
    let (windows, end) = (page(&reader).windows, position(FEED));
    for _ in 0..rounds {
        let page = crowd.hub.recent(black_box(&windows), Position::START, end, BATCH);
        assert_eq!(page.map_or(0, |page| page.len()), BATCH);
    }
}

/// Another user each time: a map has an easy place for one, and a hard one for the next.
fn join(rounds: usize) {
    let crowd = Crowd::of(USERS);
    let users: Vec<_> = (USERS..USERS + MOST).map(user).collect();
    let pages: Vec<_> = users.iter().map(page).collect();
    for (user, page) in users.iter().zip(&pages).take(rounds) {
        drop(crowd.hub.join(user, page).expect("room"));
    }
}

fn tick(rounds: usize) {
    let (crowd, now) = (Crowd::with_takers(USERS), Instant::now());
    for listener in crowd.listeners() {
        listener.due(now + Duration::from_hours(1));
    }
    for _ in 0..rounds {
        crowd.hub.tick(black_box(now));
    }
}

fn sse(rounds: usize) {
    let entry = Log::default().next(own());
    let mut out = Vec::with_capacity(4096);
    for _ in 0..rounds {
        out.clear();
        write(&mut out, black_box(&entry), OWN);
        black_box(&out);
    }
}

fn chunk(rounds: usize, count: usize) {
    let (mut chunk, entry) = (Chunk::default(), Log::default().next(own()));
    let events = vec![Delivery { entry: &entry, own: OWN }; count];
    for _ in 0..rounds {
        black_box(chunk.of_events(black_box(&events)));
    }
}

/// All of a delivery but its socket.
fn to_bytes(rounds: usize) {
    let writer = Arc::new(Writer::default());
    let (crowd, mut log) = (Crowd::with_sinks(USERS, || Arc::clone(&writer)), Log::default());
    let groups = groups(200, || log.broadcasts(1));
    dispatch(&crowd, &groups, rounds);
    assert_eq!(writer.written(), rounds * USERS);
}
