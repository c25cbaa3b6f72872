//! What was acknowledged is on disk, and reaches everybody it is for.

use std::{collections::BTreeSet, future::Future};

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Server, Stream};

/// Publishers and a reader, and a server that is killed while they are at it. Every notification
/// that was acknowledged arrives, each once and in order; a reader that comes back with its last id
/// gets the rest and no reset.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    let mut server = Server::start().await;
    let (mut acknowledged, mut seen) = (BTreeSet::new(), Vec::new());
    let mut last: Option<String> = None;
    let mut cut_off = 0;
    for round in 0..4 {
        let mut stream = server.stream("ann", "", last.as_deref()).await;
        let mut sends: JoinSet<_> = (0..300).map(|i| send(&server, format!("{round}-{i}"), None)).collect();
        // Some of it is answered and read, and the kill comes in the middle of the rest.
        for _ in 0..20 {
            note(&mut stream, &mut seen, &mut last).await;
        }
        server.kill();
        while let Some(sent) = sends.join_next().await {
            let (title, is_acknowledged) = sent.unwrap();
            if is_acknowledged {
                acknowledged.insert(title);
            } else {
                cut_off += 1;
            }
        }
        server = server.start_again().await;
    }
    let mut stream = server.stream("ann", "", last.as_deref()).await;
    while note(&mut stream, &mut seen, &mut last).await != "ready" {}

    let unique: BTreeSet<_> = seen.iter().cloned().collect();
    eprintln!("acknowledged {}, cut off {cut_off}, received {}", acknowledged.len(), seen.len());
    assert!(cut_off > 0, "a kill came while requests were under way");
    assert_eq!(unique.len(), seen.len(), "none twice");
    let missing: Vec<_> = acknowledged.difference(&unique).collect();
    assert!(missing.is_empty(), "lost {missing:?}");
    assert_eq!(server.get("ann", "/inbox").await["unread"], json!(unique.len()), "and the badge is right");
}

/// Takes one event: its title, if it is a notification, and its id.
async fn note(stream: &mut Stream, seen: &mut Vec<String>, last: &mut Option<String>) -> String {
    let event = stream.event().await;
    assert_ne!(event.name, "reset", "continuity can be proven");
    if event.name == "notification" {
        seen.push(event.title());
    }
    if event.id.is_some() {
        last.clone_from(&event.id);
    }
    event.name
}

/// Sends a notification to Ann: its title, and whether it was acknowledged.
fn send(server: &Server, title: String, key: Option<&str>) -> impl Future<Output = (String, bool)> + use<> {
    let body = json!({"to": {"user": "ann"}, "title": title});
    let mut request = server.as_admin(Method::POST, "/admin/notifications").json(&body);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    async move { (title, request.send().await.is_ok_and(|answer| answer.status() == 201)) }
}

/// Killed while requests are under way, before or after their commit: a retry with the same key makes
/// exactly one entry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_a_kill_makes_nothing_twice() {
    const EACH: usize = 100;
    let mut server = Server::start().await;
    server.get("ann", "/inbox").await;
    let keys = |round: usize| (0..EACH).map(move |i| format!("{round}-{i}"));
    let (mut stored_before, mut stored_after) = (0, 0);
    for round in 0..3 {
        let mut stream = server.stream("ann", "?after=", None).await;
        stream.ready().await;
        let mut first: JoinSet<_> = keys(round).map(|key| send(&server, key.clone(), Some(&key))).collect();
        stream.event().await; // at least one is stored
        server.kill();
        while first.join_next().await.is_some() {} // answered or cut off, it does not matter
        server = server.start_again().await;
        let before = server.get("ann", "/inbox").await["unread"].as_u64().unwrap();
        stored_before += before - (round * EACH) as u64;
        for key in keys(round) {
            assert!(send(&server, key.clone(), Some(&key)).await.1);
        }
        let after = server.get("ann", "/inbox").await["unread"].as_u64().unwrap();
        assert_eq!(after, ((round + 1) * EACH) as u64, "each once");
        stored_after += after - before;
    }
    eprintln!("stored by the first attempt {stored_before}, by the retry {stored_after}");
    assert!(stored_before > 0 && stored_after > 0, "kills came in between");
}
