//! What another node has written, and this one has not followed yet: it lies in the database, and nobody
//! has rung. Meanwhile REST knows more than the streams of this node do.

use serde_json::{Value, json};
use tidings_models::{
    Clock as _, Draft, Log as _, NotificationId, Recipients, Store as _, SystemClock, SystemRandom, UserId,
    store::SqliteStore,
};

use crate::support::{Server, Stream};

/// Time enough between two looks into the log to do something in between.
const SETTINGS: [(&str, &str); 2] = [("TIDINGS_POLL_MS", "2000"), ("TIDINGS_HEARTBEAT_SECONDS", "1")];

/// Writes a notification as another node would.
async fn elsewhere(store: &SqliteStore, user: &str, title: &str) {
    let now = SystemClock.now();
    let id = NotificationId::new(now, &SystemRandom).to_string();
    let notification = json!({"id": id, "title": title, "level": "info", "critical": false, "created_at": now});
    let notification = Box::new(serde_json::from_value(notification).unwrap());
    let to = Recipients::User(UserId::parse(user).unwrap());
    store.commit(vec![Draft::Notify { notification, to, key: None, deliver_at: None }]).await.unwrap();
}

async fn opened(server: &Server, user: &str, cursor: &Value) -> (Stream, Vec<crate::support::Event>) {
    let mut stream = server.stream(user, "", cursor.as_str()).await;
    let events = stream.ready().await;
    (stream, events)
}

/// A device fetches the counts and goes on from there, while another device of its user has been open for
/// longer. The counts that it is told when it is live must not be older than where it is: what lies
/// between is not sent to it, so nothing would put them right.
#[tokio::test]
async fn a_stream_that_begins_ahead_of_its_node_has_the_counts_of_its_place() {
    let server = Server::start_with(&SETTINGS).await;
    let store = server.store().await;
    let mut first = server.stream("ann", "", None).await;
    first.ready().await;

    elsewhere(&store, "ann", "of another node").await;
    let inbox = server.get("ann", "/inbox").await;
    assert_eq!(inbox["unread"], 1);
    let (mut second, ready) = opened(&server, "ann", &inbox["cursor"]).await;
    let ready = ready.last().unwrap().json();
    assert_eq!((&ready["unread"], &ready["unseen"]), (&json!(1), &json!(1)), "REST said so before it was opened");

    assert_eq!(first.event().await.title(), "of another node", "the first gets it with the next look");
    elsewhere(&store, "ann", "the next").await;
    for stream in [&mut first, &mut second] {
        let event = stream.event().await;
        assert_eq!((event.title().as_str(), &event.json()["unread"]), ("the next", &json!(2)));
    }
    store.close().await;
}

/// The same by request: what is told with an event is never older than the event.
#[tokio::test]
async fn a_cursor_ahead_of_its_node_is_no_reset_and_loses_nothing() {
    let server = Server::start_with(&SETTINGS).await;
    let store = server.store().await;
    server.get("ann", "/inbox").await;
    let mut watching = server.stream("ann", "", None).await;
    watching.ready().await;
    elsewhere(&store, "ann", "one").await;
    let list = server.get("ann", "/notifications").await;
    assert_eq!(list["items"][0]["title"], "one");
    elsewhere(&store, "ann", "two").await;

    let path = format!("/events?wait=10&after={}", list["cursor"].as_str().unwrap());
    let answer = server.get("ann", &path).await;
    assert!(answer.get("reset").is_none(), "{answer}");
    assert_eq!(answer["events"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(answer["events"][0]["payload"]["title"], "two");
    assert_eq!(answer["events"][0]["unread"], 2);
    for title in ["one", "two"] {
        assert_eq!(watching.event().await.title(), title);
    }
    store.close().await;
}
