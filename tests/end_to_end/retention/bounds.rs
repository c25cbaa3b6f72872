//! The bounds of the log and of the inboxes.

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::{Log as _, Store as _};

use crate::support::{Server, Stream, until};

const EVENTS: i64 = 40;

/// Returns once the log holds no more than its bound.
async fn trimmed(server: &Server, events: i64) {
    let store = server.store().await;
    until("it is trimmed", || async {
        let head = store.head().await.unwrap();
        (head.position.get() - head.floor.get() <= events).then_some(())
    })
    .await;
    store.close().await;
}

#[tokio::test]
async fn who_was_away_for_too_long_gets_the_state_and_others_go_on() {
    let events = EVENTS.to_string();
    let settings = [("TIDINGS_RETENTION_EVENTS", events.as_str()), ("TIDINGS_TRIM_SECONDS", "1")];
    let server = Server::start_apart(&settings).await;
    let before = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    let mut watching = server.stream("ann", "", None).await;
    watching.ready().await;
    let mut cursors = Vec::new();
    for i in 0..100 {
        server.notify(json!({"user": "ann"}), &i.to_string()).await;
        cursors.push(watching.event().await.id.unwrap());
    }
    trimmed(&server, EVENTS).await;
    // What is gone from the database may still be in memory; after a start it is not.
    let server = server.start_again().await;

    let mut away = server.stream("ann", "", Some(&before)).await;
    let reset = away.event().await;
    let state = reset.json();
    assert_eq!((reset.name.as_str(), &state["reason"]), ("reset", &json!("expired")));
    assert_eq!((&state["unread"], &state["unseen"], &state["more"]), (&json!(100), &json!(100), &json!(true)));
    let titles: Vec<_> = state["notifications"].as_array().unwrap().iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, (50..100).rev().map(|i| json!(i.to_string())).collect::<Vec<_>>(), "the newest 50");
    let ready = away.event().await;
    assert_eq!((ready.name.as_str(), &ready.json()["replayed"]), ("ready", &json!(0)));

    let answer = server.get("ann", &format!("/events?after={before}")).await;
    assert_eq!(answer["reset"]["reason"], "expired", "the same by request");

    let mut briefly = server.stream("ann", "", Some(&cursors[70])).await;
    let missed = briefly.ready().await;
    let titles: Vec<_> = missed[..missed.len() - 1].iter().map(crate::support::Event::title).collect();
    assert_eq!(titles, (71..100).map(|i| i.to_string()).collect::<Vec<_>>(), "all of it and no reset");

    server.notify(json!({"user": "ann"}), "after").await;
    for stream in [&mut away, &mut briefly] {
        let event = stream.event().await;
        assert_eq!((event.title().as_str(), &event.json()["seq"]), ("after", &json!(101)));
    }
    let all = server.get("ann", "/notifications?limit=200").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 101, "the inbox keeps what the log does not");
}

/// Reads until what is left is so many, and gives the kinds of the events on the way.
async fn down_to(stream: &mut Stream, unread: i64) -> Vec<String> {
    let mut kinds = Vec::new();
    loop {
        let event = stream.event().await;
        kinds.push(event.name.clone());
        if event.name == "notification.expired" && event.json()["unread"] == unread {
            return kinds;
        }
    }
}

#[tokio::test]
async fn what_leaves_the_inboxes_leaves_the_counts() {
    let settings = [("TIDINGS_RETENTION_EVENTS", "10"), ("TIDINGS_NOTIFICATIONS", "20"), ("TIDINGS_TRIM_SECONDS", "1")];
    let server = Server::start_with(&settings).await;
    server.get("bob", "/inbox").await; // known, and without a stream
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    let mut ann = server.stream("ann", "", None).await;
    let mut cyd = server.stream("cyd", "", None).await;
    ann.ready().await;
    cyd.ready().await;
    let mut read = Value::Null;
    for i in 0..60 {
        let to = if i % 2 == 0 { json!({"user": "ann"}) } else { json!({"everyone": true}) };
        let sent = server.notify(to, &i.to_string()).await;
        if i == 56 {
            read = sent["id"].clone();
        }
    }
    let path = format!("/notifications/{}", read.as_str().unwrap());
    server.change("ann", Method::PATCH, &path, json!({"read": true})).await;

    // The newest twenty stay: ten of Ann's, of which she has read one, and ten for everyone.
    let kinds = down_to(&mut ann, 19).await;
    assert!(
        kinds.iter().all(|kind| matches!(kind.as_str(), "notification" | "notification.expired" | "inbox.changed"))
    );
    down_to(&mut cyd, 10).await;
    for (user, unread, kept) in [("ann", 19, 20), ("bob", 10, 10), ("cyd", 10, 10)] {
        let list = server.get(user, "/notifications").await;
        assert_eq!((&list["unread"], &list["unseen"]), (&json!(unread), &json!(unread)), "{user}");
        assert_eq!(list["items"].as_array().unwrap().len(), kept, "{user}");
        assert_eq!(list["items"][kept - 1]["title"], if user == "ann" { "40" } else { "41" });
    }

    // Whoever was away meanwhile comes to the same.
    let mut away = server.stream("ann", "", Some(&start)).await;
    let ready = away.ready().await.pop().unwrap().json();
    assert_eq!((&ready["unread"], &ready["unseen"]), (&json!(19), &json!(19)));
    let mut bob = server.stream("bob", "", None).await;
    assert_eq!(bob.ready().await.pop().unwrap().json()["unread"], 10);

    // One more comes, and the oldest goes, which is Ann's.
    server.notify(json!({"everyone": true}), "one more").await;
    while !matches!(ann.event().await, event if event.name == "notification" && event.title() == "one more") {}
    down_to(&mut ann, 19).await;
    assert_eq!(server.get("ann", "/inbox").await["unread"], 19);
}
