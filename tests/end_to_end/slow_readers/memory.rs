//! What readers that never read cost: memory, and other readers' time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tidings_models::Role;
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet};

use super::{send_large, unread};
use crate::support::{Server, Stream, alone, until};

/// Readers that never read.
const DEAD: usize = 1000;
/// Readers that do.
const LIVE: usize = 1000;
/// Readers that come back and never read. Fewer: what they begin with is rendered for each of them,
/// which takes long in a build without optimisation.
const BACK: usize = 200;
const BROADCASTS: usize = 12;

/// What one reader that never reads may cost the server, in KiB: what it was handed last (64 KiB, and
/// one event more), as much again for what was rendered and could not be written yet, the two
/// buffers of its connection, and its place in queue, hub and session.
const PER_READER: u64 = 2 * (64 + 24) + 2 * 16 + 16;
/// Beside them: the newest 32 MiB of the log, which are kept for replays, what goes through the
/// database for them, and what the allocator holds back of that.
const SHARED: u64 = 2 * 32 * 1024 + 24 * 1024;

const SETTINGS: [(&str, &str); 4] = [
    ("TIDINGS_HEARTBEAT_SECONDS", "5"),
    ("TIDINGS_STALL_SECONDS", "600"),
    ("TIDINGS_STREAMS_PER_ADDRESS", "5000"),
    ("TIDINGS_CONNECTIONS_PER_ADDRESS", "5000"),
];

async fn streams_are(server: &Server, count: usize) {
    until("all streams are open", || async { (server.overview().await["streams"] == count).then_some(()) }).await;
}

async fn dead(server: &Server, count: usize, last_event_id: Option<&str>) -> Vec<TcpStream> {
    let open = |i: usize| async move { unread(server, &format!("dead-{i}"), last_event_id).await };
    stream::iter(0..count).map(open).buffer_unordered(50).collect().await
}

/// Broadcasts, and how long each took to each of those who read.
async fn broadcast(server: &Server, arrivals: &mut mpsc::UnboundedReceiver<Instant>) -> Vec<Duration> {
    let mut latencies = Vec::with_capacity(BROADCASTS * LIVE);
    for i in 0..BROADCASTS {
        let sent = Instant::now();
        send_large(server, &json!({"everyone": true}), &i.to_string()).await;
        for _ in 0..LIVE {
            latencies.push(arrivals.recv().await.unwrap() - sent);
        }
    }
    latencies.sort();
    latencies
}

fn tell(what: &str, latencies: &[Duration]) {
    let of = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    eprintln!("slow readers: {what}: p50 {:?}, p99 {:?}, all after {:?}", of(50), of(99), of(100));
}

/// 1,000 streams that nobody reads beside some that are read: everybody who reads gets everything, and
/// the memory of the server stays in its bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_who_never_read_cost_little_and_hold_up_nobody() {
    let _turn = alone().await;
    let server = Server::start_with(&SETTINGS).await;
    let (tell_arrival, mut arrivals) = mpsc::unbounded_channel();
    let mut readers = JoinSet::new();
    for i in 0..LIVE {
        let token = Server::token(&format!("live-{i}"), Role::User);
        let mut stream = Stream::open(&server.address, &token, "", None).await;
        stream.ready().await;
        let tell_arrival = tell_arrival.clone();
        readers.spawn(async move {
            let mut seqs = Vec::new();
            while seqs.len() < 2 * BROADCASTS {
                let event = stream.event().await;
                tell_arrival.send(Instant::now()).unwrap();
                seqs.push(event.json()["seq"].as_u64().unwrap());
            }
            seqs
        });
    }
    tell(&format!("{LIVE} readers"), &broadcast(&server, &mut arrivals).await);
    let before = server.resident();

    let held = dead(&server, DEAD, None).await;
    streams_are(&server, LIVE + DEAD).await;
    tell(&format!("{LIVE} readers beside {DEAD} that never read"), &broadcast(&server, &mut arrivals).await);
    for seqs in readers.join_all().await {
        let expected: Vec<_> = (1..=2 * BROADCASTS as u64).collect();
        assert_eq!(seqs, expected, "who reads gets everything, once and in order");
    }
    assert!(is_within(DEAD, "who were there before", &server, before));
    drop(held);
}

/// Others come back with an old cursor, with nonsense, or with nothing, all at once, to be sent large
/// events that they never take: whatever a stream begins with is bounded too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_come_back_and_never_read_cost_little_too() {
    let _turn = alone().await;
    let server = Arc::new(Server::start_with(&SETTINGS).await);
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    let known = stream::iter(0..BACK).map(|i| {
        let server = Arc::clone(&server);
        async move { server.get(&format!("dead-{i}"), "/inbox").await }
    });
    let _: Vec<Value> = known.buffer_unordered(50).collect().await;
    for i in 0..100 {
        send_large(&server, &json!({"everyone": true}), &i.to_string()).await;
    }
    let before = server.resident();
    let mut within_bound = true;
    for (what, cursor) in [
        ("who come back late", Some(start.as_str())),
        ("who come back with nonsense", Some("nonsense")),
        ("who come with nothing", None),
    ] {
        let held = dead(&server, BACK, cursor).await;
        streams_are(&server, BACK).await;
        // Who comes after all of them is served, so they have been: nobody overtakes in the queue for the database.
        let mut live = server.stream("ann", "", Some("other nonsense")).await;
        live.ready().await;
        within_bound &= is_within(BACK, what, &server, before);
        drop((held, live));
        streams_are(&server, 0).await;
    }
    assert!(within_bound);
}

/// Whether the memory of the server is in its bound.
fn is_within(count: usize, what: &str, server: &Server, before: Option<u64>) -> bool {
    let (Some(before), Some(after)) = (before, server.resident()) else {
        eprintln!("slow readers: memory is not looked at: there is no /proc here");
        return true;
    };
    let bound = before + count as u64 * PER_READER + SHARED;
    eprintln!("slow readers: {count} {what} and never read: from {before} to {after} KiB of memory, bound {bound}");
    after <= bound
}
