//! `GET /events`: the stream by request.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, json as answer_json, until};

fn titles(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["payload"]["title"].as_str().unwrap()).collect()
}

/// Goes on from a cursor.
async fn after(server: &Server, cursor: &Value, query: &str) -> Value {
    server.get("ann", &format!("/events?after={}{query}", cursor.as_str().unwrap())).await
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let server = Server::start().await;
    let start = server.get("ann", "/inbox").await["cursor"].clone();
    for i in 0..7 {
        server.notify(json!({"user": "ann"}), &i.to_string()).await;
        server.notify(json!({"user": "bob"}), "not hers").await;
    }
    let mut cursor = start.clone();
    for (expected, more) in [(&["0", "1", "2"][..], true), (&["3", "4", "5"], true), (&["6"], false)] {
        let page = after(&server, &cursor, "&limit=3").await;
        assert_eq!(titles(&page), expected);
        assert_eq!(page["more"], more);
        assert!(page.get("reset").is_none(), "{page}");
        cursor = page["cursor"].clone();
    }
    let all = after(&server, &start, "&limit=7").await;
    assert_eq!((titles(&all).len(), &all["more"]), (7, &json!(false)), "a page that is just full is the last");
    let none = after(&server, &cursor, "").await;
    assert_eq!((titles(&none).len(), &none["more"]), (0, &json!(false)));
}

#[tokio::test]
async fn they_are_the_events_of_the_stream() {
    let server = Server::start().await;
    let start = server.get("ann", "/inbox").await["cursor"].clone();
    let first = server.notify(json!({"user": "ann"}), "one").await;
    server.notify(json!({"everyone": true}), "two").await;
    let id = first["id"].as_str().unwrap();
    server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"read": true})).await;
    let deleted = server.as_user("ann", Method::DELETE, &format!("/notifications/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    server.notify(json!({"user": "ann"}), "three").await;

    let mut stream = server.stream("ann", "", start.as_str()).await;
    let mut streamed = stream.ready().await;
    let ready = streamed.pop().unwrap();
    let answer = after(&server, &start, "").await;
    let streamed: Vec<Value> = streamed.iter().map(crate::support::Event::json).collect();
    assert_eq!(answer["events"], json!(streamed), "the same, in the same order");
    assert_eq!(answer["cursor"], json!(ready.id), "and they end at the same place");
    assert_eq!(streamed[2]["payload"], json!({"ids": [id], "read": true}));
    assert_eq!(streamed[3]["payload"], json!({"ids": [id], "deleted": true}));
    let last = streamed.last().unwrap();
    assert_eq!((&last["unread"], &last["seq"]), (&json!(2), &json!(4)));
    let gone = server.as_user("ann", Method::GET, &format!("/notifications/{id}")).send().await.unwrap();
    answer_json(gone, 404).await;
}

#[tokio::test]
async fn without_a_cursor_it_begins_with_what_is_unread() {
    let server = Server::start().await;
    for title in ["one", "two", "three"] {
        server.notify(json!({"user": "ann"}), title).await;
    }
    let list = server.get("ann", "/notifications").await;
    let id = list["items"][1]["id"].as_str().unwrap();
    server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"read": true})).await;
    for query in ["", "?after="] {
        let answer = server.get("ann", &format!("/events{query}")).await;
        assert_eq!(titles(&answer), ["one", "three"]);
        assert_eq!(answer["cursor"], server.get("ann", "/inbox").await["cursor"], "it goes on from now");
    }
    let first = server.get("ann", "/events?limit=1").await;
    assert_eq!((titles(&first), &first["more"]), (vec!["one"], &json!(true)));
}

#[tokio::test]
async fn a_long_poll_answers_as_soon_as_there_is_something() {
    let server = Server::start_with(&[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let start = server.get("ann", "/inbox").await["cursor"].clone();
    let polling = after(&server, &start, "&wait=30");
    let sending = async {
        until("the poll waits", || async { (server.overview().await["streams"] == 1).then_some(()) }).await;
        server.notify(json!({"user": "bob"}), "not hers").await;
        server.notify(json!({"user": "ann"}), "now").await
    };
    // Well before the 30 seconds are over, or the client would have given up.
    let (answer, _) = tokio::join!(polling, sending);
    assert_eq!(titles(&answer), ["now"]);
    assert_eq!(answer["events"][0]["unread"], 1);

    let empty = after(&server, &answer["cursor"], "&wait=2").await;
    assert_eq!((titles(&empty).len(), &empty["more"]), (0, &json!(false)));
    until("its place is free", || async { (server.overview().await["streams"] == 0).then_some(()) }).await;
    server.notify(json!({"user": "bob"}), "not hers").await;
    let moved = after(&server, &empty["cursor"], "&wait=2").await;
    assert_ne!(moved["cursor"], empty["cursor"], "an idle client's place moves on");
    server.notify(json!({"user": "ann"}), "later").await;
    assert_eq!(titles(&after(&server, &moved["cursor"], "").await), ["later"]);
}

/// Who waits listens: a signal that is not in the log reaches them too, and moves no cursor.
#[tokio::test]
async fn a_long_poll_that_waits_hears_ephemeral_signals() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let start = server.get("ann", "/inbox").await["cursor"].clone();
    let typing = json!({"to": {"user": "ann"}, "type": "typing", "payload": {"by": "bob"}, "ephemeral": true});
    let whisper = async || {
        let answer = server.as_admin(Method::POST, "/admin/signals").json(&typing).send().await.unwrap();
        assert_eq!(answer.status(), 202);
    };
    whisper().await; // nobody listens
    let polling = after(&server, &start, "&wait=30");
    let sending = async {
        until("the poll waits", || async { (server.overview().await["streams"] == 1).then_some(()) }).await;
        whisper().await;
    };
    let (mut answer, ()) = tokio::join!(polling, sending);
    assert!(answer["events"][0].as_object_mut().unwrap().remove("timestamp").unwrap().is_string());
    let expected =
        json!([{"type": "typing", "audience": "user:ann", "payload": {"by": "bob"}, "unread": 1, "unseen": 1}]);
    assert_eq!((&answer["events"], &answer["cursor"], &answer["more"]), (&expected, &start, &json!(false)));
    server.notify(json!({"user": "ann"}), "two").await;
    assert_eq!(titles(&after(&server, &answer["cursor"], "").await), ["two"], "it goes on from where it was");
}

#[tokio::test]
async fn a_cursor_that_cannot_be_continued_from_is_answered_with_the_state() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    for cursor in ["garbage", "-1", "AAAAAAAAAAAAAAAAAAAAAA", "%F0%9F%A6%80"] {
        let answer = server.get("ann", &format!("/events?after={cursor}&wait=5")).await;
        let reset = &answer["reset"];
        assert_eq!(
            (&reset["reason"], &reset["unread"], &reset["more"]),
            (&json!("malformed"), &json!(1), &json!(false))
        );
        assert_eq!(reset["notifications"][0]["title"], "one");
        assert_eq!((titles(&answer).len(), &answer["more"]), (0, &json!(false)));
        server.notify(json!({"user": "ann"}), "two").await;
        assert_eq!(titles(&after(&server, &answer["cursor"], "").await), ["two"], "and it goes on from there");
        let id = server.get("ann", "/notifications").await["items"][0]["id"].as_str().unwrap().to_owned();
        server.as_user("ann", Method::DELETE, &format!("/notifications/{id}")).send().await.unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let server = Server::start().await;
    for query in
        ["limit=0", "limit=201", "limit=-1", "limit=abc", "wait=31", "wait=-1", "wait=x", "limit=1&limit=2", "x=1"]
    {
        let answer = server.as_user("ann", Method::GET, &format!("/events?{query}")).send().await.unwrap();
        assert_eq!(answer_json(answer, 400).await["code"], "invalid_query", "{query}");
    }
    let nobody = server.plain(Method::GET, "/api/v1/events").send().await.unwrap();
    answer_json(nobody, 401).await;
    let post = server.as_user("ann", Method::POST, "/events").send().await.unwrap();
    assert_eq!(post.status(), 405);
    assert!(post.headers()["allow"].to_str().unwrap().contains("GET"));
}

#[tokio::test]
async fn a_poll_counts_as_a_stream_while_it_waits() {
    let server = Server::start_with(&[("TIDINGS_STREAMS_PER_USER", "1")]).await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let refused = server.as_user("ann", Method::GET, "/events").send().await.unwrap();
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(answer_json(refused, 429).await["code"], "limit");
    server.get("bob", "/events").await;
    server.notify(json!({"user": "ann"}), "undisturbed").await;
    assert_eq!(stream.event().await.title(), "undisturbed");
    drop(stream);
    until("a place", || async { (server.overview().await["streams"] == 0).then_some(()) }).await;
    assert_eq!(titles(&server.get("ann", "/events").await), ["undisturbed"]);
}
