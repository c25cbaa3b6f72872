//! The inbox: the list, the counts, and what users do to them, on every device.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, json as answer_json};

fn titles(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn send_three(server: &Server) -> Vec<Value> {
    let mut sent = Vec::new();
    for title in ["one", "two", "three"] {
        sent.push(server.notify(json!({"user": "ann"}), title).await);
    }
    sent
}

#[tokio::test]
async fn the_list_is_newest_first_with_counts_of_the_same_instant() {
    let server = Server::start().await;
    let sent = send_three(&server).await;
    let list = server.get("ann", "/notifications").await;
    assert_eq!(titles(&list), ["three", "two", "one"]);
    assert_eq!((&list["unread"], &list["unseen"], &list["next"]), (&json!(3), &json!(3), &Value::Null));
    assert_eq!(list["cursor"], server.get("ann", "/inbox").await["cursor"]);
    let item = &list["items"][2];
    assert_eq!(item["id"], sent[0]["id"]);
    let state = (&item["seen"], &item["read"], &item["archived"], &item["audience"]);
    assert_eq!(state, (&json!(false), &json!(false), &json!(false), &json!("user:ann")));
    assert_eq!(server.get("ann", &format!("/notifications/{}", sent[0]["id"].as_str().unwrap())).await, *item);
}

#[tokio::test]
async fn pages_follow_one_another() {
    let server = Server::start().await;
    for i in 0..5 {
        server.notify(json!({"user": "ann"}), &i.to_string()).await;
    }
    let first = server.get("ann", "/notifications?limit=2").await;
    assert_eq!(titles(&first), ["4", "3"]);
    server.notify(json!({"user": "ann"}), "new").await;
    let next = first["next"].as_str().unwrap();
    let second = server.get("ann", &format!("/notifications?limit=2&after={next}")).await;
    assert_eq!(titles(&second), ["2", "1"], "what came meanwhile does not shift the pages");
    let third = server.get("ann", &format!("/notifications?limit=2&after={}", second["next"].as_str().unwrap())).await;
    assert_eq!((titles(&third), &third["next"]), (vec!["0"], &Value::Null));
    let foreign = server.as_user("bob", Method::GET, &format!("/notifications?after={next}")).send().await.unwrap();
    assert_eq!(answer_json(foreign, 400).await["code"], "invalid_cursor");
}

#[tokio::test]
async fn filters_choose() {
    let server = Server::start().await;
    for (title, level, category) in [("a", "info", "x"), ("b", "error", "x"), ("c", "error", "y")] {
        let body = json!({"to": {"user": "ann"}, "title": title, "level": level, "category": category});
        answer_json(server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap(), 201).await;
    }
    for (query, expected) in
        [("?level=error", vec!["c", "b"]), ("?category=x", vec!["b", "a"]), ("?level=error&category=x", vec!["b"])]
    {
        assert_eq!(titles(&server.get("ann", &format!("/notifications{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_all() {
    let server = Server::start().await;
    let sent = send_three(&server).await;
    let mut devices = [server.stream("ann", "", None).await, server.stream("ann", "", None).await];
    let mut stranger = server.stream("bob", "", None).await;
    for device in &mut devices {
        assert_eq!(device.ready().await.len(), 4);
    }
    stranger.ready().await;
    let id = sent[1]["id"].as_str().unwrap();
    let item = server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"read": true})).await;
    assert_eq!((&item["read"], &item["seen"], &item["title"]), (&json!(true), &json!(true), &json!("two")));
    for device in &mut devices {
        let event = device.event().await;
        let envelope = event.json();
        assert_eq!(event.name, "inbox.changed");
        assert_eq!(envelope["payload"], json!({"ids": [id], "read": true}));
        assert_eq!((&envelope["unread"], &envelope["unseen"]), (&json!(2), &json!(2)));
    }
    assert_eq!(titles(&server.get("ann", "/notifications?state=unread").await), ["three", "one"]);
    assert_eq!(titles(&server.get("ann", "/notifications?state=read").await), ["two"]);
    server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"archived": true})).await;
    assert_eq!(titles(&server.get("ann", "/notifications").await), ["three", "one"]);
    assert_eq!(titles(&server.get("ann", "/notifications?state=archived").await), ["two"]);
    server.notify(json!({"user": "bob"}), "only his").await;
    assert_eq!(stranger.event().await.title(), "only his", "nothing of hers came to him");
}

#[tokio::test]
async fn a_watermark_leaves_what_arrived_since() {
    let server = Server::start().await;
    send_three(&server).await;
    let list = server.get("ann", "/notifications").await;
    server.notify(json!({"user": "ann"}), "since").await;
    let mut stream = server.stream("ann", &format!("?after={}", list["cursor"].as_str().unwrap()), None).await;
    stream.ready().await;
    let mark = json!({"read": true, "up_to": list["cursor"]});
    let counts = server.change("ann", Method::POST, "/notifications/mark", mark.clone()).await;
    assert_eq!((&counts["unread"], &counts["unseen"]), (&json!(1), &json!(1)));
    let event = stream.event().await.json();
    assert_eq!(event["payload"], json!({"up_to": list["cursor"], "read": true}));
    assert_eq!(event["unread"], 1);
    assert_eq!(titles(&server.get("ann", "/notifications?state=unread").await), ["since"]);
    // The same again changes nothing, and tells nobody.
    server.change("ann", Method::POST, "/notifications/mark", mark).await;
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    server.change("ann", Method::POST, "/notifications/mark", json!({"read": false, "ids": ids[..2]})).await;
    let event = stream.event().await.json();
    assert_eq!((&event["payload"]["ids"].as_array().unwrap().len(), &event["unread"]), (&2, &json!(3)));
}

/// The answer to a mark is lost, another device undoes it, and the first one asks again.
#[tokio::test]
async fn a_mark_that_is_repeated_undoes_nothing() {
    let server = Server::start().await;
    send_three(&server).await;
    let list = server.get("ann", "/notifications").await;
    let id = list["items"][0]["id"].clone();
    let mark = async |key: &str, body: &Value, status: u16| {
        let request = server.as_user("ann", Method::POST, "/notifications/mark").header("idempotency-key", key);
        let answer = request.json(body).send().await.unwrap();
        let replayed = answer.headers().get("idempotent-replayed").map(|value| value.to_str().unwrap().to_owned());
        (replayed.as_deref() == Some("true"), answer_json(answer, status).await)
    };
    let read = json!({"read": true, "ids": [id]});
    let (replayed, counts) = mark("k", &read, 200).await;
    assert_eq!((replayed, &counts["unread"]), (false, &json!(2)));
    server
        .change("ann", Method::PATCH, &format!("/notifications/{}", id.as_str().unwrap()), json!({"read": false}))
        .await;
    let (replayed, counts) = mark("k", &read, 200).await;
    assert_eq!((replayed, &counts["unread"]), (true, &json!(3)), "with the counts of now");

    let all = json!({"read": true, "up_to": list["cursor"]});
    assert_eq!(mark("k", &all, 422).await.1["code"], "idempotency_conflict");
    assert_eq!(mark("a b", &all, 400).await.1["code"], "invalid_idempotency_key");
    let some = json!({"read": true, "up_to": list["cursor"], "filter": {"level": "info"}});
    let refused = mark("f", &some, 400).await.1;
    assert_eq!(refused["code"], "invalid_idempotency_key");
    assert!(refused["detail"].as_str().unwrap().contains("filter"), "{refused}");
    assert_eq!(server.get("ann", "/inbox").await["unread"], 3, "nothing of these was done");

    let missing = json!({"read": true, "ids": ["00000000-0000-7000-8000-000000000000"]});
    mark("free", &missing, 404).await;
    let together = join_all((0..20).map(|_| mark("free", &all, 200))).await;
    assert_eq!(together.iter().filter(|(replayed, _)| !replayed).count(), 1, "twenty at once are one");
    assert_eq!(server.get("ann", "/inbox").await["unread"], 0);
}

#[tokio::test]
async fn seeing_is_less_than_reading() {
    let server = Server::start().await;
    send_three(&server).await;
    let cursor = server.get("ann", "/inbox").await["cursor"].clone();
    let counts =
        server.change("ann", Method::POST, "/notifications/mark", json!({"seen": true, "up_to": cursor})).await;
    assert_eq!((&counts["unread"], &counts["unseen"]), (&json!(3), &json!(0)));
}

#[tokio::test]
async fn a_broadcast_reaches_who_was_known_and_nobody_who_came_later() {
    let server = Server::start().await;
    server.get("ann", "/inbox").await;
    server.notify(json!({"everyone": true}), "to all").await;
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
    assert_eq!(server.get("late", "/inbox").await["unread"], 0);
    let mut stream = server.stream("late", "", None).await;
    stream.ready().await;
    server.notify(json!({"everyone": true}), "again").await;
    let event = stream.event().await.json();
    assert_eq!((&event["audience"], &event["seq"], &event["unread"]), (&json!("everyone"), &json!(2), &json!(1)));
}

#[tokio::test]
async fn somebody_elses_is_like_one_that_never_was() {
    let server = Server::start().await;
    let hers = server.notify(json!({"user": "ann"}), "hers").await["id"].as_str().unwrap().to_owned();
    let never = "01900000-0000-7000-8000-000000000000";
    let mut bodies = Vec::new();
    for id in [hers.as_str(), never] {
        for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({"read": true})))] {
            let mut request = server.as_user("bob", method, &format!("/notifications/{id}"));
            if let Some(body) = body {
                request = request.json(&body);
            }
            let mut problem = answer_json(request.send().await.unwrap(), 404).await;
            problem.as_object_mut().unwrap().remove("request_id").unwrap();
            bodies.push(problem);
        }
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    let mark = json!({"read": true, "ids": [hers]});
    let answer = server.as_user("bob", Method::POST, "/notifications/mark").json(&mark).send().await.unwrap();
    assert_eq!(answer_json(answer, 404).await["code"], "not_found");
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1, "and hers is as it was");
}
