//! Topics: who belongs to them, and from when to when.

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::{Audience, Log as _, Position, Store as _};

use super::{admin, answer, counts, inbox, join, next, titles, topic, user};
use crate::{refusals::refused, support::Server};

#[tokio::test]
async fn a_topic_is_made_changed_and_removed() {
    let server = Server::start().await;
    let path = "/admin/topics/deploys";
    let made = admin(&server, Method::PUT, path, json!({"title": "Deployments", "open": true}), 201).await;
    assert_eq!(
        (&made["topic"], &made["title"], &made["open"]),
        (&json!("deploys"), &json!("Deployments"), &json!(true))
    );
    let changed = admin(&server, Method::PUT, path, json!({}), 200).await;
    let expected = json!({"topic": "deploys", "open": false, "created_at": made["created_at"]});
    assert_eq!(changed, expected, "all of it at once, but for when it was made");
    topic(&server, "a-first", true).await;
    let list = admin(&server, Method::GET, "/admin/topics", Value::Null, 200).await;
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| &item["topic"]).collect();
    assert_eq!(names, ["a-first", "deploys"]);
    assert_eq!(list["items"][1]["members"], 0);

    admin(&server, Method::POST, &format!("{path}/members"), json!({"users": ["ann"]}), 200).await;
    refused(server.as_admin(Method::DELETE, path), 409, "conflict").await;
    admin(&server, Method::DELETE, &format!("{path}/members/ann"), Value::Null, 204).await;
    admin(&server, Method::DELETE, path, Value::Null, 204).await;
    refused(server.as_admin(Method::DELETE, path), 404, "not_found").await;
    refused(server.as_admin(Method::GET, &format!("{path}/members")), 404, "not_found").await;
}

#[tokio::test]
async fn topics_that_make_no_sense() {
    let server = Server::start().await;
    let put = |name: &str, body: Value| server.as_admin(Method::PUT, &format!("/admin/topics/{name}")).json(&body);
    for name in ["Deploys", "-x", &"x".repeat(65), "a%20b", "%C3%A9"] {
        let problem = refused(put(name, json!({})), 422, "invalid_recipients").await;
        assert_eq!(problem["errors"][0]["field"], "topic", "{name}");
    }
    refused(put("x", json!({"title": "x".repeat(101)})), 422, "too_long").await;
    refused(put("x", json!({"title": "a\nb"})), 422, "invalid_text").await;
    refused(put("x", json!({"opne": true})), 422, "unknown_field").await;
    refused(put("x", json!({"open": "yes"})), 422, "invalid_request").await;
    refused(put("x", json!([])), 422, "invalid_request").await;
    refused(server.as_admin(Method::DELETE, "/admin/topics/Deploys"), 404, "not_found").await;
    refused(server.as_admin(Method::GET, "/admin/topics?x=1"), 400, "invalid_query").await;
    assert_eq!(admin(&server, Method::GET, "/admin/topics", Value::Null, 200).await["items"], json!([]));
}

#[tokio::test]
async fn who_belongs_to_it_is_what_admins_say() {
    let server = Server::start().await;
    topic(&server, "ops", false).await;
    let path = "/admin/topics/ops/members";
    let odd = "a b/c+d%é?";
    let add = |users: Value| json!({ "users": users });
    assert_eq!(
        admin(&server, Method::POST, path, add(json!(["cid", "ann", odd, "ann"])), 200).await,
        json!({"added": 3})
    );
    assert_eq!(admin(&server, Method::POST, path, add(json!(["ann", "bob"])), 200).await, json!({"added": 1}));
    let mut after = String::new();
    let mut found = Vec::new();
    for _ in 0..4 {
        let page = admin(&server, Method::GET, &format!("{path}?limit=1{after}"), Value::Null, 200).await;
        found.push(page["items"][0].as_str().unwrap().to_owned());
        let next = page["next"].as_str().unwrap_or_default();
        after = format!("&after={}", url_encoded(next));
        assert_eq!(page["next"].is_null(), found.len() == 4);
    }
    assert_eq!(found, [odd, "ann", "bob", "cid"]);
    assert_eq!(admin(&server, Method::GET, "/admin/topics", Value::Null, 200).await["items"][0]["members"], 4);

    for _ in 0..2 {
        let member = format!("{path}/{}", url_encoded(odd));
        admin(&server, Method::DELETE, &member, Value::Null, 204).await;
    }
    let left = admin(&server, Method::GET, path, Value::Null, 200).await;
    assert_eq!(left, json!({"items": ["ann", "bob", "cid"], "next": null}));

    let post = |body: Value| server.as_admin(Method::POST, path).json(&body);
    refused(post(add(json!([]))), 422, "invalid_recipients").await;
    refused(post(add(json!((0..1001).map(|i| i.to_string()).collect::<Vec<_>>()))), 422, "invalid_recipients").await;
    refused(post(add(json!(["dan", "a\nb"]))), 422, "invalid_recipients").await;
    refused(post(json!({"user": "dan"})), 422, "unknown_field").await;
    for query in ["limit=0", "limit=201", "limit=x", "sort=x"] {
        refused(server.as_admin(Method::GET, &format!("{path}?{query}")), 400, "invalid_query").await;
    }
    refused(server.as_admin(Method::GET, &format!("{path}?after=")), 400, "invalid_cursor").await;
    refused(server.as_admin(Method::POST, "/admin/topics/none/members").json(&add(json!(["ann"]))), 404, "not_found")
        .await;
    let after = admin(&server, Method::GET, path, Value::Null, 200).await;
    assert_eq!(after, left, "what was refused changed nothing");
}

fn url_encoded(text: &str) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap();
    text.bytes().flat_map(|byte| ['%', digit(byte >> 4), digit(byte & 15)]).collect()
}

#[tokio::test]
async fn topics_are_for_admins_alone_to_arrange() {
    let server = Server::start().await;
    topic(&server, "ops", true).await;
    let requests = [
        (Method::GET, "/admin/topics"),
        (Method::PUT, "/admin/topics/mine"),
        (Method::DELETE, "/admin/topics/ops"),
        (Method::GET, "/admin/topics/ops/members"),
        (Method::POST, "/admin/topics/ops/members"),
        (Method::DELETE, "/admin/topics/ops/members/ann"),
    ];
    for (method, path) in requests {
        refused(server.as_user("ann", method, path), 403, "forbidden").await;
    }
}

#[tokio::test]
async fn users_see_what_is_open_and_what_they_belong_to() {
    let server = Server::start().await;
    topic(&server, "open", true).await;
    topic(&server, "managed", false).await;
    admin(&server, Method::POST, "/admin/topics/managed/members", json!({"users": ["bob"]}), 200).await;
    join(&server, "ann", "open").await;
    join(&server, "ann", "open").await; // again
    let open = |joined: bool| json!({"topic": "open", "open": true, "joined": joined});
    assert_eq!(server.get("ann", "/topics").await["items"], json!([open(true)]));
    let managed = json!({"topic": "managed", "open": false, "joined": true});
    assert_eq!(server.get("bob", "/topics").await["items"], json!([managed, open(false)]));
    assert_eq!(server.get("cid", "/topics").await["items"], json!([open(false)]));
    for _ in 0..2 {
        user(&server, "ann", Method::DELETE, "/subscriptions/open", Value::Null, 204).await;
    }
    assert_eq!(server.get("ann", "/topics").await["items"], json!([open(false)]));
}

/// What an admin keeps to some is, for everybody else, not there; and nobody leaves it by themselves.
#[tokio::test]
async fn a_managed_topic_is_not_there_for_outsiders() {
    let server = Server::start().await;
    topic(&server, "managed", false).await;
    admin(&server, Method::POST, "/admin/topics/managed/members", json!({"users": ["bob"]}), 200).await;
    for method in [Method::PUT, Method::DELETE] {
        let mut bodies = Vec::new();
        for name in ["managed", "never", "Never!"] {
            let request = server.as_user("ann", method.clone(), &format!("/subscriptions/{name}"));
            let mut problem = refused(request, 404, "not_found").await;
            problem.as_object_mut().unwrap().remove("request_id");
            bodies.push(problem);
        }
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    }
    refused(server.as_user("bob", Method::DELETE, "/subscriptions/managed"), 403, "forbidden").await;
    user(&server, "bob", Method::PUT, "/subscriptions/managed", Value::Null, 204).await; // belongs to it already
    let members = admin(&server, Method::GET, "/admin/topics/managed/members", Value::Null, 200).await;
    assert_eq!(members["items"], json!(["bob"]));
}

#[tokio::test]
async fn joining_and_leaving_take_effect_in_order_on_an_open_stream() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    let to = json!({"topic": "deploys"});
    let (mut stream, mut other) = (server.stream("ann", "", None).await, server.stream("ann", "", None).await);
    let start = stream.ready().await.pop().unwrap().id.unwrap();
    other.ready().await;
    server.notify(to.clone(), "before").await;
    join(&server, "ann", "deploys").await;
    let joined = next(&mut stream, "inbox.changed").await.json();
    assert_eq!((&joined["payload"], counts(&joined)), (&json!({"joined": "deploys"}), (0, 0)));
    server.notify(to.clone(), "during").await;
    let during = next(&mut stream, "notification").await;
    assert_eq!((during.title(), counts(&during.json())), ("during".into(), (1, 1)));
    assert_eq!((&during.json()["audience"], &during.json()["seq"]), (&json!("topic:deploys"), &json!(2)));
    user(&server, "ann", Method::DELETE, "/subscriptions/deploys", Value::Null, 204).await;
    let left = next(&mut stream, "inbox.changed").await.json();
    assert_eq!((&left["payload"], counts(&left)), (&json!({"left": "deploys"}), (1, 1)), "what came stays");
    server.notify(to, "after").await;
    server.notify(json!({"user": "ann"}), "last").await;
    assert_eq!(next(&mut stream, "notification").await.title(), "last");

    let names = ["inbox.changed", "notification", "inbox.changed", "notification"];
    for name in names {
        next(&mut other, name).await;
    }
    let mut replayed = server.stream("ann", "", Some(&start)).await;
    for name in names {
        next(&mut replayed, name).await;
    }
    next(&mut replayed, "ready").await;
    assert_eq!(titles(&server, "ann", "").await, ["last", "during"]);
    assert_eq!(titles(&server, "ann", "?topic=deploys").await, ["during"]);
    assert_eq!(inbox(&server, "ann").await, (2, 2));

    // What is theirs since then can still be read.
    let list = server.get("ann", "/notifications?topic=deploys").await;
    let path = format!("/notifications/{}", list["items"][0]["id"].as_str().unwrap());
    user(&server, "ann", Method::PATCH, &path, json!({"read": true}), 200).await;
    assert_eq!(inbox(&server, "ann").await, (1, 1));
    // And coming back does not bring what was missed.
    join(&server, "ann", "deploys").await;
    assert_eq!(titles(&server, "ann", "?topic=deploys").await, ["during"]);
}

#[tokio::test]
async fn an_admin_adds_and_removes_who_is_listening() {
    let server = Server::start().await;
    topic(&server, "ops", false).await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    admin(&server, Method::POST, "/admin/topics/ops/members", json!({"users": ["ann"]}), 200).await;
    assert_eq!(next(&mut stream, "inbox.changed").await.json()["payload"], json!({"joined": "ops"}));
    server.notify(json!({"topic": "ops"}), "one").await;
    assert_eq!(next(&mut stream, "notification").await.title(), "one");
    admin(&server, Method::DELETE, "/admin/topics/ops/members/ann", Value::Null, 204).await;
    assert_eq!(next(&mut stream, "inbox.changed").await.json()["payload"], json!({"left": "ops"}));
    server.notify(json!({"topic": "ops"}), "two").await;
    server.notify(json!({"user": "ann"}), "hers").await;
    assert_eq!(next(&mut stream, "notification").await.title(), "hers");
}

/// A thousand who are added at once are added, each with an event of their own.
#[tokio::test]
async fn a_thousand_are_added_at_once() {
    let server = Server::start().await;
    topic(&server, "all", false).await;
    let users: Vec<_> = (0..1000).map(|i| format!("u{i}")).collect();
    let added = admin(&server, Method::POST, "/admin/topics/all/members", json!({ "users": users }), 200).await;
    assert_eq!(added, json!({"added": 1000}));
    server.notify(json!({"topic": "all"}), "to each").await;
    assert_eq!(inbox(&server, "u999").await, (1, 1));
}

#[tokio::test]
async fn what_is_sent_to_a_topic_is_one_event() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    let mut streams = Vec::new();
    for name in ["ann", "bob", "cid"] {
        join(&server, name, "deploys").await;
        let mut stream = server.stream(name, "", None).await;
        stream.ready().await;
        streams.push(stream);
    }
    server.notify(json!({"topic": "deploys"}), "to three").await;
    let mut ids = Vec::new();
    for stream in &mut streams {
        ids.push(next(stream, "notification").await.id.unwrap());
    }
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    let store = server.store().await;
    let log = store.read_log(Position::START, 100).await.unwrap();
    let of_topic = log.iter().filter(|event| event.audience == Audience::parse("topic:deploys").unwrap());
    assert_eq!(of_topic.count(), 1);
    store.close().await;
}

#[tokio::test]
async fn a_topic_that_is_not_there_cannot_be_written_to() {
    let server = Server::start().await;
    for (path, mut body) in [
        ("/admin/notifications", json!({"title": "x"})),
        ("/admin/notifications", json!({"title": "x", "deliver_at": super::after(60_000)})),
        ("/admin/signals", json!({"type": "x", "payload": null})),
        ("/admin/signals", json!({"type": "x", "payload": null, "ephemeral": true})),
    ] {
        body["to"] = json!({"topic": "nowhere"});
        let problem = refused(server.as_admin(Method::POST, path).json(&body), 422, "invalid_recipients").await;
        assert!(problem["errors"][0]["field"].as_str().unwrap().starts_with("to"), "{problem}");
    }
    let all = answer(server.as_admin(Method::GET, "/admin/notifications?stage=scheduled"), 200).await;
    assert_eq!(all["items"], json!([]));
}
