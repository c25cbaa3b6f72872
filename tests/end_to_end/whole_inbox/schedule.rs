//! What is to be delivered later: kept, changed, called off, and delivered once.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::{Kind, Log as _, Position, Store as _};

use super::{SOON, admin, after, create, inbox, next, titles};
use crate::{
    refusals::refused,
    support::{Dice, Server, json as answer_json, until},
};

async fn scheduled(server: &Server) -> Vec<Value> {
    let list = admin(server, Method::GET, "/admin/notifications?stage=scheduled", Value::Null, 200).await;
    list["items"].as_array().unwrap().clone()
}

fn path(id: &str) -> String {
    format!("/admin/notifications/{id}")
}

#[tokio::test]
async fn it_comes_at_its_time_and_not_before() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let at = after(SOON);
    let body = json!({"to": {"user": "ann"}, "title": "later", "deliver_at": at});
    let made = admin(&server, Method::POST, "/admin/notifications", body, 201).await;
    assert_eq!((&made["stage"], &made["deliver_at"]), (&json!("scheduled"), &json!(at)));
    let id = made["id"].as_str().unwrap();
    assert_eq!(scheduled(&server).await, std::slice::from_ref(&made));
    assert_eq!(admin(&server, Method::GET, &path(id), Value::Null, 200).await, made);
    assert_eq!((titles(&server, "ann", "").await, inbox(&server, "ann").await), (vec![], (0, 0)));
    refused(server.as_user("ann", Method::GET, &format!("/notifications/{id}")), 404, "not_found").await;
    server.notify(json!({"user": "ann"}), "meanwhile").await;
    assert_eq!(next(&mut stream, "notification").await.title(), "meanwhile");

    let event = next(&mut stream, "notification").await.json();
    assert_eq!((&event["payload"]["id"], &event["unread"]), (&json!(id), &json!(2)));
    assert!(event["timestamp"].as_str().unwrap() >= at.as_str(), "{event}");
    // To its readers it is new: made now, not when it was scheduled. Its place in the list says so too.
    assert_eq!(event["payload"]["created_at"], event["timestamp"]);
    assert_eq!(titles(&server, "ann", "").await, ["later", "meanwhile"]);
    let fresh = server.stream("ann", "", None).await.ready().await;
    assert_eq!(fresh[1].json()["timestamp"], event["timestamp"], "a repeat says the same");
    assert_eq!(scheduled(&server).await, Vec::<Value>::new());
    let sent = admin(&server, Method::GET, &path(id), Value::Null, 200).await;
    assert_eq!((&sent["stage"], sent.get("deliver_at")), (&json!("delivered"), None));
}

#[tokio::test]
async fn a_time_that_has_passed_means_now() {
    let server = Server::start().await;
    let body = json!({"to": {"user": "ann"}, "title": "now", "deliver_at": after(-60_000)});
    let made = admin(&server, Method::POST, "/admin/notifications", body, 201).await;
    assert_eq!(made["stage"], "delivered");
    assert_eq!(titles(&server, "ann", "").await, ["now"]);
    for time in ["soon", "2090-01-01T00:00:00", "9999999-01-01T00:00:00Z"] {
        let body = json!({"to": {"user": "ann"}, "title": "x", "deliver_at": time});
        let problem =
            refused(server.as_admin(Method::POST, "/admin/notifications").json(&body), 422, "invalid_time").await;
        assert_eq!(problem["errors"][0]["field"], "deliver_at");
    }
}

#[tokio::test]
async fn it_is_changed_and_called_off() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "typo", "deliver_at": after(600_000)})).await;
    let off = create(&server, json!({"to": {"user": "ann"}, "title": "off", "deliver_at": after(SOON)})).await;
    let all = scheduled(&server).await;
    assert_eq!([&all[0]["id"], &all[1]["id"]], [&json!(off), &json!(id)], "the next first");

    for (body, code) in [
        (json!({"to": {"user": "bob"}}), "invalid_value"),
        (json!({"group_key": "x"}), "invalid_value"),
        (json!({"deliver_at": "soon"}), "invalid_time"),
        (json!({"expires_at": after(1000)}), "invalid_time"),
        (json!({"titel": "x"}), "unknown_field"),
        (json!({"title": ""}), "invalid_title"),
    ] {
        refused(server.as_admin(Method::PATCH, &path(&id)).json(&body), 422, code).await;
    }
    let at = after(SOON + 500);
    let changed = admin(&server, Method::PATCH, &path(&id), json!({"title": "right", "deliver_at": at}), 200).await;
    assert_eq!((&changed["title"], &changed["deliver_at"]), (&json!("right"), &json!(at)));
    assert_eq!(
        (&changed["history"][0]["by"], &changed["history"][0]["before"]["title"]),
        (&json!("root"), &json!("typo"))
    );
    admin(&server, Method::DELETE, &path(&off), Value::Null, 204).await;
    refused(server.as_admin(Method::GET, &path(&off)), 404, "not_found").await;
    refused(server.as_admin(Method::DELETE, &path(&off)), 404, "not_found").await;
    assert_eq!(next(&mut stream, "notification").await.title(), "right", "and nothing of what was called off");
    refused(server.as_admin(Method::PATCH, &path(&id)).json(&json!({"deliver_at": after(9000)})), 409, "conflict")
        .await;

    // Without a time it is due.
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "at once", "deliver_at": after(600_000)})).await;
    admin(&server, Method::PATCH, &path(&id), json!({"deliver_at": null}), 200).await;
    assert_eq!(next(&mut stream, "notification").await.title(), "at once");
}

#[tokio::test]
async fn a_key_is_remembered_while_it_waits_and_after() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let send = |title: &str, at: &str| {
        let body = json!({"to": {"user": "ann"}, "title": title, "deliver_at": at});
        server.as_admin(Method::POST, "/admin/notifications").header("idempotency-key", "k").json(&body)
    };
    let at = after(SOON);
    let first = answer_json(send("later", &at).send().await.unwrap(), 201).await;
    let again = send("later", &at).send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(answer_json(again, 201).await, first);
    refused(send("other", &at), 422, "idempotency_conflict").await;
    assert_eq!(scheduled(&server).await.len(), 1);
    next(&mut stream, "notification").await;
    let again = answer_json(send("later", &at).send().await.unwrap(), 201).await;
    assert_eq!((&again["id"], &again["stage"]), (&first["id"], &json!("delivered")));
    assert_eq!(titles(&server, "ann", "").await, ["later"]);
}

/// The server is killed and started again all the while that things are due.
#[tokio::test]
async fn each_is_delivered_once_though_the_server_is_killed_around_its_time() {
    let mut dice = Dice::new(Dice::seed());
    println!("{dice:?}");
    let mut server = Server::start_apart(&[]).await;
    let mut ids = Vec::new();
    for i in 0..60 {
        let to = if i % 2 == 0 { json!({"user": "ann"}) } else { json!({"everyone": true}) };
        let body = json!({"to": to, "title": i.to_string(), "deliver_at": after(500 + i * 40)});
        ids.push(create(&server, body).await);
    }
    server.get("ann", "/inbox").await;
    for _ in 0..5 {
        let wanted = ids.len().min(dice.below(20) + 1 + delivered(&server).await.len());
        until("some more", || async { (delivered(&server).await.len() >= wanted).then_some(()) }).await;
        server = server.start_again().await; // kills it first
    }
    until("all of them", || async { (delivered(&server).await.len() == ids.len()).then_some(()) }).await;
    let times = delivered(&server).await;
    assert!(ids.iter().all(|id| times.get(id) == Some(&1)), "{times:?}");
    assert_eq!(scheduled(&server).await, Vec::<Value>::new());
    assert_eq!(inbox(&server, "ann").await, (60, 60));
}

/// How often each notification stands in the log.
async fn delivered(server: &Server) -> BTreeMap<String, usize> {
    let store = server.store().await;
    let log = store.read_log(Position::START, 1000).await.unwrap();
    store.close().await;
    let mut times = BTreeMap::new();
    for event in log.iter().filter(|event| event.kind == Kind::Notification) {
        let payload: Value = serde_json::from_str(&event.payload).unwrap();
        *times.entry(payload["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    times
}
