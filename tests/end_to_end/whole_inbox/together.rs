//! Much at once: what people and publishers do at the same time stays in one order.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, after, counts, create, inbox, join, next, titles, topic, user};
use crate::support::{Server, Stream, json as answer_json};

/// Everything of a stream up to the notification that has this title: names with titles, in order.
async fn up_to(stream: &mut Stream, last: &str) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        let event = stream.event().await;
        if event.name == "ready" {
            continue;
        }
        let envelope = event.json();
        let done = envelope["payload"]["title"] == last;
        events.push(envelope);
        if done {
            return events;
        }
    }
}

/// Somebody comes and goes while much is sent to a topic: they get exactly what was sent while they
/// belonged to it, live as in the replay, and the list has the same.
#[tokio::test]
async fn coming_and_going_amid_much_that_is_sent() {
    let server = Server::start().await;
    topic(&server, "busy", true).await;
    let mut stream = server.stream("ann", "", None).await;
    let start = stream.ready().await.pop().unwrap().id.unwrap();
    let sending = async {
        for i in 0..150 {
            server.notify(json!({"topic": "busy"}), &i.to_string()).await;
        }
    };
    let coming_and_going = async {
        for _ in 0..15 {
            join(&server, "ann", "busy").await;
            user(&server, "ann", Method::DELETE, "/subscriptions/busy", Value::Null, 204).await;
        }
        join(&server, "ann", "busy").await;
    };
    tokio::join!(sending, coming_and_going);
    server.notify(json!({"user": "ann"}), "end").await;

    let live = up_to(&mut stream, "end").await;
    let mut belongs = false;
    let mut last = None;
    for event in &live {
        let change = &event["payload"];
        if change["joined"] == "busy" || change["left"] == "busy" {
            belongs = change["joined"] == "busy";
            last = None;
        } else if event["audience"] == "topic:busy" {
            assert!(belongs, "{event}");
            let seq = event["seq"].as_i64().unwrap();
            assert!(last.is_none_or(|last| seq == last + 1), "none is missing: {last:?}, {seq}");
            last = Some(seq);
        }
    }
    let mut replayed = server.stream("ann", "", Some(&start)).await;
    let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&up_to(&mut replayed, "end").await), ids(&live));

    let mut got: Vec<_> = live.iter().filter(|event| event["type"] == "notification").collect();
    got.reverse();
    let got: Vec<_> = got.iter().map(|event| event["payload"]["title"].as_str().unwrap()).collect();
    assert_eq!(titles(&server, "ann", "?limit=200").await, got);
    let unread = i64::try_from(got.len()).unwrap();
    assert_eq!((inbox(&server, "ann").await, counts(live.last().unwrap())), ((unread, unread), (unread, unread)));
}

#[tokio::test]
async fn of_many_in_one_group_at_once_the_last_remains() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    for to in [json!({"user": "ann"}), json!({"everyone": true})] {
        let send = |i: usize| create(&server, json!({"to": to, "title": i.to_string(), "group_key": "g"}));
        join_all((0..40).map(send)).await;
        let mut newest = Value::Null;
        for _ in 0..40 {
            newest = next(&mut stream, "notification").await.json();
        }
        let audience = newest["audience"].as_str().unwrap().to_owned();
        let list = server.get("ann", "/notifications").await;
        let there: Vec<_> =
            list["items"].as_array().unwrap().iter().filter(|item| item["audience"] == audience).collect();
        assert_eq!((there.len(), &there[0]["title"]), (1, &newest["payload"]["title"]));
        assert_eq!(inbox(&server, "ann").await, counts(&newest));
    }
    assert_eq!(inbox(&server, "ann").await, (2, 2));
}

#[tokio::test]
async fn one_key_at_once_schedules_once() {
    let server = Server::start().await;
    let body = json!({"to": {"user": "ann"}, "title": "later", "deliver_at": after(600_000)});
    let send = |_| {
        let request = server.as_admin(Method::POST, "/admin/notifications").header("idempotency-key", "k").json(&body);
        async { answer_json(request.send().await.unwrap(), 201).await["id"].clone() }
    };
    let ids = join_all((0..50).map(send)).await;
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
    let list = admin(&server, Method::GET, "/admin/notifications?stage=scheduled", Value::Null, 200).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

/// Nothing that was answered with 200 is undone by another correction; whoever is told 409 did nothing.
#[tokio::test]
async fn corrections_at_once_do_not_undo_each_other() {
    let server = Server::start().await;
    for more in [json!({}), json!({"deliver_at": after(600_000)})] {
        let mut body = json!({"to": {"user": "ann"}, "title": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let id = create(&server, body).await;
        let path = format!("/admin/notifications/{id}");
        let patches = BTreeMap::from([
            ("title", json!("new")),
            ("body", json!("b")),
            ("level", json!("error")),
            ("link", json!("/x")),
            ("category", json!("c")),
            ("critical", json!(true)),
            ("actor", json!({"name": "CI"})),
            ("data", json!({"n": 1})),
        ]);
        let correct = |(field, value): (&&str, &Value)| {
            let request = server.as_admin(Method::PATCH, &path).json(&json!({ *field: value }));
            async { request.send().await.unwrap().status().as_u16() }
        };
        let statuses = join_all(patches.iter().map(correct)).await;
        let sent = admin(&server, Method::GET, &path, Value::Null, 200).await;
        let mut done = 0;
        for ((field, value), status) in patches.iter().zip(statuses) {
            assert!([200, 409].contains(&status), "{field}: {status}");
            assert_eq!(sent[*field] == *value, status == 200, "{field} of {sent}");
            done += usize::from(status == 200);
        }
        assert!(done > 0);
        assert_eq!(sent["history"].as_array().unwrap().len(), done);
    }
}

/// Retracted by two at once, it is gone once, and both are told so.
#[tokio::test]
async fn who_retracts_at_once_retracts_once() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let id = create(&server, json!({"to": {"everyone": true}, "title": "x"})).await;
    let path = format!("/admin/notifications/{id}");
    join_all((0..10).map(|_| admin(&server, Method::DELETE, &path, Value::Null, 204))).await;
    let sent = admin(&server, Method::GET, &path, Value::Null, 200).await;
    assert_eq!(sent["history"].as_array().unwrap().len(), 1);
    server.notify(json!({"user": "ann"}), "end").await;
    let names: Vec<_> = up_to(&mut stream, "end").await.into_iter().map(|event| event["type"].clone()).collect();
    assert_eq!(names, ["notification", "notification.retracted", "notification"]);
}
