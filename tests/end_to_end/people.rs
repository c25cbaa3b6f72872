//! What became of a notification, who is connected, and a person's data.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, json as answer_json, until};

async fn admin(server: &Server, path: &str) -> Value {
    answer_json(server.as_admin(Method::GET, path).send().await.unwrap(), 200).await
}

async fn delivery(server: &Server, sent: &Value, user: &str) -> Value {
    let id = sent["id"].as_str().unwrap();
    let found = admin(server, &format!("/admin/notifications/{id}/deliveries?user={user}")).await;
    found["items"][0].clone()
}

async fn erase(server: &Server, user: &str) {
    let answer = server.as_admin(Method::POST, &format!("/admin/users/{user}/erase")).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}

/// Why did Ann not see it? Because she was away, and now she is not.
#[tokio::test]
async fn the_ledger_tells_what_became_of_a_notification() {
    let server = Server::start().await;
    let cursor = server.get("ann", "/inbox").await["cursor"].clone();
    let sent = server.notify(json!({"users": ["ann", "bob"]}), "one").await;
    assert_eq!(delivery(&server, &sent, "ann").await["verdict"], "waiting");
    assert_eq!(delivery(&server, &sent, "cid").await["verdict"], "not_addressed");

    let mut stream = server.stream("ann", &format!("?after={}", cursor.as_str().unwrap()), None).await;
    let ready = stream.ready().await.pop().unwrap().json();
    let live = server.notify(json!({"user": "ann"}), "two").await;
    stream.titles(1).await;
    for (sent, count) in [(&sent, 1), (&live, 1)] {
        let found = delivery(&server, sent, "ann").await;
        assert_eq!((&found["verdict"], &found["written_count"]), (&json!("written"), &json!(count)), "{found}");
        let written = &found["written"][0];
        assert_eq!(written["connection_id"], ready["connection_id"]);
        assert_eq!((&written["as"], &written["first"]), (&json!("event"), &json!(true)));
    }
    server
        .change(
            "ann",
            Method::PATCH,
            &format!("/notifications/{}", sent["id"].as_str().unwrap()),
            json!({"read": true}),
        )
        .await;
    let id = sent["id"].as_str().unwrap();
    assert_eq!(delivery(&server, &sent, "ann").await.get("acted_at"), None);
    let page = admin(&server, &format!("/admin/notifications/{id}/deliveries?limit=1")).await;
    assert_eq!((&page["items"][0]["verdict"], &page["stage"]), (&json!("read"), &json!("delivered")));
    let next = page["next"].as_str().unwrap();
    let page = admin(&server, &format!("/admin/notifications/{id}/deliveries?limit=1&after={next}")).await;
    assert_eq!((&page["items"][0]["verdict"], &page["next"]), (&json!("waiting"), &Value::Null));
    drop(stream);

    // It is written down before long, and outlives the process.
    let store = server.store().await;
    let ann = tidings_models::UserId::parse("ann").unwrap();
    until("the ledger", || async {
        let noted = tidings_models::Store::connections(&store, &ann, None, 9).await.unwrap();
        noted.iter().any(|stream| stream.closed_at.is_some() && stream.events >= 2).then_some(())
    })
    .await;
    tidings_models::Store::close(&store).await;
    let server = server.start_again().await;
    assert_eq!(delivery(&server, &live, "ann").await["verdict"], "written");
    let unknown = server.as_admin(Method::GET, "/admin/notifications/01900000-0000-7000-8000-000000000000/deliveries");
    answer_json(unknown.send().await.unwrap(), 404).await;
    let user = server.as_user("ann", Method::GET, &format!("/admin/notifications/{id}/deliveries"));
    answer_json(user.send().await.unwrap(), 403).await;
}

#[tokio::test]
async fn open_streams_are_listed() {
    let server = Server::start().await;
    let mut streams = Vec::new();
    for name in ["ann", "ann", "bob"] {
        let mut stream = server.stream(name, "", None).await;
        stream.ready().await;
        streams.push(stream);
    }
    let sent = server.notify(json!({"everyone": true}), "to all").await;
    for stream in &mut streams {
        stream.titles(1).await;
    }
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let page = admin(&server, &format!("/admin/connections?limit=2{next}")).await;
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    let mut users: Vec<_> = found.iter().map(|open| open["user"].as_str().unwrap()).collect();
    users.sort_unstable();
    assert_eq!(users, ["ann", "ann", "bob"]);
    assert!(found.iter().all(|open| open["transport"] == "sse" && open["written"] == 1), "{found:?}");
    let overview = server.overview().await;
    let stored = &overview["stored"]["recipients"];
    assert_eq!((&overview["streams"], stored), (&json!(3), &json!(3)), "with the first admin");
    let id = sent["id"].as_str().unwrap();
    until("the reach", || async {
        let found = admin(&server, &format!("/admin/notifications/{id}/deliveries")).await;
        (found["reach"]["streams"] == 3 && found["reach"]["users"] == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_of_a_person_is_handed_out() {
    let server = Server::start().await;
    for i in 0..450 {
        server.notify(json!({"user": "ann"}), &i.to_string()).await;
    }
    let gone = server.notify(json!({"user": "ann"}), "taken back").await;
    let path = format!("/admin/notifications/{}", gone["id"].as_str().unwrap());
    assert!(server.as_admin(Method::DELETE, &path).send().await.unwrap().status().is_success());
    let list = server.get("ann", "/notifications").await;
    let id = list["items"][0]["id"].as_str().unwrap();
    server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"archived": true})).await;
    let export = admin(&server, "/admin/users/ann/export").await;
    let count = |name: &str| export[name].as_array().unwrap().len();
    assert_eq!((count("inbox"), count("archived"), count("former_notifications"), count("receipts")), (449, 1, 1, 1));
    assert_eq!((&export["user"], &export["counts"]["unread"]), (&json!("ann"), &json!(449)));
    let nobody = server.as_admin(Method::GET, "/admin/users/nobody/export").send().await.unwrap();
    answer_json(nobody, 404).await;
}

/// Their streams end, nothing of them is left, and a client that comes back is told to begin anew.
#[tokio::test]
async fn who_is_erased_begins_anew() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "hush").await;
    server.notify(json!({"users": ["ann", "bob"]}), "to both").await;
    let mut bob = server.stream("bob", "", None).await;
    bob.ready().await;
    let mut stream = server.stream("ann", "", None).await;
    let ready = stream.ready().await.pop().unwrap();
    erase(&server, "ann").await;
    let goodbye = stream.event().await;
    assert_eq!((goodbye.name.as_str(), &goodbye.json()["reason"]), ("goodbye", &json!("revoked")));
    assert!(stream.next().await.is_none());
    answer_json(server.as_admin(Method::GET, "/admin/users/ann/export").send().await.unwrap(), 404).await;
    // Her tokens are refused, up to those of the second in which it happened.
    until("a newer token", || async {
        let me = server.as_user("ann", Method::GET, "/auth/me").send().await.unwrap();
        (me.status() == 200).then_some(())
    })
    .await;

    let mut again = server.stream("ann", "", ready.id.as_deref()).await;
    let reset = again.event().await;
    assert_eq!((reset.name.as_str(), &reset.json()["reason"]), ("reset", &json!("expired")));
    assert_eq!((&reset.json()["unread"], &reset.json()["notifications"]), (&json!(0), &json!([])));
    again.ready().await;
    server.notify(json!({"user": "ann"}), "new").await;
    let event = again.event().await.json();
    assert_eq!((&event["seq"], &event["unread"]), (&json!(1), &json!(1)));
    assert_eq!(server.get("bob", "/inbox").await["unread"], 1, "what was his too is his");
    server.notify(json!({"user": "bob"}), "his").await;
    assert_eq!(bob.titles(1).await, ["his"], "and he noticed nothing");
    let server = server.start_again().await;
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
    erase(&server, "nobody").await;
}
