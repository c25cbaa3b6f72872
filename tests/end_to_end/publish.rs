//! `POST /admin/notifications`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, json as answer_json};

#[tokio::test]
async fn what_was_created_is_where_the_answer_says() {
    let server = Server::start().await;
    let body = json!({
        "to": {"users": ["ann", "bob", "ann"]}, "title": "Build 4711 failed", "body": "a\nb", "level": "error", "critical": true,
        "link": "/builds/4711", "actions": [{"label": "Retry", "link": "/retry"}], "actor": {"name": "CI"},
        "category": "builds", "data": {"build": 4711, "big": 1e3}, "expires_at": "2090-01-31T07:00:00.000Z",
    });
    let answer = server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let created = answer_json(answer, 201).await;
    assert_eq!(created["to"], json!({"users": ["ann", "bob"]}), "each once");
    for (field, value) in body.as_object().unwrap().iter().filter(|(field, _)| *field != "to") {
        assert_eq!(created[field], *value, "{field}");
    }
    let path = location.strip_prefix("/api/v1").unwrap();
    let again = answer_json(server.as_admin(Method::GET, path).send().await.unwrap(), 200).await;
    assert_eq!(again, created);
    assert_eq!(server.get("bob", "/notifications").await["items"][0]["title"], "Build 4711 failed");
}

#[tokio::test]
async fn fifty_repeats_of_one_request_make_one_notification() {
    let long = "k".repeat(256);
    let server = Server::start().await;
    let send = |title: &str, key: &str| {
        let request = server
            .as_admin(Method::POST, "/admin/notifications")
            .header("idempotency-key", key)
            .json(&json!({"to": {"user": "ann"}, "title": title}));
        async move { request.send().await.unwrap() }
    };
    let mut ids = std::collections::BTreeSet::new();
    let mut replayed = 0;
    for answer in futures_util::future::join_all((0..50).map(|_| send("once", "k"))).await {
        replayed += usize::from(answer.headers().get("idempotent-replayed").is_some_and(|value| value == "true"));
        ids.insert(answer_json(answer, 201).await["id"].to_string());
    }
    assert_eq!((ids.len(), replayed), (1, 49));
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
    assert_eq!(answer_json(send("another", "k").await, 422).await["code"], "idempotency_conflict");
    for key in ["", "a b", &long] {
        assert_eq!(answer_json(send("x", key).await, 400).await["code"], "invalid_idempotency_key", "{key:?}");
    }
}

/// Whatever the text, it is answered and listed as it was given.
#[tokio::test]
async fn json_of_others_is_kept_to_the_letter() {
    let server = Server::start().await;
    let data = r#"{"z":1,"a":12345678901234567890123,"f":1.10,"e":1e400,"s":"\u00e9 \" \\ \/"}"#;
    let body = format!(r#"{{"to": {{"user": "ann"}}, "title": "x", "data": {} }}"#, data.replace(',', " ,\n\t"));
    let answer = server
        .as_admin(Method::POST, "/admin/notifications")
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().contains(data));
    let list = server.as_user("ann", Method::GET, "/notifications").send().await.unwrap().text().await.unwrap();
    assert!(list.contains(data), "{list}");
    let mut stream = server.stream("ann", "", None).await;
    assert!(stream.event().await.data.unwrap().contains(data));
}

#[tokio::test]
async fn a_crowd_of_publishers_is_served_in_groups() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let server = &server;
    let send = |i: usize| async move { server.notify(json!({"user": "ann"}), &i.to_string()).await };
    let stored: Vec<Value> = futures_util::future::join_all((0..300).map(send)).await;
    let mut seqs = Vec::new();
    for _ in 0..stored.len() {
        seqs.push(stream.event().await.json()["seq"].as_i64().unwrap());
    }
    assert_eq!(seqs, (1..=300).collect::<Vec<_>>(), "each once, in the order of the log");
}
