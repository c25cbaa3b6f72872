//! A node beside one of a later version, which writes to the log what this one does not know.

use std::sync::Arc;

use serde_json::json;
use tidings_models::{Clock as _, Draft, Kind, Log as _, Recipients, SystemClock, UserId, store::SqliteStore};

use crate::support::Server;

/// Writes as a later version would.
async fn elsewhere(store: &SqliteStore, kind: &str, user: &str) {
    let (kind, to) = (Kind::Other(kind.into()), Recipients::User(UserId::parse(user).unwrap()));
    let draft = Draft::Signal { kind, payload: Arc::from("{}"), to, key: None, at: SystemClock.now() };
    store.commit(vec![draft]).await.unwrap();
}

/// It sends nothing that comes after it, not even to others, and ends with a sentence; nor does it start again as long as
/// that is among the newest.
#[tokio::test]
async fn a_node_ends_at_what_it_does_not_know() {
    let mut server = Server::start_apart(&[("TIDINGS_POLL_MS", "50")]).await;
    let mut streams = Vec::new();
    for name in ["ann", "bob"] {
        let mut stream = server.stream(name, "", None).await;
        stream.ready().await;
        server.notify(json!({"user": name}), "known").await;
        assert_eq!(stream.event().await.title(), "known");
        streams.push(stream);
    }
    let store = server.store().await;
    elsewhere(&store, "signal", "bob").await;
    assert_eq!(streams[1].event().await.name, "signal", "signals are passed on, of whatever type");

    elsewhere(&store, "notification.pinned", "ann").await;
    elsewhere(&store, "signal", "bob").await;
    for stream in &mut streams {
        while let Some(event) = stream.next().await {
            assert!(event.data.is_none() || event.name == "goodbye", "nothing after it: {event:?}");
        }
    }
    assert_eq!(server.ended().await, Some(1));
    let log = server.log();
    let last = log.trim_end().lines().last().unwrap();
    assert!(last.contains("an event \"notification.pinned\"") && last.contains("update this node"), "{log}");

    let again = server.command(&["serve"]).env("TIDINGS_LISTEN", "127.0.0.1:0").output().unwrap();
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(!again.status.success() && said.contains("update this node"), "{said}");
}
