//! What users mute: it comes and is listed, and bothers nobody.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, counts, create, inbox, join, next, titles, topic, user};
use crate::{refusals::refused, support::Server};

async fn put(server: &Server, name: &str, body: Value) -> Value {
    user(server, name, Method::PUT, "/preferences", body, 200).await
}

/// All of them, with this muted.
fn muting(topics: &[&str], categories: &[&str], levels: &[&str]) -> Value {
    json!({"muted": {"topics": topics, "categories": categories, "levels": levels}})
}

#[tokio::test]
async fn they_are_set_all_at_once_and_told_to_other_devices() {
    let server = Server::start().await;
    let none = muting(&[], &[], &[]);
    assert_eq!(server.get("ann", "/preferences").await, none);
    let (mut stream, mut other) = (server.stream("ann", "", None).await, server.stream("ann", "", None).await);
    stream.ready().await;
    other.ready().await;
    let mut wanted = muting(&["deploys"], &["builds", "chat"], &["info", "success"]);
    wanted["quiet_hours"] = json!({"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin"});
    for _ in 0..2 {
        assert_eq!(put(&server, "ann", wanted.clone()).await, wanted); // the second time changes nothing
    }
    assert_eq!(server.get("ann", "/preferences").await, wanted);
    assert_eq!(put(&server, "ann", json!({})).await, none, "what is not given is not wanted");
    for stream in [&mut stream, &mut other] {
        for expected in [&wanted, &none] {
            let event = next(stream, "inbox.changed").await.json();
            assert_eq!(event["payload"], json!({ "preferences": expected }));
        }
    }
    assert_eq!(server.get("bob", "/preferences").await, none, "they are hers alone");
}

#[tokio::test]
async fn what_is_muted_comes_and_is_not_counted() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    join(&server, "ann", "deploys").await;
    create(&server, json!({"to": {"user": "ann"}, "title": "older", "category": "builds"})).await;
    let mut stream = server.stream("ann", "", None).await;
    let start = stream.ready().await.pop().unwrap().id.unwrap();
    put(&server, "ann", muting(&["deploys"], &["builds"], &["warning"])).await;
    assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), (1, 1), "what came before is as it was");
    let sent = [
        ("by topic", json!({"to": {"topic": "deploys"}}), true),
        ("by category", json!({"to": {"everyone": true}, "category": "builds"}), true),
        ("by level", json!({"to": {"user": "ann"}, "level": "warning"}), true),
        (
            "critical",
            json!({"to": {"topic": "deploys"}, "category": "builds", "level": "warning", "critical": true}),
            false,
        ),
        ("other", json!({"to": {"user": "ann"}, "category": "Builds", "level": "error"}), false),
    ];
    let mut unread = 1;
    for (title, body, muted) in &sent {
        let mut body = body.clone();
        body["title"] = json!(title);
        create(&server, body).await;
        unread += i64::from(!muted);
        let event = next(&mut stream, "notification").await;
        let envelope = event.json();
        assert_eq!((event.title().as_str(), envelope.get("muted")), (*title, muted.then_some(&json!(true))));
        assert_eq!(counts(&envelope), (unread, unread), "{title}");
    }
    assert_eq!(inbox(&server, "ann").await, (3, 3));
    let list = server.get("ann", "/notifications").await;
    let listed: Vec<_> =
        list["items"].as_array().unwrap().iter().rev().skip(1).map(|item| (&item["title"], &item["muted"])).collect();
    let expected: Vec<_> = sent.iter().map(|(title, _, muted)| (json!(title), json!(muted))).collect();
    assert_eq!(listed, expected.iter().map(|(title, muted)| (title, muted)).collect::<Vec<_>>());
    assert_eq!(titles(&server, "ann", "?state=unread").await, ["other", "critical", "older"]);

    // Whoever was away gets the same, though the stream that replays it knows only what is muted now.
    put(&server, "ann", json!({})).await;
    next(&mut stream, "inbox.changed").await;
    let mut replayed = server.stream("ann", "", Some(&start)).await;
    next(&mut replayed, "inbox.changed").await;
    for (title, _, muted) in &sent {
        let event = next(&mut replayed, "notification").await;
        assert_eq!((event.title().as_str(), event.json().get("muted")), (*title, muted.then_some(&json!(true))));
    }
    // And what came while it was muted is not counted afterwards.
    assert_eq!(inbox(&server, "ann").await, (3, 3));
    create(&server, json!({"to": {"topic": "deploys"}, "title": "now it counts"})).await;
    next(&mut replayed, "inbox.changed").await;
    next(&mut replayed, "ready").await;
    for stream in [&mut stream, &mut replayed] {
        let event = next(stream, "notification").await.json();
        assert_eq!((counts(&event), event.get("muted")), ((4, 4), None));
    }
}

/// A muted one can be read, put off and deleted like any other, and never counts.
#[tokio::test]
async fn whatever_becomes_of_it_a_muted_one_does_not_count() {
    let server = Server::start().await;
    put(&server, "ann", muting(&[], &[], &["info"])).await;
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "quiet"})).await;
    let item = format!("/notifications/{id}");
    for change in [
        json!({"read": true}),
        json!({"read": false}),
        json!({"archived": true}),
        json!({"archived": false, "seen": false}),
    ] {
        user(&server, "ann", Method::PATCH, &item, change.clone(), 200).await;
        assert_eq!(inbox(&server, "ann").await, (0, 0), "{change}");
    }
    let cursor = server.get("ann", "/inbox").await["cursor"].clone();
    let mark = json!({"read": false, "up_to": cursor});
    user(&server, "ann", Method::POST, "/notifications/mark", mark, 200).await;
    assert_eq!(inbox(&server, "ann").await, (0, 0));
    assert_eq!(server.stream("ann", "", None).await.ready().await.len(), 1, "nor is it sent as unread");
    admin(&server, Method::DELETE, &format!("/admin/notifications/{id}"), Value::Null, 204).await;
    assert_eq!(inbox(&server, "ann").await, (0, 0));
}

/// A correction can make something muted, or take it out: counts of open streams follow.
#[tokio::test]
async fn a_correction_can_mute_and_unmute() {
    let server = Server::start().await;
    put(&server, "ann", muting(&[], &[], &["info"])).await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    for to in [json!({"user": "ann"}), json!({"everyone": true})] {
        let id = create(&server, json!({"to": to, "title": "x"})).await;
        assert_eq!(counts(&next(&mut stream, "notification").await.json()), (0, 0));
        for (change, expected) in [
            (json!({"level": "error"}), (1, 1)),
            (json!({"level": "info"}), (0, 0)),
            (json!({"critical": true}), (1, 1)),
            (json!({"critical": false}), (0, 0)),
        ] {
            admin(&server, Method::PATCH, &format!("/admin/notifications/{id}"), change.clone(), 200).await;
            let event = next(&mut stream, "notification.updated").await.json();
            assert_eq!((counts(&event), inbox(&server, "ann").await), (expected, expected), "{change}");
        }
    }
}

#[tokio::test]
async fn preferences_that_make_no_sense() {
    let server = Server::start().await;
    let put = |body: Value| server.as_user("ann", Method::PUT, "/preferences").json(&body);
    let night = |field: &str, value: &str| {
        let mut hours = json!({"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin"});
        hours[field] = json!(value);
        json!({ "quiet_hours": hours })
    };
    let many: Vec<_> = (0..101).map(|i| i.to_string()).collect();
    for (body, code, field) in [
        (json!({"mute": {}}), "unknown_field", "mute"),
        (json!({"muted": {"topic": ["x"]}}), "unknown_field", "muted.topic"),
        (json!({"muted": {"topics": ["A"]}}), "invalid_recipients", "muted.topics"),
        (json!({"muted": {"topics": many}}), "too_long", "muted.topics"),
        (json!({"muted": {"categories": [""]}}), "invalid_text", "muted.categories"),
        (json!({"muted": {"categories": ["x".repeat(101)]}}), "too_long", "muted.categories"),
        (json!({"muted": {"categories": many}}), "too_long", "muted.categories"),
        (json!({"muted": {"levels": ["loud"]}}), "invalid_request", "muted.levels"),
        (json!({"muted": []}), "invalid_request", "muted"),
        (json!({"quiet_hours": {"from": "22:00"}}), "invalid_request", "quiet_hours"),
        (night("from", "24:00"), "invalid_time", "quiet_hours.from"),
        (night("to", "7:00"), "invalid_time", "quiet_hours.to"),
        (night("to", "22:00"), "invalid_time", "quiet_hours.to"),
        (night("time_zone", "a b"), "invalid_time", "quiet_hours.time_zone"),
        (night("until", "07:00"), "unknown_field", "quiet_hours.until"),
    ] {
        let problem = refused(put(body.clone()), 422, code).await;
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{field} is named in {problem}");
    }
    refused(put(json!([])), 422, "invalid_request").await;
    refused(server.as_user("ann", Method::PUT, "/preferences"), 415, "unsupported_media_type").await;
    refused(server.plain(Method::GET, "/api/v1/preferences"), 401, "unauthenticated").await;
    assert_eq!(server.get("ann", "/preferences").await, muting(&[], &[], &[]));
}
