//! Two nodes on one log in a list, over virtual time.

use tidings_models::{Kind, Log, Recipients, SystemRandom, store::Nodes};

use super::*;
use crate::{
    Broker, Frame, OpenError, Settings, Start, Stream, Tasks,
    bus::LocalBus,
    testing::{FakeNodes, FakeStore, VirtualClock, lasting, user},
};

/// After this a node has told the others of itself, and whatever came or went.
const TOLD: Duration = BEAT.saturating_add(EVERY);

struct Setup {
    nodes: Arc<FakeNodes>,
    store: Arc<FakeStore>,
}

struct Running {
    broker: Arc<Broker>,
    /// Dropping it is as if the process was killed.
    _tasks: Tasks,
}

impl Setup {
    fn new() -> Self {
        Self { nodes: Arc::default(), store: Arc::default() }
    }

    async fn node(&self) -> Running {
        let settings = Settings { streams_per_user: 3, ..Settings::default() };
        let (broker, tasks) = Broker::start(
            Arc::clone(&self.store) as Arc<dyn Log>,
            Some(Arc::clone(&self.nodes) as Arc<dyn Nodes>),
            Arc::new(LocalBus::default()),
            Arc::<VirtualClock>::default(),
            Arc::new(SystemRandom),
            settings,
        )
        .await
        .unwrap();
        Running { broker, _tasks: tasks }
    }

    /// Two that know of each other.
    async fn two(&self) -> (Running, Running) {
        let nodes = (self.node().await, self.node().await);
        later(TOLD).await;
        assert!([&nodes.0, &nodes.1].iter().all(|node| node.broker.nodes().len() == 2));
        nodes
    }
}

impl Running {
    async fn open(&self, name: &str) -> Result<Stream, OpenError> {
        self.broker.open((user(name), lasting()), Start::Unread).await
    }
}

async fn later(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn streams_are_listed_while_they_are_open() {
    let setup = Setup::new();
    let node = setup.node().await;
    let (ann, bob) = (node.open("ann").await.unwrap(), node.open("bob").await.unwrap());
    later(TOLD).await;
    assert_eq!(setup.nodes.listed(), ["ann", "bob"]);
    drop(ann);
    later(EVERY * 2).await;
    assert_eq!(setup.nodes.listed(), ["bob"]);
    drop(bob);
    later(EVERY * 2).await;
    assert_eq!(setup.nodes.listed(), [""; 0]);
    let tells = setup.nodes.tells();
    later(BEAT * 10).await;
    assert!((9..=11).contains(&(setup.nodes.tells() - tells)), "a beat, if there is nothing else to tell");
}

#[tokio::test(start_paused = true)]
async fn streams_on_other_nodes_count() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let here = [one.open("ann").await.unwrap(), one.open("ann").await.unwrap()];
    later(TOLD).await;
    let there = other.open("ann").await.unwrap();
    later(TOLD).await;
    for node in [&one, &other] {
        assert!(matches!(node.open("ann").await, Err(OpenError::UserLimit)));
        assert!(node.open("bob").await.is_ok(), "others are not concerned");
    }
    drop(here);
    later(TOLD).await;
    assert!(other.open("ann").await.is_ok());
    setup.nodes.set_away(true);
    assert!(other.open("ann").await.is_ok(), "what cannot be told does not count");
    drop(there);
}

#[tokio::test(start_paused = true)]
async fn all_streams_are_listed_in_one_order() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let _here = [one.open("ann").await.unwrap(), one.open("bob").await.unwrap()];
    let _there = [other.open("ann").await.unwrap(), other.open("cid").await.unwrap()];
    later(TOLD).await;
    let ids = async |node: &Running, after, limit| {
        let streams = node.broker.streams(after, limit).await.unwrap();
        streams.iter().map(crate::StreamSomewhere::id).collect::<Vec<_>>()
    };
    let all = ids(&one, None, 9).await;
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted());
    assert_eq!(ids(&other, None, 9).await, all, "whoever is asked");
    assert_eq!(ids(&other, Some(all[0]), 2).await, all[1..3]);
    assert_eq!(one.broker.present().await.unwrap(), crate::Present { streams: 4, users: 3 });
}

#[tokio::test(start_paused = true)]
async fn who_is_killed_is_forgotten_with_its_streams() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let stream = other.open("ann").await.unwrap();
    later(TOLD).await;
    let Running { broker, _tasks: tasks } = other;
    drop(tasks); // it says nothing any more
    later(GONE - TOLD).await;
    assert_eq!((setup.nodes.listed(), one.broker.nodes().len()), (vec!["ann".into()], 2), "not yet");
    later(TOLD * 3).await;
    assert_eq!((setup.nodes.listed(), one.broker.nodes().len()), (vec![], 1));
    drop((stream, broker));
}

#[tokio::test(start_paused = true)]
async fn who_stops_in_peace_is_forgotten_at_once() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let Running { broker, _tasks: tasks } = other;
    tasks.stop().await;
    broker.leave().await.unwrap();
    assert_eq!(setup.nodes.count(), 1);
    later(TOLD).await;
    assert_eq!(one.broker.nodes().len(), 1);
}

/// A node that stood still for long was forgotten by the others, and a crash of the database forgets all.
#[tokio::test(start_paused = true)]
async fn who_is_not_known_any_more_says_everything_again() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let here: Vec<_> = [one.open("ann").await.unwrap(), one.open("bob").await.unwrap()].into();
    let there = other.open("cid").await.unwrap();
    later(TOLD).await;
    setup.nodes.lose_everything();
    later(TOLD * 2).await;
    assert_eq!(setup.nodes.listed(), ["ann", "bob", "cid"]);
    assert_eq!(one.broker.nodes().len(), 2);
    drop((here, there));
    later(TOLD).await;
    assert_eq!(setup.nodes.listed(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_the_database_is_away_is_told_later() {
    let setup = Setup::new();
    let node = setup.node().await;
    let ann = node.open("ann").await.unwrap();
    later(TOLD).await;
    setup.nodes.set_away(true);
    let bob = node.open("bob").await.unwrap();
    later(TOLD).await;
    drop(ann);
    let cid = node.open("cid").await.unwrap();
    later(TOLD).await;
    assert_eq!(setup.nodes.listed(), ["ann"]);
    setup.nodes.set_away(false);
    later(TOLD).await;
    assert_eq!(setup.nodes.listed(), ["bob", "cid"]);
    drop((bob, cid));
}

/// More than may wait: all is told anew instead.
#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_and_nothing_is_wrong_after_that() {
    let setup = Setup::new();
    let clock = VirtualClock::default();
    let peers = Arc::new(Peers::new(Arc::clone(&setup.nodes) as Arc<dyn Nodes>, 4, &clock, &SystemRandom));
    let node = setup.node().await;
    let stays = node.open("ann").await.unwrap();
    let opened = |id| Opened { id, at: clock.now(), transport: crate::Transport::Sse, address: None };
    for i in 0..100 {
        drop(peers.list(&user("eve"), &opened(Uuid::from_u128(i)))); // each waits as closed
        assert!(peers.state.lock().changes.len() <= 4 * CHANGES_PER_STREAM);
    }
    peers.tell(&node.broker.hubs, &clock).await.unwrap();
    let own: Vec<_> = setup.nodes.listed_streams(Uuid::nil(), None, 9).await.unwrap();
    assert!(own.iter().any(|(of, stream)| *of == peers.id && stream.user == user("ann")), "{own:?}");
    assert!(own.iter().all(|(_, stream)| stream.user != user("eve")), "{own:?}");
    drop(stays);
}

/// The streams of both nodes hear it, each once.
#[tokio::test(start_paused = true)]
async fn a_whisper_reaches_streams_of_other_nodes() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let (mut here, mut there) = (one.open("ann").await.unwrap(), other.open("ann").await.unwrap());
    for stream in [&mut here, &mut there] {
        while !stream.next().await.unwrap().iter().any(|frame| matches!(frame, Frame::Ready { .. })) {}
    }
    let payload = serde_json::value::to_raw_value("hm").unwrap();
    let kinds = ["typing.1", "typing.2"].map(|name| Kind::signal(name).unwrap());
    for kind in &kinds {
        one.broker.whisper(kind, &payload, &Recipients::User(user("ann")), Timestamp::from_millis(0)).await.unwrap();
    }
    for stream in [&mut here, &mut there] {
        let mut heard = Vec::new();
        while heard.len() < 2 {
            for frame in stream.next().await.unwrap() {
                if let Frame::Whisper(whisper, _) = frame {
                    heard.push(whisper.kind.clone());
                }
            }
        }
        assert_eq!(heard, kinds);
    }
    let more = tokio::time::timeout(Duration::from_secs(10), async {
        while !there.next().await.unwrap().iter().any(|frame| matches!(frame, Frame::Whisper(..))) {}
    });
    assert!(more.await.is_err(), "once");
}
