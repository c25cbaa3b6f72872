//! Corrections and retractions: whoever has it sees it at once, and it is kept who did it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::Role;

use super::{SOON, admin, after, counts, create, inbox, join, next, titles, topic, user};
use crate::{
    refusals::refused,
    support::{Server, Stream},
};

/// How soon an open tab follows.
const WITHIN: Duration = Duration::from_secs(1);

/// So often it is tried at most, until it was in time so often: a busy machine alone fails nothing, and what only looks
/// every few seconds is not in time three times.
const TRIES: usize = 10;
const IN_TIME: usize = 3;

/// Whether it was in time often enough.
fn in_time(to: &Value, took: &[Duration]) -> bool {
    let in_time = took.iter().filter(|took| **took < WITHIN).count() >= IN_TIME;
    if in_time {
        eprintln!("{to}: seen everywhere after {took:?}");
    }
    assert!(in_time || took.len() < TRIES, "{to}: {took:?}");
    in_time
}

/// Those that Ann and Bob are both of.
fn audiences() -> [Value; 3] {
    [json!({"users": ["ann", "bob"]}), json!({"topic": "deploys"}), json!({"everyone": true})]
}

fn path(id: &str) -> String {
    format!("/admin/notifications/{id}")
}

/// Two users with open streams, the first of them twice; both are members of a topic.
async fn three_streams(server: &Server) -> [Stream; 3] {
    topic(server, "deploys", true).await;
    let mut streams = Vec::new();
    for name in ["ann", "bob"] {
        join(server, name, "deploys").await;
    }
    for name in ["ann", "ann", "bob"] {
        let mut stream = server.stream(name, "", None).await;
        stream.ready().await;
        streams.push(stream);
    }
    streams.try_into().unwrap_or_else(|_| unreachable!())
}

/// Sends one, and corrects it: how long it takes until all have seen it.
async fn corrected(server: &Server, streams: &mut [Stream; 3], to: &Value) -> Duration {
    let body = json!({"to": to, "title": "Tpyo", "body": "b", "data": {"n": 1}, "level": "info", "group_key": "g"});
    let id = create(server, body).await;
    let item = format!("/notifications/{id}");
    let mut before = Vec::new();
    for stream in &mut *streams {
        before.push(next(stream, "notification").await.json());
    }
    user(server, "ann", Method::PATCH, &item, json!({"read": true}), 200).await;
    for stream in &mut streams[..2] {
        next(stream, "inbox.changed").await;
    }
    let (ann, bob) = (inbox(server, "ann").await, inbox(server, "bob").await);
    let asked = Instant::now();
    let patch = json!({"title": "Typo", "body": null, "level": "error", "link": "/x"});
    let after = admin(server, Method::PATCH, &path(&id), patch, 200).await;
    for (stream, expected) in streams.iter_mut().zip([ann, ann, bob]) {
        let event = next(stream, "notification.updated").await.json();
        let payload = &event["payload"];
        assert_eq!((&payload["id"], &payload["title"]), (&json!(id), &json!("Typo")));
        assert_eq!((&payload["level"], payload.get("body")), (&json!("error"), None));
        assert_eq!((&payload["data"], &payload["link"]), (&json!({"n": 1}), &json!("/x")));
        assert_eq!(payload["created_at"], before[0]["payload"]["created_at"]);
        assert_eq!(counts(&event), expected, "it is not unread again");
    }
    let took = asked.elapsed();
    assert_eq!((&after["title"], &after["to"], &after["stage"]), (&json!("Typo"), to, &json!("delivered")));
    let shown = server.get("ann", &item).await;
    assert_eq!((&shown["title"], &shown["read"], shown.get("body")), (&json!("Typo"), &json!(true), None));
    assert_eq!(titles(server, "bob", "?level=error").await[0], "Typo", "the list finds it by what it is now");
    assert_eq!((inbox(server, "ann").await, inbox(server, "bob").await), (ann, bob));
    took
}

#[tokio::test]
async fn a_correction_is_seen_everywhere_within_a_second() {
    let server = Server::start().await;
    let mut streams = three_streams(&server).await;
    for to in audiences() {
        let mut took = Vec::new();
        while !in_time(&to, &took) {
            took.push(corrected(&server, &mut streams, &to).await);
        }
    }
}

/// Sends one, and retracts it: how long it takes until all have seen it.
async fn retracted(server: &Server, streams: &mut [Stream; 3], to: &Value) -> Duration {
    let id = create(server, json!({"to": to, "title": "wrong"})).await;
    for stream in &mut *streams {
        assert_eq!(counts(&next(stream, "notification").await.json()), (1, 1));
    }
    user(server, "ann", Method::PATCH, &format!("/notifications/{id}"), json!({"read": true}), 200).await;
    for stream in &mut streams[..2] {
        next(stream, "inbox.changed").await;
    }
    let asked = Instant::now();
    admin(server, Method::DELETE, &path(&id), Value::Null, 204).await;
    for stream in &mut *streams {
        let event = next(stream, "notification.retracted").await.json();
        assert_eq!((&event["payload"]["id"], counts(&event)), (&json!(id), (0, 0)));
    }
    let took = asked.elapsed();
    for name in ["ann", "bob"] {
        assert_eq!((titles(server, name, "").await, inbox(server, name).await), (vec![], (0, 0)));
        refused(server.as_user(name, Method::GET, &format!("/notifications/{id}")), 404, "not_found").await;
    }
    admin(server, Method::DELETE, &path(&id), Value::Null, 204).await; // again: it is so already
    let sent = admin(server, Method::GET, &path(&id), Value::Null, 200).await;
    assert_eq!((&sent["stage"], &sent["to"], sent["ended_at"].is_string()), (&json!("retracted"), to, true));
    assert_eq!((&sent["history"].as_array().unwrap().len(), &sent["history"][0]["action"]), (&1, &json!("retracted")));
    took
}

#[tokio::test]
async fn a_retraction_is_seen_everywhere_within_a_second() {
    let server = Server::start().await;
    let mut streams = three_streams(&server).await;
    for to in audiences() {
        let mut took = Vec::new();
        while !in_time(&to, &took) {
            took.push(retracted(&server, &mut streams, &to).await);
        }
    }
}

/// What is still in the inbox of somebody who left its topic is theirs to hear of.
#[tokio::test]
async fn former_members_hear_of_what_they_have() {
    let server = Server::start().await;
    let [mut ann, _, mut bob] = three_streams(&server).await;
    let id = create(&server, json!({"to": {"topic": "deploys"}, "title": "old"})).await;
    user(&server, "ann", Method::DELETE, "/subscriptions/deploys", Value::Null, 204).await;
    for name in ["notification", "inbox.changed"] {
        next(&mut ann, name).await;
    }
    admin(&server, Method::PATCH, &path(&id), json!({"title": "new"}), 200).await;
    let event = next(&mut ann, "notification.updated").await;
    assert_eq!((event.title(), &event.json()["audience"]), ("new".into(), &json!("user:ann")));
    admin(&server, Method::DELETE, &path(&id), Value::Null, 204).await;
    assert_eq!(counts(&next(&mut ann, "notification.retracted").await.json()), (0, 0));
    for name in ["notification", "notification.updated", "notification.retracted"] {
        next(&mut bob, name).await; // once each
    }
}

#[tokio::test]
async fn it_is_kept_who_changed_what() {
    let server = Server::start().await;
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "one"})).await;
    assert_eq!(admin(&server, Method::GET, &path(&id), Value::Null, 200).await.get("history"), None);
    for (who, title) in [("root", "two"), ("eve", "three")] {
        let request = server.plain(Method::PATCH, &format!("/api/v1{}", path(&id)));
        let request = request.bearer_auth(Server::token(who, Role::Admin)).json(&json!({ "title": title }));
        super::answer(request, 200).await;
    }
    admin(&server, Method::DELETE, &path(&id), Value::Null, 204).await;
    let sent = admin(&server, Method::GET, &path(&id), Value::Null, 200).await;
    let history = sent["history"].as_array().unwrap();
    let deeds: Vec<_> = history
        .iter()
        .map(|deed| [&deed["by"], &deed["action"], &deed["before"]["title"]].map(|value| value.as_str().unwrap_or("-")))
        .collect();
    assert_eq!(deeds, [["root", "corrected", "one"], ["eve", "corrected", "two"], ["root", "retracted", "-"]]);
    assert!(history.iter().all(|deed| deed["at"].is_string()));
    assert_eq!(sent["title"], "three");
}

/// What changes nothing tells nobody.
#[tokio::test]
async fn a_correction_that_says_the_same_is_none() {
    let server = Server::start().await;
    let [mut ann, ..] = three_streams(&server).await;
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "one", "data": {"a": [1, 2]}})).await;
    next(&mut ann, "notification").await;
    for same in [json!({}), json!({"title": "one"}), json!({"data": {"a": [1, 2]}}), json!({"body": null})] {
        let sent = admin(&server, Method::PATCH, &path(&id), same, 200).await;
        assert_eq!((&sent["title"], sent.get("history")), (&json!("one"), None));
    }
    admin(&server, Method::PATCH, &path(&id), json!({"title": "two"}), 200).await;
    assert_eq!(next(&mut ann, "notification.updated").await.title(), "two");
}

#[tokio::test]
async fn what_is_over_stays_as_it_was() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let patch = |id: &str, body: Value| server.as_admin(Method::PATCH, &path(id)).json(&body);
    let retracted = create(&server, json!({"to": {"user": "ann"}, "title": "a"})).await;
    admin(&server, Method::DELETE, &path(&retracted), Value::Null, 204).await;
    refused(patch(&retracted, json!({"title": "x"})), 409, "conflict").await;

    let expired = create(&server, json!({"to": {"user": "ann"}, "title": "b", "expires_at": after(SOON)})).await;
    stream.up_to("notification.expired").await;
    refused(patch(&expired, json!({"title": "x"})), 409, "conflict").await;
    refused(server.as_admin(Method::DELETE, &path(&expired)), 409, "conflict").await;

    let there = create(&server, json!({"to": {"user": "ann"}, "title": "c"})).await;
    refused(patch(&there, json!({"deliver_at": after(60_000)})), 409, "conflict").await;

    let body = json!({"to": {"user": "ann"}, "title": "d", "group_key": "g"});
    let replaced = create(&server, body.clone()).await;
    create(&server, body).await;
    refused(patch(&replaced, json!({"title": "x"})), 409, "conflict").await;
    assert_eq!(titles(&server, "ann", "").await, ["d", "c"]);
}

#[tokio::test]
async fn corrections_that_make_no_sense() {
    let server = Server::start().await;
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "one"})).await;
    let patch = |body: Value| server.as_admin(Method::PATCH, &path(&id)).json(&body);
    for (field, value, code) in [
        ("titel", json!("x"), "unknown_field"),
        ("titel", Value::Null, "unknown_field"),
        ("user_id", json!("bob"), "unknown_field"),
        ("position", json!(1), "unknown_field"),
        ("id", json!("01900000-0000-7000-8000-000000000000"), "unknown_field"),
        ("created_at", json!(after(0)), "unknown_field"),
        ("to", json!({"user": "bob"}), "invalid_value"),
        ("group_key", Value::Null, "invalid_value"),
        ("title", Value::Null, "invalid_title"),
        ("title", json!("a\u{202e}b"), "invalid_title"),
        ("title", json!("x".repeat(201)), "too_long"),
        ("body", json!("x".repeat(8 * 1024 + 1)), "too_long"),
        ("data", json!("x".repeat(16 * 1024)), "too_long"),
        ("link", json!("javascript:alert(1)"), "invalid_url"),
        ("level", json!("loud"), "invalid_request"),
        ("critical", json!("yes"), "invalid_request"),
        ("expires_at", json!("2020-01-01T00:00:00Z"), "invalid_time"),
        ("expires_at", json!("2090-01-01T00:00:00"), "invalid_time"),
    ] {
        let problem = refused(patch(json!({ field: value })), 422, code).await;
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{field} is named in {problem}");
    }
    refused(patch(json!([])), 422, "invalid_request").await;
    let post = |body: &'static str| {
        server.as_admin(Method::PATCH, &path(&id)).header("content-type", "application/json").body(body)
    };
    for body in ["", "{", r#"{"title": "x", "title": "y"}"#, "{} {}"] {
        refused(post(body), 400, "invalid_json").await;
    }
    for unknown in ["01900000-0000-7000-8000-000000000000", "x"] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let request = server.as_admin(method.clone(), &path(unknown));
            let request = if method == Method::PATCH { request.json(&json!({"title": "x"})) } else { request };
            refused(request, 404, "not_found").await;
        }
    }
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        refused(server.as_user("ann", method, &path(&id)), 403, "forbidden").await;
    }
    let sent = admin(&server, Method::GET, &path(&id), Value::Null, 200).await;
    assert_eq!((&sent["title"], sent.get("history")), (&json!("one"), None), "nothing changed");
    assert_eq!(inbox(&server, "ann").await, (1, 1));
}

/// A correction that brings the end forward or takes it away is what counts.
#[tokio::test]
async fn the_end_can_be_moved() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let first = create(&server, json!({"to": {"user": "ann"}, "title": "stays", "expires_at": after(SOON)})).await;
    let second = create(&server, json!({"to": {"user": "ann"}, "title": "goes"})).await;
    admin(&server, Method::PATCH, &path(&first), json!({"expires_at": null}), 200).await;
    admin(&server, Method::PATCH, &path(&second), json!({"expires_at": after(SOON + 200)}), 200).await;
    let over = stream.up_to("notification.expired").await.pop().unwrap();
    assert_eq!(over.json()["payload"]["id"], json!(second));
    assert_eq!(titles(&server, "ann", "").await, ["stays"]);
}
