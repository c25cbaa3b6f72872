//! Replays while the log is trimmed under them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use serde_json::json;
use tidings_models::{Cursors, Log as _, Store as _, store::SqliteStore};
use tokio::task::JoinSet;

use crate::support::{Dice, PATIENCE, Server, Stream, alone};

/// More than is kept in memory, so that what is replayed comes from the database.
const EVENTS: &str = "10000";
/// Replays that are looked at.
const REPLAYS: usize = 400;
const READERS: usize = 16;
/// So many events, of other people, go between Ann's.
const BETWEEN: usize = 200;

/// What Ann has been sent: the cursor, and where that is. Its index is its seq less one.
type Sent = Mutex<Vec<(String, i64)>>;

/// Readers who come back with places right above and right below the floor, which rises all the
/// time. Each gets everything after its place, or is told that it does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_is_contiguous_or_says_that_it_is_not() {
    let _turn = alone().await;
    let seed = Dice::seed();
    eprintln!("replays: seed {seed}");
    let mut dice = Dice::new(seed);
    let settings =
        [("TIDINGS_RETENTION_EVENTS", EVENTS), ("TIDINGS_TRIM_SECONDS", "1"), ("TIDINGS_STREAMS_PER_USER", "100")];
    let server = Arc::new(Server::start_with(&settings).await);
    let (sent, done) = (Arc::new(Sent::default()), Arc::new(AtomicBool::new(false)));
    let store = Arc::new(server.store().await);
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let watching = tokio::spawn(watch(stream, Arc::clone(store.cursors()), Arc::clone(&sent)));
    let writing = tokio::spawn(write(Arc::clone(&server), Arc::clone(&done)));
    let tally = Arc::new(Tally::default());
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let (server, store, sent, tally) =
            (Arc::clone(&server), Arc::clone(&store), Arc::clone(&sent), Arc::clone(&tally));
        let mut dice = dice.fork();
        readers.spawn(async move {
            while tally.all() < REPLAYS {
                replay(&server, &store, &sent, &mut dice, &tally, seed).await;
            }
        });
    }
    let read = tokio::time::timeout(PATIENCE * 3, readers.join_all()).await;
    done.store(true, Relaxed);
    writing.await.unwrap();
    watching.abort();
    read.expect("the replays come to an end");
    let (whole, reset, events) = (tally.whole.load(Relaxed), tally.reset.load(Relaxed), tally.events.load(Relaxed));
    let head = store.head().await.unwrap();
    eprintln!(
        "replays: {whole} were whole with {events} events, {reset} were told, while the floor rose to {}",
        head.floor.get()
    );
    assert!(whole > 0 && reset > 0, "seed {seed}: both happened");
    store.close().await;
}

#[derive(Default)]
struct Tally {
    whole: AtomicUsize,
    reset: AtomicUsize,
    events: AtomicUsize,
}

impl Tally {
    fn all(&self) -> usize {
        self.whole.load(Relaxed) + self.reset.load(Relaxed)
    }
}

/// Notes what Ann is sent while she is there.
async fn watch(mut stream: Stream, cursors: Arc<Cursors>, sent: Arc<Sent>) {
    loop {
        let event = stream.event().await;
        let cursor = event.id.clone().unwrap();
        let position = cursors.open(cursor.as_bytes()).unwrap().get();
        let mut sent = sent.lock().unwrap();
        sent.push((cursor, position));
        assert_eq!(event.json()["seq"], json!(sent.len()), "live, nothing is left out");
    }
}

/// Sends to Ann and, much more, to others.
async fn write(server: Arc<Server>, done: Arc<AtomicBool>) {
    let others: Vec<_> = (0..BETWEEN).map(|i| format!("other-{i}")).collect();
    while !done.load(Relaxed) {
        let both = (server.notify(json!({"user": "ann"}), "hers"), server.notify(json!({"users": others}), "theirs"));
        tokio::join!(both.0, both.1, server.notify(json!({"user": "ann"}), "hers"));
    }
}

/// Comes back with a place near the floor.
async fn replay(server: &Server, store: &SqliteStore, sent: &Sent, dice: &mut Dice, tally: &Tally, seed: u64) {
    let floor = store.head().await.unwrap().floor.get();
    let chosen = choose(&sent.lock().unwrap(), floor, dice);
    let Some((seq, cursor, last)) = chosen else { return tokio::task::yield_now().await };
    let mut stream = server.stream("ann", "", Some(&cursor)).await;
    let mut next = seq + 1;
    loop {
        let event = stream.event().await;
        match event.name.as_str() {
            "notification" => {
                assert_eq!(event.json()["seq"], json!(next), "seed {seed}: a hole after the cursor of {seq}");
                next += 1;
            }
            "reset" => {
                let state = event.json();
                assert_eq!(state["reason"], "expired");
                assert!(state["unread"].as_u64().unwrap() >= last as u64, "the state is of now: {}", state["unread"]);
                assert_eq!(stream.event().await.name, "ready");
                tally.reset.fetch_add(1, Relaxed);
                return;
            }
            "ready" => {
                assert!(next > last, "seed {seed}: after {seq} it got up to {next}, and {last} were there before");
                tally.whole.fetch_add(1, Relaxed);
                tally.events.fetch_add(next - seq - 1, Relaxed);
                return;
            }
            other => panic!("{other}"),
        }
    }
}

/// One of Ann's places near the floor: its seq, its cursor, and her last seq by now.
fn choose(sent: &[(String, i64)], floor: i64, dice: &mut Dice) -> Option<(usize, String, usize)> {
    let low = sent.partition_point(|(_, position)| *position < floor).saturating_sub(2);
    let near = sent.len().checked_sub(low).filter(|near| *near > 0 && floor > 0)?.min(8);
    let index = low + dice.below(near);
    Some((index + 1, sent[index].0.clone(), sent.len()))
}
