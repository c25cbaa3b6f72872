//! The synchronous core under explored schedules: every acquisition of a lock is a choice, and shuttle
//! makes thousands of different ones. A wait that nobody ends is found as a deadlock.
//!
//! `cargo test --workspace --lib --features tidings-broker/shuttle concurrency::`

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
    Entry, Error, GoodbyeReason, Publisher,
    bus::Bus,
    census::Limits,
    hub::{Hub, Joined, Refused},
    hubs::Hubs,
    outlet::{Expires, Next},
    sabotage::{self, Bug},
    session::Session,
    sizes::Sizes,
    testing::{FakeStore, cursors, draft, entry, event, lasting, page, pos, user},
};

/// Schedules of each kind and test.
const SCHEDULES: usize = 1000;
const LIMITS: Limits = Limits { per_user: 4, per_address: 8, per_node: 8 };
const SIZES: Sizes = Sizes { queue: 2, ring: 64, replay_page: 2, follower_page: 2 };
const EVENTS: i64 = 6;
/// Where she joins a topic, in a log in which she does.
const JOINS: i64 = 3;
const TOPIC: &str = "topic:deploys";

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

/// Ann's state somewhere in the log: all of it is unread.
fn state(at: Position) -> Session {
    let mut page = page("ann", at.get(), Counts { unread: at.get(), unseen: at.get() });
    if at >= pos(JOINS) {
        page.windows.push(Window::since(Audience::parse(TOPIC).unwrap(), pos(JOINS)));
    }
    Session::of(&page)
}

/// Joins as a stream does: the state is of where the hub was a moment ago, and read again if it changed since
/// in a way that the log alone does not tell.
fn join(hub: &Arc<Hub>) -> Result<Joined, Refused> {
    loop {
        match hub.join(&(user("ann"), lasting()).into(), Some(state(hub.position()))) {
            Err(Refused::NeedsSession) => {}
            joined => return joined,
        }
    }
}

/// All of it is hers by name.
fn hers(position: i64) -> Arc<Entry> {
    entry(position, "user:ann")
}

/// She joins a topic, and all that comes then comes by it.
fn by_a_topic(position: i64) -> Arc<Entry> {
    match position {
        ..JOINS => hers(position),
        JOINS => {
            let joins = Event { kind: Kind::InboxChanged, effect: Effect::Reloads, ..event(JOINS, "user:ann", "{}") };
            Entry::render(joins, &cursors()).unwrap()
        }
        _ => entry(position, TOPIC),
    }
}

/// The follower adds to the feed, and the hub takes from it, one after the other.
fn dispatch(node: &Arc<Node>, log: fn(i64) -> Arc<Entry>) -> [thread::JoinHandle<()>; 2] {
    let (following, dispatching) = (Arc::clone(node), Arc::clone(node));
    let following = thread::spawn(move || {
        for position in 1..=EVENTS {
            following.hubs.extend(vec![log(position)]);
        }
    });
    let dispatching = thread::spawn(move || {
        let Node { hubs, hub } = &*dispatching;
        while hub.position() < pos(EVENTS) {
            let entries = hubs.feed.after(hub.position(), 2).unwrap();
            if entries.is_empty() {
                block_on(hub.bell.notified());
            }
            if let Err(users) = hub.dispatch(&entries) {
                assert_eq!(users, [user("ann")]);
                hub.recount(&users[0], &state(hubs.feed.position()));
            }
        }
    });
    [following, dispatching]
}

fn finish(threads: [thread::JoinHandle<()>; 2]) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// What a stream does with its outlet until it has everything: replay, live, and replay again after
/// an overflow. Gives the positions and the number of overflows, and has the counts judged on the way.
fn read(hub: &Arc<Hub>, joined: &Joined, judge: fn(Counts, Position)) -> (Vec<i64>, usize) {
    let (mut seen, mut place, mut overflows) = (Vec::new(), pos(0), 0);
    let mut missed_up_to = Some((joined.position, Arc::clone(&joined.scope)));
    while place < pos(EVENTS) {
        if let Some((up_to, scope)) = missed_up_to.take() {
            let missed = hub.recent(&scope.windows, place, up_to, usize::MAX).unwrap();
            seen.extend(missed.iter().map(|entry| entry.position().get()));
            place = place.max(up_to);
            continue;
        }
        let mut live = Vec::new();
        match joined.outlet.take(usize::MAX, &mut live) {
            Next::Entries if live.is_empty() => block_on(joined.outlet.changed()),
            Next::Entries => {}
            Next::Overflow => {
                let (up_to, counts, scope) = hub.rejoin(&user("ann"), &joined.outlet);
                judge(counts, up_to);
                missed_up_to = Some((up_to, scope));
                overflows += 1;
            }
            Next::End(reason) => panic!("ended: {reason:?}"),
        }
        live.retain(|(entry, _)| entry.position() > place);
        for (entry, own) in live {
            judge(own.counts, entry.position());
            place = entry.position();
            seen.push(place.get());
        }
    }
    (seen, overflows)
}

/// Counts are those of the place.
fn exact(counts: Counts, at: Position) {
    assert_eq!(counts.unread, at.get());
}

/// What was read meanwhile may be newer, and never is older.
fn recent(counts: Counts, at: Position) {
    assert!(counts.unread >= at.get());
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
        let dispatching = dispatch(&node, hers);
        let joined = join(&node.hub).unwrap();
        assert_eq!(read(&node.hub, &joined, exact).0, all());
        finish(dispatching);
    });
}

/// What they belong to changes meanwhile: whoever joins before, after or in the middle of it gets all.
#[test]
fn a_stream_that_joins_while_its_user_joins_a_topic_misses_nothing() {
    explore(|| {
        let node = node();
        let dispatching = dispatch(&node, by_a_topic);
        let other = Arc::clone(&node.hub);
        let passing = thread::spawn(move || drop(join(&other)));
        let joined = join(&node.hub).unwrap();
        assert_eq!(read(&node.hub, &joined, recent).0, all());
        finish(dispatching);
        passing.join().unwrap();
    });
}

/// One stream comes and goes while another stays: the session is shared, or made anew.
#[test]
fn two_streams_of_one_user_are_not_in_each_others_way() {
    explore(|| {
        let node = node();
        let dispatching = dispatch(&node, hers);
        let other = Arc::clone(&node.hub);
        let passing = thread::spawn(move || drop(join(&other)));
        let joined = join(&node.hub).unwrap();
        assert_eq!(read(&node.hub, &joined, exact).0, all());
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
        let dispatching = dispatch(&node, hers);
        let (seen, overflows) = read(&node.hub, &joined, exact);
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
        leaving.outlet.expires(Expires { at: now, time: Timestamp::from_millis(0) });
        let other = Arc::clone(&node.hub);
        let expiring = thread::spawn(move || other.tick(now));
        let dispatching = dispatch(&node, hers);
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
        node.hubs.close_all();
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
        let (publisher, task) = Publisher::new(
            Arc::clone(&store) as Arc<dyn Log>,
            Arc::clone(&bell) as Arc<dyn Bus>,
            Arc::default(),
            Arc::default(),
        );
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
