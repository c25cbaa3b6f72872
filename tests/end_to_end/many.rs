//! Thousands of streams.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tidings_models::Role;

use crate::support::{Server, Stream, alone, until};

const STREAMS: usize = 5_000;
/// So often so many close, of which the quickest must be gone in time: a busy machine alone fails nothing.
const ROUNDS: usize = 5;
const CLOSED: usize = 100;

/// 5,000 streams of as many users: a broadcast reaches all of them, one that closes is gone from the
/// hub within a second although nothing is written to it, and a stop says goodbye to all in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_streams() {
    let _alone = alone().await;
    let mut server = Server::start_with(&[("TIDINGS_STREAMS_PER_ADDRESS", "5000")]).await;
    let address = server.address.clone();
    let opened = Instant::now();
    let mut streams: Vec<Stream> = stream::iter(0..STREAMS)
        .map(|i| {
            let address = address.clone();
            async move {
                let token = Server::token(&format!("user-{i}"), Role::User);
                let mut stream = Stream::open(&address, &token, "", None).await;
                stream.ready().await;
                stream
            }
        })
        .buffer_unordered(100)
        .collect()
        .await;
    eprintln!("{STREAMS} streams opened in {:?}", opened.elapsed());
    let overview = server.overview().await;
    assert_eq!((&overview["streams"], &overview["users"]), (&json!(STREAMS), &json!(STREAMS)));

    let sent = Instant::now();
    server.notify(json!({"everyone": true}), "to all").await;
    for stream in &mut streams {
        assert_eq!(stream.event().await.title(), "to all");
    }
    eprintln!("a broadcast reached the last of them after {:?}", sent.elapsed());

    let mut gone = Vec::new();
    for round in 1..=ROUNDS {
        let left = STREAMS - round * CLOSED;
        let closed = Instant::now();
        streams.truncate(left);
        until("the closed ones are gone", || async {
            (server.overview().await["streams"] == json!(left)).then_some(())
        })
        .await;
        gone.push(closed.elapsed());
    }
    eprintln!("{CLOSED} closed streams were gone after {gone:?}");
    assert!(gone.iter().any(|gone| *gone < Duration::from_secs(1)), "{gone:?}");

    let stopped = Instant::now();
    let goodbyes =
        stream::iter(streams).map(|mut stream| async move { stream.event().await }).buffer_unordered(STREAMS);
    let (code, goodbyes) = tokio::join!(server.terminate(), goodbyes.collect::<Vec<_>>());
    eprintln!("stopped in {:?}", stopped.elapsed());
    assert_eq!(code, Some(0));
    assert!(stopped.elapsed() < Duration::from_secs(10), "{:?}", stopped.elapsed());
    let mut delays = std::collections::BTreeSet::new();
    for goodbye in goodbyes {
        assert_eq!((goodbye.name.as_str(), goodbye.json()["reason"].as_str()), ("goodbye", Some("shutdown")));
        delays.insert(goodbye.retry.unwrap());
    }
    assert!(delays.len() > 1000, "they do not come back at once: {} different delays", delays.len());
}
