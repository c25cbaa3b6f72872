//! What becomes of a notification: snoozed, expired, deleted, replaced; and how it is found again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{SOON, admin, after, counts, create, inbox, join, next, titles, topic, user};
use crate::{
    refusals::refused,
    support::{Server, Stream, json as json_of, until},
};

async fn patch(server: &Server, name: &str, id: &str, body: Value) -> Value {
    user(server, name, Method::PATCH, &format!("/notifications/{id}"), body, 200).await
}

/// A user with one notification, and two open streams.
async fn one(server: &Server) -> (String, Stream, Stream) {
    let id = create(server, json!({"to": {"user": "ann"}, "title": "one"})).await;
    let (mut stream, mut other) = (server.stream("ann", "", None).await, server.stream("ann", "", None).await);
    stream.ready().await;
    other.ready().await;
    (id, stream, other)
}

#[tokio::test]
async fn what_is_snoozed_is_out_of_sight_and_comes_back_unread() {
    let server = Server::start().await;
    let (id, mut stream, mut other) = one(&server).await;
    patch(&server, "ann", &id, json!({"read": true})).await;
    for stream in [&mut stream, &mut other] {
        next(stream, "inbox.changed").await;
    }
    let until_then = after(SOON);
    let snoozed = patch(&server, "ann", &id, json!({"snoozed_until": until_then})).await;
    assert_eq!((&snoozed["snoozed_until"], &snoozed["read"]), (&json!(until_then), &json!(true)));
    for query in ["", "?state=unread", "?state=read", "?state=archived"] {
        assert_eq!(titles(&server, "ann", query).await, Vec::<String>::new(), "{query}");
    }
    assert_eq!(titles(&server, "ann", "?state=snoozed").await, ["one"]);
    for stream in [&mut stream, &mut other] {
        let away = next(stream, "inbox.changed").await.json();
        assert_eq!(away["payload"], json!({"ids": [id], "snoozed_until": until_then}));
        assert_eq!(counts(&away), (0, 0));
        let back = next(stream, "inbox.changed").await.json();
        let expected = json!({"ids": [id], "seen": false, "read": false, "snoozed_until": null});
        assert_eq!((&back["payload"], counts(&back)), (&expected, (1, 1)));
        assert!(back["timestamp"].as_str().unwrap() >= until_then.as_str(), "not before its time");
    }
    assert_eq!(titles(&server, "ann", "?state=unread").await, ["one"]);
    assert_eq!(titles(&server, "ann", "?state=snoozed").await, Vec::<String>::new());
    assert!(server.get("ann", &format!("/notifications/{id}")).await.get("snoozed_until").is_none());
    assert_eq!(inbox(&server, "ann").await, (1, 1));
}

#[tokio::test]
async fn what_is_unread_and_snoozed_is_not_counted() {
    let server = Server::start().await;
    let (id, mut stream, _other) = one(&server).await;
    patch(&server, "ann", &id, json!({"snoozed_until": after(60_000)})).await;
    assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), (0, 0));
    assert_eq!(inbox(&server, "ann").await, (0, 0));
    assert_eq!(server.stream("ann", "", None).await.ready().await.len(), 1, "nor sent as unread");
    let later = patch(&server, "ann", &id, json!({"snoozed_until": after(90_000)})).await;
    assert!(later["snoozed_until"].is_string());
    next(&mut stream, "inbox.changed").await;
    // A watermark passes over it.
    let cursor = server.get("ann", "/inbox").await["cursor"].clone();
    user(&server, "ann", Method::POST, "/notifications/mark", json!({"seen": true, "up_to": cursor}), 200).await;
    assert_eq!(titles(&server, "ann", "?state=snoozed").await, ["one"]);
}

#[tokio::test]
async fn what_is_snoozed_is_brought_back_or_put_away() {
    let server = Server::start().await;
    let (id, mut stream, _other) = one(&server).await;
    for (body, expected, state) in [
        (json!({"snoozed_until": null}), (1, 1), ""),
        (json!({"snoozed_until": null, "read": true}), (0, 0), "?state=read"),
        (json!({"archived": true}), (0, 0), "?state=archived"),
    ] {
        patch(&server, "ann", &id, json!({"read": false, "archived": false, "snoozed_until": after(60_000)})).await;
        assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), (0, 0));
        let back = patch(&server, "ann", &id, body.clone()).await;
        assert!(back.get("snoozed_until").is_none(), "{body}: {back}");
        assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), expected, "{body}");
        assert_eq!(titles(&server, "ann", state).await, ["one"], "{body}");
        assert_eq!(titles(&server, "ann", "?state=snoozed").await, Vec::<String>::new(), "{body}");
    }
    // What was put away comes back to where it is seen, too.
    patch(&server, "ann", &id, json!({"snoozed_until": after(60_000)})).await;
    next(&mut stream, "inbox.changed").await;
    patch(&server, "ann", &id, json!({"snoozed_until": null})).await;
    assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), (1, 1));
    assert_eq!(titles(&server, "ann", "").await, ["one"]);
}

/// All devices show it read, the admin is told that it was done, and when: that stays.
#[tokio::test]
async fn what_was_acted_on_is_read_everywhere_and_stays_acted_on() {
    let server = Server::start().await;
    let (id, mut stream, mut other) = one(&server).await;
    let acted = patch(&server, "ann", &id, json!({"acted": true})).await;
    let acted_at = acted["acted_at"].as_str().unwrap();
    assert_eq!((&acted["seen"], &acted["read"]), (&json!(true), &json!(true)));
    for stream in [&mut stream, &mut other] {
        let told = next(stream, "inbox.changed").await.json();
        assert_eq!(told["payload"], json!({"ids": [id], "read": true, "acted": true}));
        assert_eq!(counts(&told), (0, 0));
    }
    assert_eq!(patch(&server, "ann", &id, json!({"acted": true})).await["acted_at"], acted_at, "the first time");
    let put_away = patch(&server, "ann", &id, json!({"acted": true, "archived": true})).await;
    assert_eq!((&put_away["acted_at"], &put_away["archived"]), (&json!(acted_at), &json!(true)));
    patch(&server, "ann", &id, json!({"archived": false, "read": false})).await;
    for (payload, expected) in [
        (json!({"ids": [id], "read": true, "acted": true, "archived": true}), (0, 0)),
        (json!({"ids": [id], "read": false, "archived": false}), (1, 0)),
    ] {
        let told = next(&mut stream, "inbox.changed").await.json();
        assert_eq!((&told["payload"], counts(&told)), (&payload, expected));
    }

    let as_admin = async |path: &str| json_of(server.as_admin(Method::GET, path).send().await.unwrap(), 200).await;
    let ledger = as_admin(&format!("/admin/notifications/{id}/deliveries")).await;
    let told = &ledger["items"][0];
    assert_eq!(
        (&told["verdict"], &told["acted_at"], &told["read"]),
        (&json!("acted"), &json!(acted_at), &json!(false))
    );
    let export = as_admin("/admin/users/ann/export").await;
    assert_eq!(
        (&export["receipts"][0]["acted_at"], &export["inbox"][0]["acted_at"]),
        (&json!(acted_at), &json!(acted_at))
    );

    let to_all = create(&server, json!({"to": {"everyone": true}, "title": "to all"})).await;
    patch(&server, "ann", &to_all, json!({"acted": true})).await;
    let reach = as_admin(&format!("/admin/notifications/{to_all}/deliveries")).await["reach"].clone();
    assert_eq!((&reach["seen"], &reach["read"], &reach["acted"]), (&json!(1), &json!(1), &json!(1)));
}

/// A watermark that puts everything away ends what was put off, and one that reads everything does not.
#[tokio::test]
async fn watermarks_and_what_is_snoozed() {
    let server = Server::start().await;
    let (id, mut stream, _other) = one(&server).await;
    patch(&server, "ann", &id, json!({"snoozed_until": after(60_000)})).await;
    next(&mut stream, "inbox.changed").await;
    for (flag, state) in [("read", "?state=snoozed"), ("archived", "?state=archived")] {
        let cursor = server.get("ann", "/inbox").await["cursor"].clone();
        let mark = json!({ flag: true, "up_to": cursor });
        user(&server, "ann", Method::POST, "/notifications/mark", mark, 200).await;
        assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), (0, 0));
        assert_eq!(titles(&server, "ann", state).await, ["one"], "{flag}");
        assert_eq!(inbox(&server, "ann").await, (0, 0));
    }
}

/// Who brings back what was back already, and read since, changes nothing.
#[tokio::test]
async fn what_is_back_is_not_brought_back_again() {
    let server = Server::start().await;
    let (id, mut stream, _other) = one(&server).await;
    patch(&server, "ann", &id, json!({"snoozed_until": after(60_000)})).await;
    patch(&server, "ann", &id, json!({"snoozed_until": null})).await;
    patch(&server, "ann", &id, json!({"read": true})).await;
    let again = patch(&server, "ann", &id, json!({"snoozed_until": null})).await;
    assert_eq!(again["read"], true);
    server.notify(json!({"user": "ann"}), "two").await;
    for name in ["inbox.changed", "inbox.changed", "inbox.changed", "notification"] {
        next(&mut stream, name).await;
    }
    assert_eq!(inbox(&server, "ann").await, (1, 1));
}

#[tokio::test]
async fn everything_can_be_unread_again() {
    let server = Server::start().await;
    let (id, mut stream, _other) = one(&server).await;
    for (body, expected, state) in [
        (json!({"seen": true}), (1, 0), "?state=unread"),
        (json!({"read": true}), (0, 0), "?state=read"),
        (json!({"read": false}), (1, 0), "?state=unread"),
        (json!({"seen": false}), (1, 1), "?state=unread"),
        (json!({"archived": true}), (0, 0), "?state=archived"),
        (json!({"archived": false}), (1, 1), ""),
    ] {
        patch(&server, "ann", &id, body.clone()).await;
        assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), expected, "{body}");
        assert_eq!((inbox(&server, "ann").await, titles(&server, "ann", state).await), (expected, vec!["one".into()]));
    }
}

#[tokio::test]
async fn changes_that_make_no_sense() {
    let server = Server::start().await;
    let (id, ..) = one(&server).await;
    let path = format!("/notifications/{id}");
    let change = |body: Value| server.as_user("ann", Method::PATCH, &path).json(&body);
    for time in
        [after(-1000), "2090-01-01T00:00:00".into(), "9999999-01-01T00:00:00Z".into(), "soon".into(), String::new()]
    {
        let problem = refused(change(json!({"snoozed_until": time})), 422, "invalid_time").await;
        assert_eq!(problem["errors"][0]["field"], "snoozed_until", "{time}");
    }
    for (body, code) in [
        (json!({}), "invalid_request"),
        (json!({"read": "yes"}), "invalid_request"),
        (json!({"acted": false}), "invalid_value"),
        (json!({"acted": true, "read": false}), "invalid_value"),
        (json!({"acted": true, "seen": false}), "invalid_value"),
        (json!({"acted": null, "seen": null}), "invalid_request"),
        (json!({"snoozed_until": 5}), "invalid_request"),
        (json!({"snoozed": true}), "unknown_field"),
        (json!({"deleted": true}), "unknown_field"),
        (json!({"user_id": "ann", "read": true}), "unknown_field"),
        (json!({"position": 1}), "unknown_field"),
        (json!({"created_at": after(0)}), "unknown_field"),
        (json!([true]), "invalid_request"),
    ] {
        refused(change(body), 422, code).await;
    }
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let mut bodies = Vec::new();
        for path in [path.as_str(), "/notifications/01900000-0000-7000-8000-000000000000", "/notifications/x"] {
            let request = server.as_user("bob", method.clone(), path);
            let request = if method == Method::PATCH { request.json(&json!({"read": true})) } else { request };
            let mut problem = refused(request, 404, "not_found").await;
            problem.as_object_mut().unwrap().remove("request_id");
            bodies.push(problem);
        }
        assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    }
    for query in ["state=new", "topic=A", "search=", &format!("search={}", "x".repeat(101)), "level=loud", "categry=x"]
    {
        refused(server.as_user("ann", Method::GET, &format!("/notifications?{query}")), 400, "invalid_query").await;
    }
    assert_eq!(inbox(&server, "ann").await, (1, 1));
}

#[tokio::test]
async fn what_expires_is_gone_everywhere() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    join(&server, "ann", "deploys").await;
    let mut stream = server.stream("ann", "", None).await;
    let start = stream.ready().await.pop().unwrap().id.unwrap();
    let mut ids = Vec::new();
    for to in [json!({"user": "ann"}), json!({"topic": "deploys"}), json!({"everyone": true})] {
        let id = create(&server, json!({"to": to, "title": "brief", "expires_at": after(SOON)})).await;
        next(&mut stream, "notification").await;
        ids.push(id);
    }
    patch(&server, "ann", &ids[1], json!({"read": true})).await;
    next(&mut stream, "inbox.changed").await;
    assert_eq!(inbox(&server, "ann").await, (2, 2));
    for (id, left) in ids.iter().zip([1, 1, 0]) {
        let event = next(&mut stream, "notification.expired").await.json();
        assert_eq!(event["payload"]["id"], json!(id));
        assert!(counts(&event).0 <= left, "as of this event, or newer: {event}");
    }
    assert_eq!((titles(&server, "ann", "").await, inbox(&server, "ann").await), (vec![], (0, 0)));
    for id in &ids {
        let path = format!("/notifications/{id}");
        refused(server.as_user("ann", Method::GET, &path), 404, "not_found").await;
        refused(server.as_user("ann", Method::PATCH, &path).json(&json!({"read": true})), 404, "not_found").await;
        let sent = super::admin(&server, Method::GET, &format!("/admin{path}"), Value::Null, 200).await;
        assert_eq!((&sent["stage"], sent["ended_at"].is_string()), (&json!("expired"), true));
    }
    // Who was away hears of both, in order.
    let mut away = server.stream("ann", "", Some(&start)).await;
    let names: Vec<_> = away.ready().await.into_iter().map(|event| event.name).collect();
    let expected = [["notification"; 3].as_slice(), &["inbox.changed"], &["notification.expired"; 3], &["ready"]];
    assert_eq!(names, expected.concat());
}

#[tokio::test]
async fn what_would_be_over_before_it_is_there_is_refused() {
    let server = Server::start().await;
    for more in [
        json!({"expires_at": after(-1000)}),
        json!({"expires_at": after(60_000), "deliver_at": after(120_000)}),
        json!({"expires_at": "2090-01-01T00:00:00"}),
    ] {
        let mut body = json!({"to": {"user": "ann"}, "title": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let problem =
            refused(server.as_admin(Method::POST, "/admin/notifications").json(&body), 422, "invalid_time").await;
        assert_eq!(problem["errors"][0]["field"], "expires_at");
    }
    assert_eq!(inbox(&server, "ann").await, (0, 0));
}

#[tokio::test]
async fn what_one_deletes_is_gone_for_them_alone() {
    let server = Server::start().await;
    server.get("bob", "/inbox").await;
    let (_, mut stream, mut other) = one(&server).await;
    let id = create(&server, json!({"to": {"everyone": true}, "title": "to all"})).await;
    let path = format!("/notifications/{id}");
    user(&server, "ann", Method::DELETE, &path, Value::Null, 204).await;
    for stream in [&mut stream, &mut other] {
        assert_eq!(counts(&next(stream, "notification").await.json()), (2, 2));
        let gone = next(stream, "inbox.changed").await.json();
        assert_eq!((&gone["payload"], counts(&gone)), (&json!({"ids": [id], "deleted": true}), (1, 1)));
    }
    refused(server.as_user("ann", Method::GET, &path), 404, "not_found").await;
    refused(server.as_user("ann", Method::DELETE, &path), 404, "not_found").await;
    for state in ["all", "unread", "read", "archived", "snoozed"] {
        assert!(!titles(&server, "ann", &format!("?state={state}")).await.contains(&"to all".to_owned()), "{state}");
    }
    assert_eq!(titles(&server, "bob", "").await, ["to all"]);
    assert_eq!(inbox(&server, "bob").await, (1, 1));
}

#[tokio::test]
async fn the_list_is_searched_and_filtered() {
    let server = Server::start().await;
    for name in ["deploys", "news"] {
        topic(&server, name, true).await;
        join(&server, "ann", name).await;
    }
    for (to, title, body, level, category) in [
        (json!({"user": "ann"}), "Build 4711 failed", "at 50% of it", "error", "builds"),
        (json!({"topic": "deploys"}), "Deployed", "build 4711 is LIVE", "success", "builds"),
        (json!({"topic": "news"}), "under_score", "a\\b", "info", "chat"),
        (json!({"everyone": true}), "Welcome", "50 of us", "info", "chat"),
    ] {
        create(&server, json!({"to": to, "title": title, "body": body, "level": level, "category": category})).await;
    }
    for (query, expected) in [
        ("topic=deploys", vec!["Deployed"]),
        ("topic=none", vec![]),
        ("category=builds", vec!["Deployed", "Build 4711 failed"]),
        ("level=info", vec!["Welcome", "under_score"]),
        ("level=info&category=chat&topic=news", vec!["under_score"]),
        ("search=4711", vec!["Deployed", "Build 4711 failed"]),
        ("search=live", vec!["Deployed"]),
        ("search=50%25", vec!["Build 4711 failed"]),
        ("search=_", vec!["under_score"]),
        ("search=%5C", vec!["under_score"]),
        ("search=4711&level=error", vec!["Build 4711 failed"]),
        ("search=nothing", vec![]),
    ] {
        assert_eq!(titles(&server, "ann", &format!("?{query}")).await, expected, "{query}");
    }
    let list = server.get("ann", "/notifications?search=4711&limit=1").await;
    assert_eq!(counts(&list), (4, 4), "the counts are those of the whole inbox");
    let next = list["next"].as_str().unwrap();
    assert_eq!(titles(&server, "ann", &format!("?search=4711&limit=1&after={next}")).await, ["Build 4711 failed"]);
}

#[tokio::test]
async fn a_newer_one_of_its_group_takes_its_place() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    join(&server, "ann", "deploys").await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    for (to, others) in [(json!({"user": "ann"}), 0), (json!({"topic": "deploys"}), 1), (json!({"everyone": true}), 2)]
    {
        let send = |title: &str| create(&server, json!({"to": to, "title": title, "group_key": "build"}));
        let first = send("first").await;
        let event = next(&mut stream, "notification").await.json();
        assert_eq!((&event["payload"]["group_key"], counts(&event)), (&json!("build"), (others + 1, others + 1)));
        send("second").await;
        let event = next(&mut stream, "notification").await.json();
        assert_eq!(counts(&event), (others + 1, others + 1), "in the place of one that was unread");
        let path = format!("/notifications/{}", event["payload"]["id"].as_str().unwrap());
        user(&server, "ann", Method::PATCH, &path, json!({"read": true}), 200).await;
        assert_eq!(counts(&next(&mut stream, "inbox.changed").await.json()), (others, others));
        send("third").await;
        assert_eq!(counts(&next(&mut stream, "notification").await.json()), (others + 1, others + 1), "unread again");
        refused(server.as_user("ann", Method::GET, &path), 404, "not_found").await;
        refused(server.as_user("ann", Method::GET, &format!("/notifications/{first}")), 404, "not_found").await;
        let rows = usize::try_from(others + 1).unwrap();
        assert_eq!(titles(&server, "ann", "").await, vec!["third"; rows], "one row of each audience");
        assert_eq!(inbox(&server, "ann").await, (others + 1, others + 1));
    }
    // Another key, and another user's, are other groups.
    create(&server, json!({"to": {"user": "ann"}, "title": "other", "group_key": "test"})).await;
    create(&server, json!({"to": {"user": "bob"}, "title": "his", "group_key": "build"})).await;
    assert_eq!(titles(&server, "ann", "").await, ["other", "third", "third", "third"]);
}

/// In the list, alone, and where it is asked what became of it.
#[tokio::test]
async fn admins_see_what_was_replaced() {
    let server = Server::start().await;
    let send = |to: Value, title: &str| create(&server, json!({"to": to, "title": title, "group_key": "build"}));
    let both = || json!({"users": ["ann", "bob"]});
    let first = send(both(), "first").await;
    let ask = async |path: String| admin(&server, Method::GET, &path, Value::Null, 200).await;
    let states = async |id: &str| {
        let listed = ask("/admin/notifications".into()).await;
        let listed = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap().clone();
        let one = ask(format!("/admin/notifications/{id}")).await;
        let deliveries = ask(format!("/admin/notifications/{id}/deliveries")).await;
        assert_eq!(listed, one);
        assert_eq!((&deliveries["stage"], &deliveries["replaced_by"]), (&one["stage"], &one["replaced_by"]));
        (one, deliveries)
    };
    send(json!({"user": "ann"}), "hers").await;
    let (one, deliveries) = states(&first).await;
    assert_eq!((&one["stage"], one.get("replaced_by")), (&json!("delivered"), None), "it stands in Bob's inbox");
    assert_eq!(deliveries["items"][0]["verdict"], "replaced");
    let second = send(json!({"user": "bob"}), "his").await;
    let (one, _) = states(&first).await;
    let newer = ask(format!("/admin/notifications/{second}")).await;
    assert_eq!((&one["stage"], &one["replaced_by"]), (&json!("replaced"), &json!(second)));
    assert_eq!((&one["ended_at"], &newer["stage"]), (&newer["created_at"], &json!("delivered")));

    let path = format!("/admin/notifications/{first}");
    let problem = refused(server.as_admin(Method::PATCH, &path).json(&json!({"title": "x"})), 409, "conflict").await;
    assert!(problem["detail"].as_str().unwrap().contains("newer"), "{problem}");
    admin(&server, Method::DELETE, &path, Value::Null, 204).await;
    assert_eq!(states(&first).await.0["stage"], "retracted");
}

/// Somebody who left a topic keeps what came; when a newer one of its group, which is not theirs, replaces
/// that, they are told.
#[tokio::test]
async fn what_is_replaced_is_gone_for_former_members_too() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    join(&server, "ann", "deploys").await;
    let body = json!({"to": {"topic": "deploys"}, "title": "first", "group_key": "build"});
    let id = create(&server, body.clone()).await;
    user(&server, "ann", Method::DELETE, "/subscriptions/deploys", Value::Null, 204).await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    create(&server, body).await;
    let gone = next(&mut stream, "notification.expired").await.json();
    assert_eq!((&gone["payload"]["id"], counts(&gone)), (&json!(id), (0, 0)));
    assert_eq!((titles(&server, "ann", "").await, inbox(&server, "ann").await), (vec![], (0, 0)));
}

/// What is due while the server is away happens when it is back.
#[tokio::test]
async fn what_is_due_while_nobody_is_there_happens_after() {
    let mut server = Server::start_apart(&[]).await;
    let brief = create(&server, json!({"to": {"user": "ann"}, "title": "brief", "expires_at": after(SOON)})).await;
    let later = create(&server, json!({"to": {"user": "ann"}, "title": "later"})).await;
    let cursor = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    patch(&server, "ann", &later, json!({"snoozed_until": after(SOON)})).await;
    server.kill();
    let due = after(SOON + 100);
    until("their time", || std::future::ready((after(0) > due).then_some(()))).await;
    let server = server.start_again().await;
    let mut stream = server.stream("ann", &format!("?after={cursor}"), None).await;
    next(&mut stream, "inbox.changed").await; // snoozed
    let mut left = vec!["inbox.changed", "notification.expired"];
    while !left.is_empty() {
        let event = stream.event().await;
        left.retain(|name| *name != event.name);
        if event.name == "notification.expired" {
            assert_eq!(event.json()["payload"]["id"], json!(brief));
        }
    }
    assert_eq!(titles(&server, "ann", "?state=unread").await, ["later"]);
    assert_eq!(inbox(&server, "ann").await, (1, 1));
}

/// What a list shows can be marked as a whole: that part of it, and nothing that came since.
#[tokio::test]
async fn what_a_filter_finds_is_marked_together() {
    let server = Server::start().await;
    let send = async |title: &str, category: &str, level: &str| {
        let body = json!({"to": {"user": "ann"}, "title": title, "category": category, "level": level});
        json_of(server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap(), 201).await
    };
    for (title, category, level) in
        [("a", "builds", "info"), ("b", "builds", "error"), ("c", "chat", "error"), ("d", "builds", "error")]
    {
        send(title, category, level).await;
    }
    let up_to = server.get("ann", "/inbox").await["cursor"].clone();
    send("later", "builds", "error").await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;

    let filter = json!({"category": "builds", "level": "error"});
    let mark = async |flags: Value| {
        let mut body = flags;
        body["up_to"] = up_to.clone();
        body["filter"] = filter.clone();
        server.change("ann", Method::POST, "/notifications/mark", body).await
    };
    assert_eq!(mark(json!({"read": true})).await["unread"], 3);
    let changed = stream.event().await.json();
    assert_eq!((&changed["unread"], changed["payload"]["ids"].as_array().unwrap().len()), (&json!(3), 2));
    let unread = server.get("ann", "/notifications?state=unread").await;
    let titles: Vec<_> = unread["items"].as_array().unwrap().iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, ["later", "c", "a"]);
    assert_eq!(mark(json!({"read": false, "archived": true})).await["unread"], 3);
    let nothing = json!({"read": true, "up_to": up_to, "filter": {"topic": "none"}});
    assert_eq!(server.change("ann", Method::POST, "/notifications/mark", nothing).await["unread"], 3);
    for (body, status) in [
        (json!({"read": true, "filter": {}}), 422),
        (json!({"read": true, "ids": ["01900000-0000-7000-8000-000000000000"], "filter": {}}), 422),
        (json!({"read": true, "up_to": up_to, "filter": {"sort": "x"}}), 422),
        (json!({"read": true, "up_to": up_to, "filter": {"topic": "No Topic"}}), 422),
        (json!({"read": true, "up_to": up_to, "filter": []}), 422),
    ] {
        let answer = server.as_user("ann", Method::POST, "/notifications/mark").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{body}");
    }
}
