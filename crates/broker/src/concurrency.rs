//! The synchronous core under explored schedules: every acquisition of a lock is a choice, and shuttle
//! makes thousands of different ones. A wait that nobody ends is found as a deadlock.
//!
//! `cargo test -p tidings-broker --features shuttle concurrency`

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use async_trait::async_trait;
use shuttle::{future::block_on, thread};
use tidings_models::*;

use crate::{
    Error, GoodbyeReason, Publisher,
    bus::Bus,
    census::Limits,
    hub::{Hub, Joined, Refused},
    hubs::Hubs,
    outlet::Next,
    sabotage::{self, Bug},
    session::Session,
    sizes::Sizes,
    testing::{FakeStore, draft, entry, page, pos, user},
};

/// Schedules of each kind and test.
const SCHEDULES: usize = 1000;
const LIMITS: Limits = Limits { per_user: 4, per_node: 8 };
const SIZES: Sizes = Sizes { queue: 2, ring: 64, replay_page: 2, follower_page: 2 };
const EVENTS: i64 = 6;

/// A node with one hub.
struct Node {
    hubs: Hubs,
    hub: Arc<Hub>,
}

fn node() -> Arc<Node> {
    let hubs = Hubs::new(pos(0), LIMITS, SIZES);
    let hub = hubs.open();
    Arc::new(Node { hubs, hub })
}

/// Joins as a stream does: the state is of where the hub was a moment ago.
fn join(hub: &Arc<Hub>) -> Result<Joined, Refused> {
    let at = hub.position().get();
    let counts = Counts { unread: at, unseen: at };
    hub.join(&user("ann"), Some(Session::of(&page("ann", at, counts))))
}

/// The follower adds to the feed, and the hub takes from it, one after the other.
fn dispatch(node: &Arc<Node>) -> [thread::JoinHandle<()>; 2] {
    let (following, dispatching) = (Arc::clone(node), Arc::clone(node));
    let following = thread::spawn(move || {
        for position in 1..=EVENTS {
            following.hubs.extend(vec![entry(position, "user:ann")]);
        }
    });
    let dispatching = thread::spawn(move || {
        let Node { hubs, hub } = &*dispatching;
        while hub.position() < pos(EVENTS) {
            let entries = hubs.feed.after(hub.position(), 2).unwrap();
            if entries.is_empty() {
                block_on(hub.bell.notified());
            }
            hub.dispatch(&entries).unwrap();
        }
    });
    [following, dispatching]
}

fn finish(threads: [thread::JoinHandle<()>; 2]) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// What a stream does with its outlet until it has everything: replay, live, and replay again after
/// an overflow. Gives the positions and the number of overflows, and checks the counts on the way.
fn read(hub: &Arc<Hub>, joined: &Joined) -> (Vec<i64>, usize) {
    let (mut seen, mut place, mut overflows) = (Vec::new(), pos(0), 0);
    let mut missed_up_to = Some(joined.position);
    while place < pos(EVENTS) {
        if let Some(up_to) = missed_up_to.take() {
            let missed = hub.recent(&joined.windows, place, up_to, usize::MAX).unwrap();
            seen.extend(missed.iter().map(|entry| entry.position().get()));
            place = place.max(up_to);
            continue;
        }
        let mut live = Vec::new();
        match joined.outlet.take(usize::MAX, &mut live) {
            Next::Entries if live.is_empty() => block_on(joined.outlet.changed()),
            Next::Entries => {}
            Next::Overflow => {
                let (up_to, counts) = hub.rejoin(&user("ann"), &joined.outlet);
                assert_eq!(counts.unread, up_to.get(), "the counts are those of the place");
                missed_up_to = Some(up_to);
                overflows += 1;
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
    (seen, overflows)
}

fn all() -> Vec<i64> {
    (1..=EVENTS).collect()
}

/// Explores a test at random, and with few changes of thread in unlikely places.
fn explore(test: impl Fn() + Send + Sync + Clone + 'static) {
    let schedules = std::env::var("TIDINGS_SCHEDULES").map_or(SCHEDULES, |count| count.parse().unwrap());
    shuttle::check_random(test.clone(), schedules);
    shuttle::check_pct(test, schedules, 3);
}

#[test]
fn a_stream_that_joins_while_events_come_gets_each_once() {
    explore(|| {
        let node = node();
        let dispatching = dispatch(&node);
        let joined = join(&node.hub).unwrap();
        assert_eq!(read(&node.hub, &joined).0, all());
        finish(dispatching);
    });
}

/// One stream comes and goes while another stays: the session is shared, or made anew.
#[test]
fn two_streams_of_one_user_are_not_in_each_others_way() {
    explore(|| {
        let node = node();
        let dispatching = dispatch(&node);
        let other = Arc::clone(&node.hub);
        let passing = thread::spawn(move || drop(join(&other)));
        let joined = join(&node.hub).unwrap();
        assert_eq!(read(&node.hub, &joined).0, all());
        finish(dispatching);
        passing.join().unwrap();
        drop(joined);
        assert_eq!(node.hubs.census.figures(), (0, 0));
    });
}

#[test]
fn an_overflow_is_never_missed() {
    let overflows = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&overflows);
    explore(move || {
        let node = node();
        let joined = join(&node.hub).unwrap();
        let dispatching = dispatch(&node);
        let (seen, overflows) = read(&node.hub, &joined);
        assert_eq!(seen, all());
        counted.fetch_add(overflows, Ordering::Relaxed);
        finish(dispatching);
    });
    assert!(overflows.load(Ordering::Relaxed) > 0, "no queue was ever full");
}

/// A place is given back once, whoever comes first: the reader that goes, or the token that ends.
#[test]
fn a_stream_that_leaves_and_expires_at_once_is_counted_once() {
    explore(|| {
        let node = node();
        let now = tokio::time::Instant::now();
        let (staying, leaving) = (join(&node.hub).unwrap(), join(&node.hub).unwrap());
        leaving.outlet.expires(now);
        let other = Arc::clone(&node.hub);
        let expiring = thread::spawn(move || other.tick(now));
        let dispatching = dispatch(&node);
        drop(leaving);
        expiring.join().unwrap();
        finish(dispatching);
        assert_eq!(node.hubs.census.figures(), (1, 1));
        drop(staying);
        assert_eq!(node.hubs.census.figures(), (0, 0));
    });
}

/// Whoever got in before the doors closed is asked to leave; whoever came later is not let in.
#[test]
fn nobody_slips_in_while_everybody_is_sent_home() {
    explore(|| {
        let node = node();
        let coming: Vec<_> = (0..3)
            .map(|_| {
                let hub = Arc::clone(&node.hub);
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
        while node.hubs.end_some(1, GoodbyeReason::Shutdown) > 0 {}
        for client in coming {
            client.join().unwrap();
        }
        assert_eq!(node.hubs.census.figures(), (0, 0));
        assert_eq!(join(&node.hub).unwrap_err(), Refused::Stopping);
    });
}

/// Remembers how much was stored when it rang last.
struct Bell {
    store: Arc<FakeStore>,
    heard: AtomicUsize,
}

#[async_trait]
impl Bus for Bell {
    fn ring(&self) {
        self.heard.store(self.store.group_sizes().len(), Ordering::SeqCst);
    }

    async fn heard(&self) {}
}

/// Callers stay, go away, or meet a store that fails. Who is told "stored" is right, and so is who is
/// told the contrary; nobody waits for ever, and the last bell rings after the last commit.
#[test]
fn every_caller_gets_its_own_answer() {
    explore(|| {
        let store = Arc::new(FakeStore::default());
        let bell = Arc::new(Bell { store: Arc::clone(&store), heard: AtomicUsize::new(0) });
        let (publisher, task) =
            Publisher::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&bell) as Arc<dyn Bus>, Arc::default());
        let task = thread::spawn(move || block_on(task));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (publisher, draft) = (publisher.clone(), draft("ann"));
                let Draft::Notify { notification, .. } = &draft else { unreachable!() };
                let id = notification.id;
                thread::spawn(move || match block_on(publisher.publish(draft)) {
                    Ok(Outcome::Stored(stored)) => {
                        assert_eq!(stored, id, "another's answer");
                        1
                    }
                    Err(Error::Store(_)) => 0,
                    other => panic!("{other:?}"),
                })
            })
            .collect();
        let (failing, leaving) = (Arc::clone(&store), publisher.clone());
        let failing = thread::spawn(move || {
            failing.fail(true);
            thread::yield_now();
            failing.fail(false);
        });
        // This one does not wait for its answer. If it was handed in, it is stored like any other.
        let mut call = Box::pin(leaving.publish(draft("bob")));
        block_on(std::future::poll_fn(|context| {
            let _ = call.as_mut().poll(context);
            Poll::Ready(())
        }));
        drop(call);
        let stored: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
        failing.join().unwrap();
        drop((publisher, leaving));
        task.join().unwrap();
        let logged = store.group_sizes().iter().sum::<usize>();
        assert!(logged == stored || logged == stored + 1, "{logged} are stored, {stored} were told so");
        assert_eq!(bell.heard.load(Ordering::SeqCst), store.group_sizes().len(), "the last bell came too soon");
    });
}

/// The suite itself: with the bug back in, some schedule shows it.
#[test]
fn swallowed_lag_and_an_early_bell_are_found() {
    let overflows = || sabotage::with(Bug::LagSwallowed, an_overflow_is_never_missed);
    let bells = || sabotage::with(Bug::BellInTransaction, every_caller_gets_its_own_answer);
    assert!(std::panic::catch_unwind(overflows).is_err());
    assert!(std::panic::catch_unwind(bells).is_err());
}
