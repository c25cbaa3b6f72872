//! What a client may ask for over its WebSocket.

use serde_json::json;
use tidings_models::Role;
use tokio_tungstenite::tungstenite;

use crate::{
    limits::one_refused,
    support::{Message, Server, Socket},
};

fn code(message: &Message) -> String {
    message.json()["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_said() {
    let server = Server::start().await;
    let mut socket = Socket::of(&server, "ann", "").await;
    socket.ready().await;
    for said in [json!(null), json!(7), json!({"a": [1, "b"]}), json!("\u{1f980}")] {
        let pong = socket.ask(&json!({"ping": said}), "pong").await;
        assert_eq!((pong.json(), pong.id, pong.reference), (said, None, None));
    }
    let pong = socket.ask(&json!({"ping": 1, "ref": "a\"b"}), "pong").await;
    assert_eq!(pong.reference.as_deref(), Some("a\"b"));
    assert_eq!(socket.ping(b"of the protocol").await, b"of the protocol");
}

/// It is the mark of `POST /notifications/mark`: every device hears of it, with the right counts.
#[tokio::test]
async fn a_mark_is_heard_on_every_device() {
    let server = Server::start().await;
    let first = server.notify(json!({"user": "ann"}), "one").await;
    server.notify(json!({"user": "ann"}), "two").await;
    let mut phone = server.stream("ann", "", None).await;
    phone.ready().await;
    let mut socket = Socket::of(&server, "ann", "").await;
    socket.ready().await;

    socket.send(&json!({"mark": {"read": true, "ids": [first["id"]]}, "ref": "1"})).await;
    let (mut marked, mut changed) = (None, None);
    while marked.is_none() || changed.is_none() {
        let message = socket.next().await;
        match message.event.as_str() {
            "marked" => marked = Some(message),
            "inbox.changed" => changed = Some(message),
            other => panic!("{other}"),
        }
    }
    let (marked, changed) = (marked.unwrap(), changed.unwrap());
    assert_eq!((marked.reference.as_deref(), marked.id.clone()), (Some("1"), None));
    assert_eq!(marked.json(), server.get("ann", "/inbox").await, "as the request is answered");
    let there = phone.event().await;
    assert_eq!(
        (&there.name[..], there.id.clone(), there.json()),
        ("inbox.changed", changed.id.clone(), changed.json())
    );
    assert_eq!((&there.json()["unread"], &there.json()["unseen"]), (&json!(1), &json!(1)));

    let up_to = there.id.unwrap();
    let marked =
        socket.ask(&json!({"mark": {"read": true, "up_to": up_to, "filter": {"state": "unread"}}}), "marked").await;
    assert_eq!((&marked.json()["unread"], &marked.json()["unseen"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn what_is_wrong_is_said_and_the_connection_stays() {
    let server = Server::start().await;
    let mut socket = Socket::of(&server, "ann", "").await;
    socket.ready().await;
    let unknown = "01900000-0000-7000-8000-000000000000";
    for (message, expected, field) in [
        (json!({"subscribe": "x"}), "unknown_field", Some("subscribe")),
        (json!({"mark": {"red": true}}), "unknown_field", Some("red")),
        (json!({"mark": {"read": true, "ids": []}}), "invalid_value", Some("ids")),
        (json!({"mark": {}}), "invalid_request", None),
        (json!({"mark": {"read": true, "up_to": "nonsense"}}), "invalid_cursor", None),
        (json!({"mark": {"read": true, "ids": [unknown]}}), "not_found", None),
        (json!({"mark": {"read": true, "ids": [unknown]}, "ping": 1}), "invalid_request", None),
        (json!({}), "invalid_request", None),
        (json!([]), "invalid_request", None),
    ] {
        let mut asked = message.clone();
        if let Some(object) = asked.as_object_mut() {
            object.insert("ref".into(), json!("7"));
        }
        let error = socket.ask(&asked, "error").await;
        let problem = error.json();
        assert_eq!(code(&error), expected, "{message}: {problem}");
        assert_eq!(error.reference.is_some(), asked.get("ref").is_some(), "{message}");
        assert!(problem["request_id"].is_string() && problem["type"].is_string() && error.id.is_none());
        let fields = problem["errors"].as_array().cloned().unwrap_or_default();
        assert!(field.is_none_or(|field| fields.iter().any(|error| error["field"] == field)), "{problem}");
    }
    for text in ["", "{", "{} {}", r#"{"ping":1,"ping":2}"#, "hello"] {
        socket.send_raw(tungstenite::Message::text(text)).await;
        assert_eq!(code(&socket.the("error").await), "invalid_json", "{text}");
    }
    socket.ask(&json!({"ping": 1}), "pong").await;
    server.notify(json!({"user": "ann"}), "still here").await;
    assert_eq!(socket.the("notification").await.title(), "still here");
}

#[tokio::test]
async fn marks_are_counted_among_the_requests() {
    let server = Server::start_with(&[("TIDINGS_RATE_PER_USER", "1")]).await;
    let mut socket = Socket::of(&server, "ann", "").await;
    let up_to = socket.ready().await.pop().unwrap().id.unwrap();
    let mut refused = 0;
    for _ in 0..20 {
        socket.send(&json!({"mark": {"read": true, "up_to": up_to}})).await;
        let answer = loop {
            let message = socket.next().await;
            if message.event != "inbox.changed" {
                break message;
            }
        };
        if answer.event == "error" {
            assert_eq!(code(&answer), "rate_limited");
            assert_eq!(answer.retry_ms, Some(1000));
            refused += 1;
        }
    }
    assert!((1..=11).contains(&refused), "ten at once, and one a second: {refused}");
    // They are one quota. With one of their own, so many would all be let through.
    one_refused((0..5).map(|_| server.as_user("ann", reqwest::Method::GET, "/inbox"))).await;
    socket.ask(&json!({"ping": 1}), "pong").await;
}

/// A stream that is renewed goes on over the end of the token that it was opened with.
#[tokio::test]
async fn a_token_renews() {
    let server = Server::start_with(&[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let token = Server::token_for("ann", Role::User, 8);
    let mut left = Socket::open(&server, &token, "").await;
    let mut socket = Socket::open(&server, &token, "").await;
    left.ready().await;
    let ends_at = socket.ready().await.pop().unwrap().json()["expires_at"].as_str().unwrap().to_owned();
    assert_eq!(socket.the("expiring").await.json()["expires_at"], ends_at[..], "at once, as it is so short");
    for (token, expected) in [
        ("nonsense".to_owned(), "invalid_token"),
        (Server::token_for("ann", Role::User, -60), "invalid_token"),
        (Server::token("bob", Role::User), "forbidden"),
    ] {
        assert_eq!(code(&socket.ask(&json!({"token": token}), "error").await), expected);
    }
    let renewed = socket.ask(&json!({"token": Server::token_for("ann", Role::User, 600)}), "renewed").await.json();
    assert!(renewed["expires_at"].as_str().unwrap() > &ends_at[..], "{renewed}");
    assert_eq!(left.goodbye().await, ("token_expired".to_owned(), 4401));
    while socket.the("ping").await.json()["time"].as_str().unwrap() < &ends_at[..] {}
    server.notify(json!({"user": "ann"}), "still here").await;
    assert_eq!(socket.the("notification").await.title(), "still here");
}
