//! Two nodes on one log in a list, over virtual time.

use tidings_models::{Kind, Log, Recipients, SystemRandom, store::Nodes};

use super::*;
use crate::{
    Broker, Frame, OpenError, Settings, Start, Stream, Tasks,
    bus::LocalBus,
    testing::{FakeNodes, FakeStore, VirtualClock, lasting, pos, user},
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
    let here = [one.open("ann").await.unwrap(), one.open("ann").await.unwrap()];
    assert!(one.open("ann").await.is_err(), "what may be there counts");
    later(LIVELY).await;
    assert!(one.open("ann").await.is_ok(), "what comes back has room");
    drop(here);
    later(GONE.saturating_sub(LIVELY + TOLD)).await;
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

fn opened_at(clock: &VirtualClock) -> Opened {
    Opened { id: Uuid::nil(), at: clock.now(), transport: crate::Transport::Sse, address: None }
}

/// More than may wait: all is told anew instead.
#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded_and_nothing_is_wrong_after_that() {
    let setup = Setup::new();
    let clock = VirtualClock::default();
    let peers = Arc::new(Peers::new(Arc::clone(&setup.nodes) as Arc<dyn Nodes>, 4, &clock, &SystemRandom));
    let node = setup.node().await;
    let stays = node.open("ann").await.unwrap();
    let told = peers.list(&user("eve"), &Opened { id: Uuid::from_u128(7), ..opened_at(&clock) });
    peers.tell(&node.broker.hubs).await.unwrap();
    setup.nodes.set_away(true);
    drop(told);
    for _ in 0..3 {
        peers.state.lock().told = None; // so that it is time to
        assert!(peers.tell(&node.broker.hubs).await.is_err());
    }
    setup.nodes.set_away(false);
    let opened = |id| Opened { id, ..opened_at(&clock) };
    for i in 100..200 {
        drop(peers.list(&user("eve"), &opened(Uuid::from_u128(i)))); // each waits as closed
        assert!(peers.state.lock().changes.len() <= 4 * CHANGES_PER_STREAM);
    }
    peers.tell(&node.broker.hubs).await.unwrap();
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
        one.broker.whisper(kind, &payload, &Recipients::User(user("ann")), Timestamp::from_millis(0)).unwrap();
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

/// Of its own former life a node sees no beat.
#[tokio::test(start_paused = true)]
async fn who_is_started_again_is_not_in_its_own_way() {
    let setup = Setup::new();
    let node = setup.node().await;
    let before = [node.open("ann").await.unwrap(), node.open("ann").await.unwrap()];
    later(TOLD).await;
    let Running { broker, _tasks: tasks } = node;
    drop(tasks);
    assert_eq!(setup.nodes.listed(), ["ann", "ann"]);
    let again = setup.node().await;
    for wait in [Duration::ZERO, TOLD, TOLD] {
        later(wait).await;
        let back = [again.open("ann").await, again.open("ann").await, again.open("ann").await];
        assert!(back.iter().all(Result::is_ok));
    }
    drop((before, broker));
}

/// Whoever comes and goes without end is told of once a second.
#[tokio::test(start_paused = true)]
async fn what_comes_while_something_is_told_waits_for_the_next_time() {
    let setup = Setup::new();
    let node = setup.node().await;
    setup.nodes.set_tell_time(Duration::from_millis(5));
    later(TOLD).await;
    let tells = setup.nodes.tells();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        drop(node.open("ann").await.unwrap());
        later(Duration::from_millis(10)).await;
    }
    assert!((9..=11).contains(&(setup.nodes.tells() - tells)), "{}", setup.nodes.tells() - tells);
}

/// While nobody can tell anything, nobody is silent.
#[tokio::test(start_paused = true)]
async fn nobody_is_forgotten_for_what_the_database_kept() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let streams = [one.open("ann").await.unwrap(), other.open("bob").await.unwrap()];
    later(TOLD).await;
    setup.nodes.set_away(true);
    later(GONE * 2).await;
    setup.nodes.set_away(false);
    for _ in 0..10 {
        later(EVERY / 2).await;
        assert_eq!((setup.nodes.count(), setup.nodes.listed()), (2, vec!["ann".into(), "bob".into()]));
    }
    assert!([&one, &other].iter().all(|node| node.broker.nodes().len() == 2));
    drop(streams);
}

/// What was told was told, though its answer was lost; but who was forgotten before that has to say all of it again.
#[tokio::test(start_paused = true)]
async fn who_gets_no_answer_is_not_sure_to_be_known() {
    let setup = Setup::new();
    let node = setup.node().await;
    let ann = node.open("ann").await.unwrap();
    later(TOLD).await;
    setup.nodes.lose_everything();
    setup.nodes.set_forgetful(true);
    later(TOLD).await;
    assert_eq!((setup.nodes.count(), setup.nodes.listed()), (1, vec![]));
    setup.nodes.set_forgetful(false);
    later(TOLD * 2).await;
    assert_eq!(setup.nodes.listed(), ["ann"]);
    drop(ann);
}

/// Nothing leaves the log that a living node has yet to read; but one that stands still holds it up for a while only.
#[tokio::test(start_paused = true)]
async fn what_others_have_yet_to_read_is_kept() {
    let setup = Setup::new();
    let clock = VirtualClock::default();
    for _ in 0..9 {
        setup.store.add("everyone");
    }
    let new = || Peers::new(Arc::clone(&setup.nodes) as Arc<dyn Nodes>, 4, &clock, &SystemRandom);
    let (peers, hubs) = (new(), &setup.node().await.broker.hubs.clone());
    assert_eq!(peers.read_by_all(pos(9)), None, "nobody was asked yet");
    let stuck = Node { position: pos(3), ..new().own(hubs) };
    for second in 0..STUCK.as_secs() + 10 {
        setup.nodes.tell(&Node { beat: i64::try_from(second).unwrap(), ..stuck.clone() }, &[]).await.unwrap();
        peers.tell(hubs).await.unwrap();
        if (5..STUCK.as_secs() - 5).contains(&second) {
            assert_eq!(peers.read_by_all(pos(9)), Some(pos(3)), "{second}");
        }
        later(EVERY).await;
    }
    assert_eq!(peers.others().len(), 1, "it is alive");
    assert_eq!(peers.read_by_all(pos(9)), Some(pos(9)), "and stands still");

    // One that has read all there was is waited for, however long ago that was.
    for beat in 0..STUCK.as_secs() + 10 {
        let level = Node { beat: -1 - i64::try_from(beat).unwrap(), position: pos(9), ..stuck.clone() };
        setup.nodes.tell(&level, &[]).await.unwrap();
        peers.tell(hubs).await.unwrap();
        later(EVERY).await;
    }
    assert_eq!(peers.read_by_all(pos(20)), Some(pos(9)));
}

/// Who left an audience before something was said there does not hear it, however far behind their node is.
#[tokio::test(start_paused = true)]
async fn a_whisper_waits_for_what_was_in_the_log_before_it() {
    let setup = Setup::new();
    let (one, other) = setup.two().await;
    let mut there = other.open("ann").await.unwrap();
    while !there.next().await.unwrap().iter().any(|frame| matches!(frame, Frame::Ready { .. })) {}
    setup.nodes.set_end(pos(1)); // as if something was in the log that `other` has not read yet
    let payload = serde_json::value::to_raw_value("hm").unwrap();
    let kind = Kind::signal("typing").unwrap();
    let say =
        || one.broker.whisper(&kind, &payload, &Recipients::User(user("ann")), Timestamp::from_millis(0)).unwrap();
    say();
    let names = async |stream: &mut Stream| {
        let mut names = Vec::new();
        for frame in stream.next().await.unwrap() {
            match frame {
                Frame::Event(..) => names.push("event"),
                Frame::Whisper(..) => names.push("whisper"),
                _ => {}
            }
        }
        names
    };
    later(Duration::from_secs(2)).await;
    setup.store.add("user:ann"); // read at the next poll
    let mut heard = Vec::new();
    while heard.len() < 2 {
        heard.extend(names(&mut there).await);
    }
    assert_eq!(heard, ["event", "whisper"]);

    setup.nodes.set_end(pos(9)); // which it never comes to read
    say();
    let more = tokio::time::timeout(Duration::from_mins(1), async { while names(&mut there).await.is_empty() {} });
    assert!(more.await.is_err(), "it is lost rather than said to who may have left");
}
