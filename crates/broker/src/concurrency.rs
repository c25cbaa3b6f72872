//! The synchronous core under explored schedules: every acquisition of a lock is a choice, and shuttle
//! makes thousands of different ones. A wait that nobody ends is found as a deadlock.
//!
//! `cargo test -p tidings-broker --features shuttle concurrency`

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use shuttle::{future::block_on, thread};
use tidings_models::*;

use crate::{
    Error, GoodbyeReason, Publisher,
    bus::Bus,
    hub::{Hub, Joined, Limits, Refused},
    outlet::Next,
    sabotage::{self, Bug},
    session::Session,
    sizes::Sizes,
    testing::{draft, entry, page, pos, user},
};

const SCHEDULES: usize = 3000;
const LIMITS: Limits = Limits { per_user: 4, per_node: 8 };
const SIZES: Sizes = Sizes { queue: 2, ring: 64, replay_page: 2 };
const EVENTS: i64 = 6;

fn hub() -> Arc<Hub> {
    Arc::new(Hub::new(pos(0), SIZES))
}

/// Joins as a stream does: the state is of where the hub was a moment ago.
fn join(hub: &Arc<Hub>) -> Result<Joined, Refused> {
    let at = hub.position().get();
    let counts = Counts { unread: at, unseen: at };
    hub.join(&user("ann"), Some(Session::of(&page("ann", at, counts))), LIMITS)
}

fn dispatch(hub: &Arc<Hub>) -> thread::JoinHandle<()> {
    let hub = Arc::clone(hub);
    thread::spawn(move || {
        for position in 1..=EVENTS {
            hub.dispatch(&entry(position, "user:ann")).unwrap();
        }
    })
}

/// What a stream does with its outlet until it has everything: replay, live, and replay again after
/// an overflow. Gives the positions, and checks the counts that come with them.
fn read(hub: &Arc<Hub>, joined: &Joined) -> Vec<i64> {
    let mut seen = Vec::new();
    let mut place = pos(0);
    let replay = |seen: &mut Vec<i64>, place: &mut Position, up_to: Position| {
        let missed = hub.recent(&joined.windows, *place, up_to, usize::MAX).unwrap();
        seen.extend(missed.iter().map(|entry| entry.position().get()));
        *place = up_to.max(*place);
    };
    replay(&mut seen, &mut place, joined.position);
    if sabotage::is(Bug::RegisterAfterReplay) {
        joined.outlet.reopen();
    }
    while place < pos(EVENTS) {
        let mut live = Vec::new();
        match joined.outlet.take(usize::MAX, &mut live) {
            Next::Entries if live.is_empty() => block_on(joined.outlet.changed()),
            Next::Entries => {}
            Next::Overflow => {
                let (up_to, counts) = hub.rejoin(&user("ann"), &joined.outlet);
                assert_eq!(counts.unread, up_to.get(), "the counts are those of the place");
                replay(&mut seen, &mut place, up_to);
            }
            Next::End(reason) => panic!("ended: {reason:?}"),
        }
        live.retain(|(entry, _)| entry.position() > place);
        for (entry, counts) in live {
            assert_eq!(counts.unread, entry.position().get(), "live counts are exact");
            place = entry.position();
            seen.push(place.get());
        }
    }
    seen
}

fn all() -> Vec<i64> {
    (1..=EVENTS).collect()
}

fn registering_during_dispatch() {
    let hub = hub();
    let dispatching = dispatch(&hub);
    let joined = join(&hub).unwrap();
    assert_eq!(read(&hub, &joined), all());
    dispatching.join().unwrap();
}

#[test]
fn a_stream_that_joins_while_events_come_gets_each_once() {
    shuttle::check_random(registering_during_dispatch, SCHEDULES);
    shuttle::check_pct(registering_during_dispatch, SCHEDULES, 3);
}

#[test]
fn two_streams_share_a_session_and_miss_nothing() {
    let test = || {
        let hub = hub();
        let dispatching = dispatch(&hub);
        let other = Arc::clone(&hub);
        // One comes and goes, so that the session is made anew in between.
        let passing = thread::spawn(move || drop(join(&other)));
        let joined = join(&hub).unwrap();
        assert_eq!(read(&hub, &joined), all());
        dispatching.join().unwrap();
        passing.join().unwrap();
        drop(joined);
        assert_eq!(hub.figures(), (0, 0));
    };
    shuttle::check_random(test, SCHEDULES);
}

#[test]
fn an_overflow_is_never_missed() {
    let overflows = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&overflows);
    let test = move || {
        let hub = hub();
        let joined = join(&hub).unwrap();
        let dispatching = dispatch(&hub);
        thread::yield_now();
        counted.fetch_add(usize::from(joined.outlet.is_overflowed()), Ordering::Relaxed);
        assert_eq!(read(&hub, &joined), all());
        dispatching.join().unwrap();
    };
    shuttle::check_random(test.clone(), SCHEDULES);
    shuttle::check_pct(test, SCHEDULES, 3);
    assert!(overflows.load(Ordering::Relaxed) > 0, "no queue was ever full");
}

/// Whoever got in before the doors closed is asked to leave; whoever came later is not let in.
#[test]
fn nobody_slips_in_while_everybody_is_sent_home() {
    let test = || {
        let hub = hub();
        let coming: Vec<_> = (0..3)
            .map(|_| {
                let hub = Arc::clone(&hub);
                thread::spawn(move || match join(&hub) {
                    Ok(joined) => {
                        while joined.outlet.ending().is_none() {
                            block_on(joined.outlet.changed());
                        }
                    }
                    Err(refused) => assert_eq!(refused, Refused::Stopping),
                })
            })
            .collect();
        while hub.end_some(1, GoodbyeReason::Shutdown) > 0 {}
        for client in coming {
            client.join().unwrap();
        }
        assert_eq!(hub.figures().1, 0);
        assert_eq!(join(&hub).unwrap_err(), Refused::Stopping);
    };
    shuttle::check_random(test, SCHEDULES);
}

/// Says yes, or no to every third group. Nothing else of a store is needed here.
struct Ledger {
    groups: AtomicUsize,
    stored: AtomicUsize,
    rung: AtomicUsize,
}

#[async_trait]
impl Bus for Arc<Ledger> {
    fn ring(&self) {
        self.rung.store(self.stored.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    async fn heard(&self) {}
}
