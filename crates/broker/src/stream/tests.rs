//! Streams over virtual time, on a log in a list.

use std::{sync::Arc, time::Duration};

use tidings_models::{InboxQuery, Kind, Level, Log, Muting, Notification, Recipients, SystemRandom, Timestamp};

mod access;

use super::*;
use crate::{
    Broker, Settings,
    bus::{Bus, LocalBus},
    reads::CONCURRENT_READS,
    sizes::Sizes,
    testing::{FakeStore, VirtualClock, cursors, draft, event, notification, pos, until, user},
};

struct Setup {
    store: Arc<FakeStore>,
    bus: Arc<LocalBus>,
    broker: Arc<Broker>,
}

const HOUR: i64 = 3_600_000;

impl Setup {
    async fn new() -> Self {
        let (store, bus) = (Arc::new(FakeStore::default()), Arc::new(LocalBus::default()));
        Self::on(store, bus).await
    }

    async fn on(store: Arc<FakeStore>, bus: Arc<LocalBus>) -> Self {
        Self::sized(store, bus, Sizes::default()).await
    }

    async fn sized(store: Arc<FakeStore>, bus: Arc<LocalBus>, sizes: Sizes) -> Self {
        let (broker, tasks) = Broker::start_sized(
            Arc::clone(&store) as Arc<dyn Log>,
            None,
            Arc::clone(&bus) as Arc<dyn Bus>,
            Arc::<VirtualClock>::default(),
            Arc::new(SystemRandom),
            Settings::default(),
            sizes,
        )
        .await
        .unwrap();
        // The tasks run for as long as the test does.
        std::mem::forget(tasks);
        Self { store, bus, broker }
    }

    async fn open(&self, name: &str, start: Start) -> Stream {
        self.open_until(name, start, HOUR).await
    }

    async fn open_until(&self, name: &str, start: Start, expires_at: i64) -> Stream {
        self.broker.open((user(name), until(expires_at)), start).await.unwrap()
    }

    /// Returns once everything in the log was dispatched.
    async fn settled(&self) {
        let head = self.store.head().await.unwrap().position;
        while self.broker.figures().position < head {
            tokio::task::yield_now().await;
        }
    }

    /// Says something that is not logged.
    fn whisper(&self, name: &str) {
        let (kind, payload) = (Kind::signal("typing").unwrap(), serde_json::value::to_raw_value("x").unwrap());
        let to = Recipients::User(user(name));
        self.broker.whisper(&kind, &payload, &to, Timestamp::from_millis(0)).unwrap();
    }

    /// Puts a notification of some level in its place, and rings.
    fn put(&self, position: i64, level: Level, critical: bool) {
        let notification = Notification { level, critical, ..notification("x") };
        self.store.put_notification(position, "user:ann", &notification);
        self.bus.ring();
    }

    /// Appends, and rings.
    fn add(&self, audience: &str) -> i64 {
        let position = self.store.add(audience);
        self.bus.ring();
        position
    }
}

fn after(position: i64) -> Start {
    Start::After(cursors().seal(pos(position)).as_str().into())
}

/// What a frame says, in short: `7:3` is the event at 7 with 3 unread.
fn short(frame: &Frame) -> String {
    let place = |cursor: &Cursor| cursors().open(cursor.as_str().as_bytes()).unwrap();
    match frame {
        Frame::Event(entry, own) => {
            format!("{}:{}{}", entry.position(), own.counts.unread, if own.muted { " muted" } else { "" })
        }
        Frame::Reset { reason, cursor, page } => {
            let newest: Vec<_> = page.items.iter().map(|item| item.position.to_string()).collect();
            format!("reset {}@{} {:?}", reason.as_str(), place(cursor), newest.join(" "))
        }
        Frame::Ready { cursor, counts, replayed, .. } => {
            format!("ready@{}:{} after {replayed}", place(cursor), counts.unread)
        }
        Frame::Heartbeat(cursor) => {
            format!("beat@{}", cursor.as_ref().map_or("-".into(), |cursor| place(cursor).to_string()))
        }
        Frame::Whisper(whisper, counts) => format!("{}:{}", whisper.kind.as_str(), counts.unread),
        Frame::Expiring(at) => format!("expiring {}", at.as_seconds()),
        Frame::Goodbye(goodbye) => format!("goodbye {}", goodbye.reason.as_str()),
    }
}

async fn next(stream: &mut Stream) -> String {
    let frames = stream.next().await.map(|frames| frames.iter().map(short).collect::<Vec<_>>().join(", "));
    frames.unwrap_or_else(|| "end".into())
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_a_start_begins_with_the_unread() {
    let setup = Setup::new().await;
    for audience in ["user:ann", "user:bob", "everyone"] {
        setup.add(audience);
    }
    let mut stream = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut stream).await, "1:2, 3:2, ready@3:2 after 2");
    setup.add("user:bob");
    setup.add("user:ann");
    assert_eq!(next(&mut stream).await, "5:3");
}

#[tokio::test(start_paused = true)]
async fn a_cursor_is_continued_without_gap_or_repeat() {
    let setup = Setup::new().await;
    for _ in 0..5 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let mut stream = setup.open("ann", after(2)).await;
    setup.add("user:ann");
    setup.settled().await;
    assert_eq!(next(&mut stream).await, "3:5, 4:5, 5:5, ready@5:5 after 3");
    assert_eq!(next(&mut stream).await, "6:6");
    assert_eq!(setup.store.replays(), 0, "from the ring");
    setup.add("everyone");
    assert_eq!(next(&mut stream).await, "7:7");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_this_node_has_not_reached_yet_is_joined_there() {
    let setup = Setup::new().await;
    for _ in 0..4 {
        setup.store.add("user:ann"); // and no bell: the follower is still at 0
    }
    let mut stream = setup.open("ann", after(2)).await;
    assert_eq!(next(&mut stream).await, "ready@2:4 after 0");
    assert_eq!(next(&mut stream).await, "3:4, 4:4", "never older counts than it said");
}

/// Who was answered that something is in the log has it in the replay of what they open then, on the same node.
#[tokio::test(start_paused = true)]
async fn what_was_answered_here_is_there_before_ready() {
    let setup = Setup::new().await;
    let mut first = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut first).await, "ready@0:0 after 0");
    // A task like others: its turn comes before that of the follower, which is woken after it.
    let publishing = async move {
        for position in 1..4 {
            setup.broker.publisher().publish(draft("ann")).await.unwrap();
            let mut stream = setup.open("ann", after(position - 1)).await;
            assert_eq!(next(&mut stream).await, format!("{position}:{position}, ready@{position}:{position} after 1"));
        }
    };
    tokio::spawn(publishing).await.unwrap();
}

/// The counts of a session that is there already are of where this node is, not of where the client is.
#[tokio::test(start_paused = true)]
async fn a_client_that_is_further_than_this_node_never_sees_older_counts() {
    let setup = Setup::new().await;
    let mut first = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut first).await, "ready@0:0 after 0");
    for _ in 0..4 {
        setup.store.add("user:ann"); // and no bell: the follower is still at 0
    }
    let mut second = setup.open("ann", after(2)).await;
    assert_eq!(next(&mut second).await, "ready@2:4 after 0");
    assert_eq!(next(&mut second).await, "3:4, 4:4");
    assert_eq!(next(&mut first).await, "1:4, 2:4, 3:4, 4:4");
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_beats_and_its_place_moves_on() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    let begun = Instant::now();
    setup.add("user:bob");
    assert_eq!(next(&mut stream).await, "beat@1", "an event of others has moved it");
    assert_eq!(begun.elapsed().as_secs(), 15);
    tokio::time::sleep(Duration::from_secs(10)).await;
    setup.add("user:ann");
    assert_eq!(next(&mut stream).await, "2:1");
    let begun = Instant::now();
    assert_eq!(next(&mut stream).await, "beat@2");
    assert_eq!(begun.elapsed().as_secs(), 15, "traffic puts the heartbeat off");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_continued_is_reset() {
    let store = Arc::new(FakeStore::default());
    for _ in 0..4 {
        store.add("user:ann");
    }
    store.trim(2);
    let setup = Setup::on(store, Arc::default()).await;
    let earlier = tidings_models::Cursors::new(
        &tidings_models::CursorKey::new([7; 16]),
        tidings_models::Epoch::from_random([2; 16]),
        &[],
    );
    let cases = [
        (Start::After(b"\xFF\r\nnonsense".to_vec()), "malformed"),
        (Start::After(Vec::new()), "malformed"),
        (Start::After(earlier.seal(pos(3)).as_str().into()), "epoch"),
        (after(5), "ahead"),
        (after(1), "expired"),
    ];
    for (start, reason) in cases {
        let mut stream = setup.open("ann", start).await;
        assert_eq!(next(&mut stream).await, format!("reset {reason}@4 \"4 3\", ready@4:2 after 0"));
    }
    let mut stream = setup.open("ann", after(2)).await;
    assert_eq!(next(&mut stream).await, "3:2, 4:2, ready@4:2 after 2", "the floor itself can be continued");
    setup.add("user:ann");
    assert_eq!(next(&mut stream).await, "5:3");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_behind_goes_back_to_replay_and_loses_nothing() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    for _ in 0..9000 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let mut seen = 0;
    while seen < 9000 {
        for frame in stream.next().await.unwrap() {
            let Frame::Event(entry, own) = frame else { panic!("{}", short(&frame)) };
            seen += 1;
            assert_eq!(entry.position(), pos(seen));
            assert_eq!(own.counts.unread, 9000, "as of the end of the replay");
        }
    }
    assert!(setup.store.replays() > 0, "the ring did not go back that far");
    setup.add("user:ann");
    assert_eq!(next(&mut stream).await, "9001:9001");
}

#[tokio::test(start_paused = true)]
async fn trimming_during_a_replay_ends_in_a_reset() {
    let setup = Setup::new().await;
    for _ in 0..9000 {
        setup.store.add("user:ann");
    }
    let setup = Setup::on(setup.store, setup.bus).await;
    let mut stream = setup.open("ann", after(1)).await;
    assert!(next(&mut stream).await.starts_with("2:9000, 3:9000"));
    setup.store.trim(8990);
    let reset = next(&mut stream).await;
    assert!(reset.starts_with("reset expired@9000 \"9000 8999"), "{reset}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_is_announced_and_then_ends_the_stream() {
    let setup = Setup::new().await;
    let mut stream = setup.open_until("ann", Start::Unread, 75_000).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    assert_eq!(next(&mut stream).await, "expiring 75");
    for _ in 0..3 {
        assert_eq!(next(&mut stream).await, "beat@0");
    }
    setup.add("user:ann");
    assert_eq!(next(&mut stream).await, "1:1");
    loop {
        match next(&mut stream).await.as_str() {
            "beat@1" => {}
            last => break assert_eq!(last, "goodbye token_expired"),
        }
    }
    assert_eq!(next(&mut stream).await, "end");
    assert_eq!(setup.broker.clock.now().as_seconds(), 75);
}

/// I14, for a reader that stands still: it is not asked for its next frames, and yet its place is free.
#[tokio::test(start_paused = true)]
async fn a_token_that_ends_gives_the_place_back_though_nobody_reads() {
    let setup = Setup::new().await;
    let mut stream = setup.open_until("ann", Start::Unread, 75_000).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    setup.add("user:ann");
    tokio::time::sleep(Duration::from_secs(70)).await;
    assert_eq!(setup.broker.figures().streams, 1);
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(setup.broker.figures().streams, 0);
    assert_eq!(next(&mut stream).await, "goodbye token_expired", "and nothing is sent after it");
    drop(stream);
    assert_eq!(setup.broker.figures().streams, 0);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_is_waited_for() {
    let setup = Setup::new().await;
    for _ in 0..9000 {
        setup.store.add("user:ann");
    }
    let setup = Setup::on(setup.store, setup.bus).await;
    let mut stream = setup.open("ann", after(8)).await;
    setup.store.fail(true);
    assert_eq!(next(&mut stream).await, "beat@-", "alive, but it cannot say where");
    setup.store.fail(false);
    assert!(next(&mut stream).await.starts_with("9:9000"), "and nothing was lost");
}

#[tokio::test(start_paused = true)]
async fn a_lost_bell_costs_one_poll() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    let begun = Instant::now();
    setup.store.add("user:ann");
    assert_eq!(next(&mut stream).await, "1:1");
    assert!(begun.elapsed() <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn everybody_is_said_goodbye_to() {
    let setup = Setup::new().await;
    let mut streams = Vec::new();
    for name in ["ann", "bob"] {
        let mut stream = setup.open(name, Start::Unread).await;
        next(&mut stream).await;
        streams.push(stream);
    }
    assert_eq!(setup.broker.end_some(10), 0);
    for stream in &mut streams {
        assert_eq!(next(stream).await, "goodbye shutdown");
        assert_eq!(next(stream).await, "end");
    }
    assert!(setup.broker.open((user("cyd"), until(HOUR)), Start::Unread).await.is_err());
    drop(streams);
    assert_eq!(setup.broker.figures().streams, 0);
}

/// What went to everybody and is no longer kept makes a hub read who had it unread. Streams that join
/// meanwhile wait for that, and do not do it again.
#[tokio::test(start_paused = true)]
async fn joins_do_not_multiply_the_reads_of_a_recount() {
    const HERE: usize = 500;
    const JOINING: usize = 100;
    let setup = Setup::new().await;
    setup.add("everyone");
    let mut streams = Vec::new();
    for number in 0..HERE {
        let mut stream = setup.open(&format!("u{number}"), Start::Unread).await;
        next(&mut stream).await;
        streams.push(stream);
    }
    let mut gone = event(2, "everyone", &serde_json::to_string(&notification("x")).unwrap());
    gone.effect = tidings_models::Effect::Recounts;
    setup.store.put(gone);
    setup.store.take_long(Duration::from_millis(1));
    let before = setup.store.inboxes();
    setup.bus.ring();
    let mut joins = tokio::task::JoinSet::new();
    for number in 0..JOINING {
        let (broker, user) = (Arc::clone(&setup.broker), user(&format!("j{number}")));
        joins.spawn(async move { broker.open((user, until(HOUR)), Start::Unread).await.unwrap() });
    }
    let _joined = joins.join_all().await;
    setup.settled().await;
    assert_eq!(setup.store.inboxes() - before, HERE + JOINING);
}

/// What a stream has already may fill its first batch: what comes behind it is not left lying.
#[tokio::test(start_paused = true)]
async fn what_lies_behind_a_batch_of_old_entries_is_given_at_once() {
    let setup = Setup::new().await;
    let mut stream = setup.open("ann", Start::Unread).await;
    next(&mut stream).await;
    let mut large = notification("x");
    large.body = Some("x".repeat(BATCH_BYTES / 8));
    for position in 1..=10 {
        setup.store.put(event(position, "user:ann", &serde_json::to_string(&large).unwrap()));
    }
    setup.bus.ring();
    setup.settled().await;
    // As if a state had been read at 9, during which the bell of the outlet was heard.
    stream.outlet.changed().await;
    stream.place = Some(pos(9));
    let begun = Instant::now();
    assert_eq!(next(&mut stream).await, "10:10");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// What is being read when the hub catches up with the reader is not left half read: it would keep its
/// place among the few who may read, for as long as the stream lives.
#[tokio::test(start_paused = true)]
async fn a_read_that_is_overtaken_keeps_no_place() {
    let setup = Setup::new().await;
    // The follower has looked, and sees nothing before its next look.
    tokio::time::sleep(Duration::from_millis(1)).await;
    for _ in 0..4 {
        setup.store.add("everyone");
    }
    let mut streams = tokio::task::JoinSet::new();
    for number in 0..CONCURRENT_READS {
        let mut stream = setup.open(&format!("u{number}"), after(2)).await;
        streams.spawn(async move { (next(&mut stream).await, stream) });
    }
    setup.store.take_long(Duration::from_millis(100));
    tokio::time::sleep(Duration::from_millis(1)).await;
    setup.bus.ring(); // the hub catches up, in the middle of their reads
    let streams = streams.join_all().await;
    assert!(streams.iter().all(|(first, _)| first.contains("ready@")), "{:?}", streams[0].0);
    let (user, query) = (user("ann"), InboxQuery::counts());
    let read = tokio::time::timeout(Duration::from_mins(1), setup.broker.inbox(&user, &query)).await;
    assert!(read.is_ok(), "nobody can read any more");
}

/// A fleet that comes back with old cursors waits in memory, and not at the database.
#[tokio::test(start_paused = true)]
async fn who_must_prove_a_start_waits_for_a_turn() {
    let store = Arc::new(FakeStore::default());
    for _ in 0..9000 {
        store.add("user:ann");
    }
    let setup = Setup::on(store, Arc::default()).await;
    let mut stream = setup.open("ann", after(1)).await;
    setup.store.take_long(Duration::from_secs(20));
    for _ in 0..CONCURRENT_READS {
        let broker = Arc::clone(&setup.broker);
        tokio::spawn(async move { broker.inbox(&user("bob"), &InboxQuery::counts()).await });
    }
    tokio::task::yield_now().await;
    assert_eq!(next(&mut stream).await, "beat@-", "its start is not settled yet");
    assert!(next(&mut stream).await.starts_with("2:9000"));
}

/// A stream whose thread is done with serving is not left in silence.
#[tokio::test(start_paused = true)]
async fn a_thread_that_ends_says_goodbye_to_its_streams() {
    let setup = Setup::new().await;
    let local = setup.broker.local();
    let mut stream = local.open((user("ann"), until(HOUR)), Start::Unread, Transport::Sse).await.unwrap();
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    drop(local);
    let goodbye = tokio::time::timeout(Duration::from_mins(5), next(&mut stream)).await;
    assert_eq!(goodbye.as_deref(), Ok("goodbye shutdown"));
}

/// So little room that a few events overflow a queue, and a replay reads what the ring no longer has.
const TINY: Sizes = Sizes { queue: 2, ring: 3, replay_page: 2, follower_page: 256 };

/// All that a stream gives until it waits.
async fn rest(stream: &mut Stream) -> String {
    let mut all = Vec::new();
    while let Ok(frames) = tokio::time::timeout(Duration::from_millis(1), next(stream)).await {
        all.push(frames);
    }
    all.join(", ")
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_joined_while_a_stream_is_open_is_in_its_later_replays() {
    let setup = Setup::sized(Arc::default(), Arc::default(), TINY).await;
    let mut stream = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    setup.add("topic:deploys"); // not hers yet
    setup.store.join("ann", "deploys");
    setup.bus.ring();
    assert_eq!(next(&mut stream).await, "2:0");
    setup.add("topic:deploys");
    assert_eq!(next(&mut stream).await, "3:1");
    for _ in 4..=10 {
        setup.add("topic:deploys");
    }
    setup.settled().await;
    let missed: Vec<_> = (4..=10).map(|at| format!("{at}:8")).collect();
    assert_eq!(rest(&mut stream).await, missed.join(", "));
    assert!(setup.store.replays() > 0, "the ring did not go back that far");
    setup.add("topic:deploys");
    assert_eq!(next(&mut stream).await, "11:9");
}

#[tokio::test(start_paused = true)]
async fn what_is_muted_says_so_while_it_is_live_and_when_it_is_replayed() {
    let setup = Setup::sized(Arc::default(), Arc::default(), TINY).await;
    let mut stream = setup.open("ann", Start::Unread).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    setup.put(1, Level::Error, false);
    assert_eq!(next(&mut stream).await, "1:1");
    setup.store.mute("ann", Muting::Level(Level::Error));
    setup.bus.ring();
    assert_eq!(next(&mut stream).await, "2:1");
    for (at, level, critical) in
        [(3, Level::Error, false), (4, Level::Error, true), (5, Level::Info, false), (6, Level::Error, false)]
    {
        setup.put(at, level, critical);
    }
    setup.settled().await;
    // More than fits in its queue: it learns of what it muted since it was opened.
    let missed = "3:3 muted, 4:3, 5:3, 6:3 muted";
    assert_eq!(rest(&mut stream).await, missed);
    setup.put(7, Level::Error, false);
    assert_eq!(next(&mut stream).await, "7:3 muted");
    let mut again = setup.open("ann", after(0)).await;
    assert_eq!(rest(&mut again).await, format!("1:3, 2:3, {missed}, 7:3 muted, ready@7:3 after 7"));
    let mut new = setup.open("ann", Start::Unread).await;
    assert_eq!(rest(&mut new).await, "1:3, 4:3, 5:3, ready@7:3 after 3", "none of it is unread");
}

#[tokio::test(start_paused = true)]
async fn a_whisper_comes_while_live_and_shows_no_older_counts() {
    let setup = Setup::new().await;
    let mut ann = setup.open("ann", Start::Unread).await;
    let mut bob = setup.open("bob", Start::Unread).await;
    assert_eq!(next(&mut ann).await, "ready@0:0 after 0");
    assert_eq!(next(&mut bob).await, "ready@0:0 after 0");
    setup.whisper("ann");
    assert_eq!(next(&mut ann).await, "typing:0");
    setup.whisper("ann");
    setup.add("user:ann");
    setup.settled().await;
    assert_eq!(rest(&mut ann).await, "1:1, typing:1", "what the reader has seen by then");
    assert_eq!(rest(&mut bob).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_whisper_waits_for_a_replay_to_end() {
    let setup = Setup::sized(Arc::default(), Arc::default(), TINY).await;
    for _ in 1..=5 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let mut stream = setup.open("ann", after(1)).await;
    setup.whisper("ann");
    assert_eq!(next(&mut stream).await, "2:5, 3:5");
    setup.whisper("ann");
    assert_eq!(rest(&mut stream).await, "4:5, 5:5, ready@5:5 after 4, typing:5, typing:5");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_whispered_after_a_token_has_ended() {
    let setup = Setup::new().await;
    let mut stream = setup.open_until("ann", Start::Unread, 75_000).await;
    assert_eq!(next(&mut stream).await, "ready@0:0 after 0");
    setup.whisper("ann"); // before its end, to a reader who stands still
    tokio::time::sleep(Duration::from_secs(75)).await;
    setup.whisper("ann"); // right at its end
    assert_eq!(next(&mut stream).await, "goodbye token_expired");
    setup.whisper("ann");
    assert_eq!(next(&mut stream).await, "end");
}
