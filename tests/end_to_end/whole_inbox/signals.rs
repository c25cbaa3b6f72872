//! Signals: typed events that stand in no inbox.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, counts, inbox, join, next, topic};
use crate::{refusals::refused, support::Server};

async fn signal(server: &Server, body: Value) {
    admin(server, Method::POST, "/admin/signals", body, 201).await;
}

async fn whisper(server: &Server, mut body: Value) {
    body["ephemeral"] = json!(true);
    admin(server, Method::POST, "/admin/signals", body, 202).await;
}

#[tokio::test]
async fn a_signal_comes_live_and_again_and_counts_nothing() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    let start = stream.ready().await.pop().unwrap().id.unwrap();
    server.notify(json!({"user": "ann"}), "one").await;
    next(&mut stream, "notification").await;
    let payload = json!({"job": 7, "done": [0.5, null, "é\u{2028}"]});
    signal(&server, json!({"to": {"user": "ann"}, "type": "status-update", "payload": payload})).await;
    let live = next(&mut stream, "status-update").await;
    let envelope = live.json();
    assert_eq!((&envelope["id"], &envelope["type"]), (&json!(live.id), &json!("status-update")));
    assert_eq!((&envelope["audience"], &envelope["seq"]), (&json!("user:ann"), &json!(2)), "one sequence for both");
    assert_eq!((&envelope["payload"], counts(&envelope)), (&payload, (1, 1)));
    server.notify(json!({"user": "ann"}), "two").await;
    let two = next(&mut stream, "notification").await.json();
    assert_eq!((&two["seq"], counts(&two)), (&json!(3), (2, 2)));

    let mut replayed = server.stream("ann", "", Some(&start)).await;
    next(&mut replayed, "notification").await;
    let again = next(&mut replayed, "status-update").await.json();
    for field in ["id", "type", "timestamp", "audience", "seq", "payload"] {
        assert_eq!(again[field], envelope[field], "{field}");
    }
    let polled = server.get("ann", &format!("/events?after={start}")).await;
    assert_eq!(polled["events"][1]["payload"], payload);
    assert_eq!(server.get("ann", "/notifications").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(inbox(&server, "ann").await, (2, 2));
    // Whoever comes without a place gets what is unread, and a signal is not.
    let fresh = server.stream("ann", "", None).await.ready().await;
    assert_eq!(
        fresh.iter().map(|event| event.name.as_str()).collect::<Vec<_>>(),
        ["notification", "notification", "ready"]
    );
}

#[tokio::test]
async fn signals_go_to_topics_and_to_everyone() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    join(&server, "ann", "deploys").await;
    let (mut ann, mut bob) = (server.stream("ann", "", None).await, server.stream("bob", "", None).await);
    ann.ready().await;
    bob.ready().await;
    for to in [json!({"topic": "deploys"}), json!({"users": ["ann", "cid"]}), json!({"everyone": true})] {
        for send in [true, false] {
            let body = json!({"to": to, "type": "tick", "payload": send});
            if send { signal(&server, body).await } else { whisper(&server, body).await }
        }
    }
    let mut heard = Vec::new();
    for _ in 0..6 {
        let event = next(&mut ann, "tick").await.json();
        heard.push(format!("{} {}", event["audience"].as_str().unwrap(), event["payload"]));
    }
    heard.sort();
    let expected = ["everyone", "topic:deploys", "user:ann"].map(|to| [format!("{to} false"), format!("{to} true")]);
    assert_eq!(heard, expected.concat());
    for _ in 0..2 {
        assert_eq!(next(&mut bob, "tick").await.json()["audience"], "everyone");
    }
}

#[tokio::test]
async fn an_ephemeral_signal_is_for_streams_that_are_open() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    whisper(&server, json!({"to": {"user": "ann"}, "type": "typing", "payload": "nobody hears"})).await;
    let (mut here, mut too) = (server.stream("ann", "", None).await, server.stream("ann", "?ping=true", None).await);
    let mut bob = server.stream("bob", "", None).await;
    let start = here.ready().await.pop().unwrap().id.unwrap();
    too.ready().await;
    bob.ready().await;
    let before = server.get("ann", "/inbox").await;
    whisper(&server, json!({"to": {"user": "ann"}, "type": "typing", "payload": {"by": "bob"}})).await;
    for stream in [&mut here, &mut too] {
        let event = next(stream, "typing").await;
        assert_eq!(event.id, None, "it moves nobody's place");
        let mut envelope = event.json();
        assert!(envelope.as_object_mut().unwrap().remove("timestamp").unwrap().is_string());
        let expected =
            json!({"type": "typing", "audience": "user:ann", "payload": {"by": "bob"}, "unread": 1, "unseen": 1});
        assert_eq!(envelope, expected, "neither id nor seq");
    }
    assert_eq!(server.get("ann", "/inbox").await, before, "nothing came into the log");
    whisper(&server, json!({"to": {"user": "bob"}, "type": "typing", "payload": "his"})).await;
    assert_eq!(next(&mut bob, "typing").await.json()["payload"], "his");
    let mut later = server.stream("ann", "", Some(&start)).await;
    assert_eq!(later.ready().await.len(), 1, "nothing is replayed");
    let polled = server.get("ann", &format!("/events?after={start}")).await;
    assert_eq!(polled["events"], json!([]));
    // What comes after it comes as always.
    server.notify(json!({"user": "ann"}), "two").await;
    assert_eq!(counts(&next(&mut here, "notification").await.json()), (2, 2));
}

/// However fast they come, what is in the log comes in full and in order beside them.
#[tokio::test]
async fn whispers_do_not_displace_what_is_kept() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    for i in 0..40 {
        whisper(&server, json!({"to": {"user": "ann"}, "type": "tick", "payload": i})).await;
        signal(&server, json!({"to": {"user": "ann"}, "type": "kept", "payload": i})).await;
    }
    let mut kept = Vec::new();
    while kept.len() < 40 {
        let event = stream.event().await;
        if event.name == "kept" {
            kept.push(event.json()["payload"].as_i64().unwrap());
        }
    }
    assert_eq!(kept, (0..40).collect::<Vec<_>>());
}

/// However often it is asked for, and however many it is for.
#[tokio::test]
async fn a_key_makes_one_signal() {
    let server = Server::start().await;
    let (mut ann, mut bob) = (server.stream("ann", "", None).await, server.stream("bob", "", None).await);
    ann.ready().await;
    bob.ready().await;
    let send = |key: &str, payload: Value, ephemeral: bool| {
        let to = json!({"users": ["ann", "bob"]});
        let body = json!({"to": to, "type": "tick", "payload": payload, "ephemeral": ephemeral});
        server.as_admin(Method::POST, "/admin/signals").header("idempotency-key", key).json(&body)
    };
    let answers = futures_util::future::join_all((0..50).map(|_| send("k", json!(1), false).send())).await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| answer.status() == 201));
    let replayed =
        |answer: &&reqwest::Response| answer.headers().get("idempotent-replayed").is_some_and(|value| value == "true");
    assert_eq!(answers.iter().filter(replayed).count(), 49);
    refused(send("k", json!(2), false), 422, "idempotency_conflict").await;
    let notification = json!({"to": {"user": "ann"}, "title": "x"});
    let notification = server.as_admin(Method::POST, "/admin/notifications").json(&notification);
    refused(notification.header("idempotency-key", "k"), 422, "idempotency_conflict").await;
    for key in ["", "a b", &"k".repeat(256)] {
        refused(send(key, json!(1), false), 400, "invalid_idempotency_key").await;
    }
    let problem = refused(send("e", json!(1), true), 400, "invalid_idempotency_key").await;
    assert!(problem["detail"].as_str().unwrap().contains("ephemeral"), "{problem}");

    let last = send("other", json!("last"), false).send().await.unwrap();
    assert_eq!((last.status().as_u16(), last.headers().contains_key("idempotent-replayed")), (201, false));
    for (name, stream) in [("ann", &mut ann), ("bob", &mut bob)] {
        for (seq, payload) in [(1, json!(1)), (2, json!("last"))] {
            let event = next(stream, "tick").await.json();
            assert_eq!((&event["seq"], &event["payload"]), (&json!(seq), &payload), "once for {name}");
        }
    }
}

#[tokio::test]
async fn signals_that_make_no_sense() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let with = |field: &str, value: Value| {
        let mut body = json!({"to": {"user": "ann"}, "type": "tick", "payload": {}});
        if value == "absent" {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value;
        }
        server.as_admin(Method::POST, "/admin/signals").json(&body)
    };
    let reserved = [
        "notification",
        "notification.mine",
        "inbox.changed",
        "inbox.mine",
        "reset",
        "ready",
        "ping",
        "pong",
        "expiring",
        "goodbye",
        "message",
        "open",
        "error",
        "retry",
    ];
    let bad = ["", "Tick", "9x", "a b", "a\nevent: reset", "é", "-x", ".x"];
    for name in reserved.into_iter().chain(bad) {
        let problem = refused(with("type", json!(name)), 422, "invalid_value").await;
        assert_eq!(problem["errors"][0]["field"], "type", "{name}");
    }
    refused(with("type", json!("x".repeat(65))), 422, "invalid_value").await;
    let cases = [
        ("type", json!("absent"), "invalid_request"),
        ("payload", json!("absent"), "invalid_value"),
        ("payload", json!("x".repeat(16 * 1024 - 1)), "too_long"),
        ("to", json!("absent"), "invalid_recipients"),
        ("to", json!({}), "invalid_recipients"),
        ("to", json!({"users": []}), "invalid_recipients"),
        ("to", json!({"user": "ann", "everyone": true}), "invalid_recipients"),
        ("to", json!({"topic": "A"}), "invalid_recipients"),
        ("title", json!("x"), "unknown_field"),
        ("ephemeral", json!("yes"), "invalid_request"),
    ];
    for (field, value, code) in cases {
        let problem = refused(with(field, value), 422, code).await;
        assert!(problem["errors"][0]["field"].as_str().unwrap().starts_with(field), "{field}: {problem}");
    }
    let big = format!("{{\"to\":{{\"user\":\"ann\"}},\"type\":\"x\",\"payload\":\"{}\"}}", "x".repeat(64 * 1024));
    let post = |body: String| {
        server.as_admin(Method::POST, "/admin/signals").header("content-type", "application/json").body(body)
    };
    refused(post(big), 413, "body_too_large").await;
    refused(post("{".into()), 400, "invalid_json").await;
    refused(server.as_user("ann", Method::POST, "/admin/signals").body("{"), 403, "forbidden").await;

    // The largest that there may be, null, and what a line may not hold.
    let largest = json!("x".repeat(16 * 1024 - 2));
    for payload in [largest, Value::Null, json!("a\rid: 9\revent: reset\rdata: x\r\r\u{2028}")] {
        signal(&server, json!({"to": {"user": "ann"}, "type": "tick", "payload": payload})).await;
        assert_eq!(next(&mut stream, "tick").await.json()["payload"], payload);
    }
}
