//! A reader that stalls: for too long, or just for a while.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use tidings_models::Role;

use super::{narrow, send_large, unread as unread_stream};
use crate::support::{Server, Stream, until};

/// More than the system takes for a reader that does not read, and more than its queue.
const MANY: usize = 300;

/// A stream that nobody reads is closed, so its place is free again; one that has nothing to read stays.
#[tokio::test]
async fn who_takes_nothing_is_closed_after_a_while() {
    if cfg!(not(target_os = "linux")) {
        return eprintln!("slow readers: a stalled reader is not closed on this system");
    }
    let settings = [("TIDINGS_STALL_SECONDS", "1"), ("TIDINGS_STREAMS_PER_USER", "1")];
    let server = Server::start_with(&settings).await;
    let before = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    let _stalled = unread_stream(&server, "ann", None).await;
    let mut idle = server.stream("bob", "", None).await;
    idle.ready().await;
    until("both are open", || async { (server.overview().await["streams"] == 2).then_some(()) }).await;
    for i in 0..40 {
        send_large(&server, &json!({"user": "ann"}), &i.to_string()).await;
    }
    let begun = Instant::now();
    until("it is closed", || async { (server.overview().await["streams"] == 1).then_some(()) }).await;
    eprintln!("slow readers: one that took nothing was closed {:?} after the last was sent", begun.elapsed());

    let mut again = server.stream("ann", &format!("?after={before}"), None).await;
    assert_eq!(again.ready().await.len(), 41, "its place is free, and nothing is lost");
    server.notify(json!({"user": "bob"}), "still here").await;
    assert_eq!(idle.event().await.title(), "still here");
}

/// It falls so far behind that its queue is given up, and goes on as if nothing had been.
#[tokio::test]
async fn who_stalls_and_goes_on_gets_everything_in_order() {
    let server = Server::start().await;
    let token = Server::token("ann", Role::User);
    let socket = narrow(&server).await;
    let mut stream = Stream::over(socket, &server.address, &token, "", None).await.unwrap();
    stream.ready().await;
    for i in 1..=MANY {
        let to = if i % 2 == 0 { json!({"user": "ann"}) } else { json!({"everyone": true}) };
        send_large(&server, &to, &i.to_string()).await;
    }
    let list = server.get("ann", "/notifications?limit=1").await;
    let id = list["items"][0]["id"].as_str().unwrap();
    server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"read": true})).await;
    assert_eq!(list["unread"], MANY, "the others have gone on");

    let mut unread = json!(0);
    for i in 1..=MANY {
        let event = stream.event().await;
        assert_eq!(event.title(), i.to_string(), "in order, none twice and none left out");
        unread = event.json()["unread"].clone();
    }
    let change = stream.event().await;
    assert_eq!((change.name.as_str(), &change.json()["unread"]), ("inbox.changed", &json!(MANY - 1)));
    assert!(unread.as_u64().unwrap() >= MANY as u64 - 1, "counts are as new as their event or newer: {unread}");
    server.notify(json!({"user": "ann"}), "live again").await;
    assert_eq!(stream.event().await.title(), "live again");
}
