//! The ledger over virtual time, on a log in a list.

use tidings_models::{Effect, SystemRandom, store::Given};

use super::*;
use crate::{
    Delivery, Settings, Sink, Start, Stream, Tasks,
    bus::{Bus, LocalBus},
    testing::{FakeStore, VirtualClock, cursors, event, pos, until, user},
};

const HOUR: i64 = 3_600_000;
/// Until the next look was taken.
const LOOK: Duration = EVERY.saturating_add(EVERY);

struct Setup {
    store: Arc<FakeStore>,
    bus: Arc<LocalBus>,
    broker: Arc<Broker>,
    tasks: Option<Tasks>,
    begun: Instant,
}

impl Setup {
    async fn new() -> Self {
        let (store, bus) = (Arc::new(FakeStore::default()), Arc::new(LocalBus::default()));
        let (broker, tasks) = Broker::start(
            Arc::clone(&store) as Arc<dyn Log>,
            None,
            Arc::clone(&bus) as Arc<dyn Bus>,
            Arc::<VirtualClock>::default(),
            Arc::new(SystemRandom),
            Settings::default(),
        )
        .await
        .unwrap();
        Self { store, bus, broker, tasks: Some(tasks), begun: Instant::now() }
    }

    async fn open(&self, name: &str, start: Start) -> Stream {
        self.broker.open((user(name), until(HOUR)), start).await.unwrap()
    }

    fn add(&self, audience: &str) {
        self.store.add(audience);
        self.bus.ring();
    }

    /// Returns once the hub has handed on all there is.
    async fn settled(&self) {
        let head = self.store.head().await.unwrap().position;
        while self.broker.figures().position < head {
            tokio::task::yield_now().await;
        }
    }

    /// After, written, events and closed of what was noted.
    fn noted(&self) -> Vec<(i64, i64, i64, bool)> {
        self.store.connections().iter().map(short).collect()
    }
}

fn short(noted: &Connection) -> (i64, i64, i64, bool) {
    (noted.after.get(), noted.written.get(), noted.events, noted.closed_at.is_some())
}

fn after(position: i64) -> Start {
    Start::After(cursors().seal(pos(position)).as_str().into())
}

/// Takes everything, as a good connection does.
struct Takes;

impl Sink for Takes {
    fn offer(&self, _: &[Delivery<'_>]) -> bool {
        true
    }
}

/// Until the stream has nothing to give.
async fn drain(stream: &mut Stream) {
    while tokio::time::timeout(Duration::from_millis(1), stream.next()).await.is_ok() {}
}

/// What was given and not sent is not written: it is once the stream is asked for more.
#[tokio::test(start_paused = true)]
async fn written_is_what_was_sent() {
    let setup = Setup::new().await;
    for _ in 0..4 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let mut stream = setup.open("ann", after(1)).await;
    assert_eq!(setup.broker.connections_of(&user("ann")), []);
    let _given = stream.next().await.unwrap();
    let noted = setup.broker.connections_of(&user("ann"));
    assert_eq!(noted.iter().map(short).collect::<Vec<_>>(), [(1, 1, 0, false)], "it is on its way");
    drain(&mut stream).await;
    let noted = setup.broker.connections_of(&user("ann"));
    assert_eq!(noted.iter().map(short).collect::<Vec<_>>(), [(1, 4, 3, false)]);
    assert_eq!(noted[0].gave(pos(1)), None, "the client says that it has it");
    assert_eq!(setup.broker.connections_of(&user("bob")), []);
}

/// What goes straight to the connection wakes nobody, and is noted all the same.
#[tokio::test(start_paused = true)]
async fn what_goes_straight_to_the_connection_is_noted_with_the_next_look() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", after(0)).await;
    stream.pass_to(Arc::new(Takes));
    let task = tokio::spawn(async move {
        while stream.next().await.is_some() {}
        stream
    });
    tokio::time::sleep(LOOK).await;
    assert_eq!(setup.noted(), [(0, 0, 0, false)], "it was opened");
    setup.add("user:bob");
    for _ in 0..3 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let known = setup.broker.connections_of(&user("ann"));
    assert_eq!(known.iter().map(short).collect::<Vec<_>>(), [(0, 4, 3, false)], "at once, to whoever asks here");
    assert_eq!(setup.noted().len(), 1, "not for each of them");
    tokio::time::sleep(LOOK).await;
    assert_eq!(setup.noted()[1..], [(0, 4, 3, false)], "one row for all of them");
    tokio::time::sleep(LOOK * 10).await;
    assert_eq!(setup.noted().len(), 2, "nothing new is nothing to write, heartbeats included");
    task.abort();
    assert!(task.await.is_err());
    tokio::time::sleep(LOOK).await;
    let noted = setup.store.connections();
    assert_eq!((noted.len(), noted[2].closed_at.is_some(), noted[2].events), (3, true, 3));
    assert!(noted[2].written_at < noted[2].closed_at.unwrap(), "long ago");
}

#[tokio::test(start_paused = true)]
async fn a_state_is_not_an_interval() {
    let setup = Setup::new().await;
    for audience in ["user:ann", "user:bob", "everyone"] {
        setup.add(audience);
    }
    let mut stream = setup.open("ann", Start::Unread).await;
    drain(&mut stream).await;
    setup.add("user:ann");
    setup.settled().await;
    drain(&mut stream).await;
    let noted = setup.broker.connections_of(&user("ann")).remove(0);
    assert_eq!((short(&noted), noted.state_after), ((3, 4, 3, false), Some(pos(0))));
    assert_eq!([3, 4].map(|at| noted.gave(pos(at))), [Some(Given::State), Some(Given::Event)]);
    drop(stream);

    for _ in 0..200 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let mut stream = setup.open("ann", Start::Unread).await;
    drain(&mut stream).await;
    let all = setup.broker.connections_of(&user("ann"));
    let noted = all.iter().find(|noted| noted.closed_at.is_none()).unwrap();
    assert_eq!((noted.events, noted.state_after), (100, Some(pos(104))), "the newest");
}

/// What lies between an end and a reset was not given: the interval before it ends there, and another one begins.
#[tokio::test(start_paused = true)]
async fn a_reset_begins_another_interval() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", after(0)).await;
    drain(&mut stream).await;
    setup.add("user:ann");
    setup.settled().await;
    drain(&mut stream).await;
    tokio::time::sleep(LOOK).await;
    for _ in 0..9000 {
        setup.add("user:ann"); // more than wait, and more than the feed remembers
    }
    setup.settled().await;
    setup.store.trim(8990);
    drain(&mut stream).await;
    tokio::time::sleep(LOOK).await;
    let noted = setup.store.connections();
    assert_eq!(noted.iter().map(short).collect::<Vec<_>>(), [(0, 1, 1, false), (9001, 9001, 0, false)]);
    assert_eq!(noted[0].id, noted[1].id);
    assert_eq!(noted[1].gave(pos(9001)), Some(Given::State));
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_noted_is_noted_later() {
    let setup = Setup::new().await;
    setup.add("user:ann");
    let mut open = setup.open("ann", after(0)).await;
    drain(&mut open).await;
    let mut gone = setup.open("bob", after(0)).await;
    drain(&mut gone).await;
    drop(gone);
    setup.store.fail(true);
    tokio::time::sleep(LOOK * 2).await;
    setup.store.fail(false);
    assert_eq!(setup.noted(), []);
    tokio::time::sleep(LOOK * 2).await;
    assert_eq!(setup.noted(), [(0, 1, 0, true), (0, 1, 1, false)]);
}

/// A node that stops does not wait for the next look, nor for a breath between two transactions. What was given up
/// half-way is not lost.
#[tokio::test(start_paused = true)]
async fn what_is_not_noted_yet_is_noted_when_the_node_stops() {
    let mut setup = Setup::new().await;
    setup.add("user:ann");
    let mut open = setup.open("ann", after(0)).await;
    drain(&mut open).await;
    for number in 0..600 {
        let mut gone = setup.open(&format!("u{number}"), after(0)).await;
        drain(&mut gone).await;
    }
    let taken = Duration::from_millis(10);
    setup.store.note_slowly(taken);
    tokio::time::sleep_until(setup.begun + EVERY + taken / 2).await; // in the middle of a transaction
    setup.tasks.take().unwrap().stop().await;
    assert_eq!(setup.noted(), [], "it was given up");
    let begun = Instant::now();
    setup.broker.note_the_rest().await.unwrap();
    assert_eq!(setup.noted().iter().filter(|noted| **noted == (0, 1, 0, true)).count(), 600);
    assert_eq!(setup.noted()[600..], [(0, 1, 1, false)]);
    assert!(begun.elapsed() < taken * 4 + BREATH, "{:?}", begun.elapsed());
    setup.broker.note_the_rest().await.unwrap();
    assert_eq!(setup.noted().len(), 601, "once");
}

#[tokio::test(start_paused = true)]
async fn open_streams_are_listed_page_by_page() {
    let setup = Setup::new().await;
    let mut streams = Vec::new();
    for number in 0..10 {
        streams.push(setup.open(&format!("u{number}"), after(0)).await);
    }
    let mut listed = Vec::new();
    loop {
        let page = setup.broker.open_streams(listed.last().copied(), 4);
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|open| open.connection.id));
    }
    let mut all: Vec<_> = streams.iter().map(Stream::id).collect();
    all.sort();
    assert_eq!(listed, all);
    for _ in 0..200 {
        setup.add("user:u0");
    }
    setup.settled().await;
    let behind: Vec<_> = setup.broker.open_streams(None, 99).into_iter().filter(|open| open.behind).collect();
    assert_eq!(behind.iter().map(|open| open.connection.user.as_str()).collect::<Vec<_>>(), ["u0"]);
}

/// Somebody who is here and was removed from the database does not keep the hub from going on.
#[tokio::test(start_paused = true)]
async fn who_is_not_known_any_more_is_shown_out() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", after(0)).await;
    drain(&mut stream).await;
    setup.store.forget_all();
    setup.store.put(tidings_models::Event { effect: Effect::Reloads, ..event(1, "user:ann", "{}") });
    setup.bus.ring();
    setup.settled().await;
    let said = stream.next().await.unwrap();
    assert!(matches!(&said[..], [crate::Frame::Goodbye(goodbye)] if goodbye.reason.as_str() == "revoked"), "{said:?}");
    assert!(stream.next().await.is_none());
    assert_eq!(setup.broker.figures().streams, 0);
}
