//! What was acknowledged is on disk, and reaches everybody it is for.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, Stream};

/// Publishers and a reader, and a server that is killed while they are at it. Every notification
/// that was acknowledged arrives, each once per connection and in order; a reader that comes back
/// with its last id gets the rest and no reset.
#[tokio::test]
async fn a_server_that_is_killed_loses_nothing_that_it_acknowledged() {
    let mut server = Server::start().await;
    let (mut acknowledged, mut seen) = (BTreeSet::new(), Vec::new());
    let mut last: Option<String> = None;
    for round in 0..4 {
        let mut stream = server.stream("ann", "", last.as_deref()).await;
        let publishing = publish(&server, round, 60);
        let reading = async {
            // Read some of it, so that the kill comes in the middle.
            for _ in 0..20 {
                note(&mut stream, &mut seen, &mut last).await;
            }
        };
        let (acks, ()) = tokio::join!(publishing, reading);
        acknowledged.extend(acks);
        server = server.start_again().await;
    }
    let mut stream = server.stream("ann", "", last.as_deref()).await;
    while note(&mut stream, &mut seen, &mut last).await != "ready" {}

    let unique: BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!(unique.len(), seen.len(), "none twice");
    let lost: Vec<_> = acknowledged.difference(&unique).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
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

/// Sends, and gives the titles that were acknowledged.
async fn publish(server: &Server, round: usize, count: usize) -> Vec<String> {
    let sends = (0..count).map(|i| async move {
        let title = format!("{round}-{i}");
        let body = json!({"to": {"user": "ann"}, "title": title});
        let answer = server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await;
        answer.is_ok_and(|answer| answer.status() == 201).then_some(title)
    });
    futures_util::future::join_all(sends).await.into_iter().flatten().collect()
}

/// Killed right after requests were sent, before or after their commit: a retry with the same key
/// makes exactly one entry.
#[tokio::test]
async fn a_retry_after_a_kill_makes_nothing_twice() {
    let mut server = Server::start().await;
    server.get("ann", "/inbox").await;
    for round in 0..3 {
        let send = |server: &Server, i: usize| {
            server
                .as_admin(Method::POST, "/admin/notifications")
                .header("idempotency-key", format!("{round}-{i}"))
                .json(&json!({"to": {"user": "ann"}, "title": format!("{round}-{i}")}))
                .send()
        };
        let first: Vec<_> = (0..40).map(|i| tokio::spawn(send(&server, i))).collect();
        tokio::task::yield_now().await;
        server = server.start_again().await;
        for request in first {
            let _ = request.await.unwrap(); // answered or cut off, it does not matter
        }
        for i in 0..40 {
            assert_eq!(send(&server, i).await.unwrap().status(), 201);
        }
        assert_eq!(server.get("ann", "/inbox").await["unread"], json!((round + 1) * 40));
    }
}
