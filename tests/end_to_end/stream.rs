//! `GET /stream`: where it starts, what it sends, how it ends.

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::Role;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::support::{PATIENCE, Server, Stream, until};

fn titles(events: &[crate::support::Event]) -> Vec<String> {
    events.iter().filter(|event| event.name == "notification").map(crate::support::Event::title).collect()
}

#[tokio::test]
async fn the_head_keeps_proxies_from_holding_it_back() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    assert!(stream.head.starts_with("http/1.1 200"), "{}", stream.head);
    for header in [
        "content-type: text/event-stream",
        "cache-control: no-store, no-transform",
        "x-accel-buffering: no",
        "x-request-id: ",
    ] {
        assert!(stream.head.contains(header), "{header} in {}", stream.head);
    }
    assert!(!stream.head.contains("content-encoding"));
    let first = stream.next().await.unwrap();
    assert!((1000..=5000).contains(&first.retry.unwrap()), "the first line is retry: {first:?}");
}

#[tokio::test]
async fn an_event_arrives_with_the_readers_own_counts() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    let ready = stream.ready().await.pop().unwrap().json();
    assert_eq!((&ready["unread"], &ready["replayed"], &ready["heartbeat_ms"]), (&json!(0), &json!(0), &json!(15000)));
    server.notify(json!({"user": "bob"}), "not hers").await;
    let sent = server.notify(json!({"user": "ann"}), "a < b & \"c\"\u{2028}".trim_end_matches('\u{2028}')).await;
    let event = stream.event().await;
    let envelope = event.json();
    assert_eq!(event.name, "notification");
    assert_eq!(envelope["id"], json!(event.id));
    assert_eq!(envelope["type"], "notification");
    assert_eq!((&envelope["audience"], &envelope["seq"]), (&json!("user:ann"), &json!(1)));
    assert_eq!((&envelope["unread"], &envelope["unseen"]), (&json!(1), &json!(1)));
    let mut payload = sent.clone();
    payload.as_object_mut().unwrap().retain(|field, _| !matches!(field.as_str(), "to" | "stage"));
    assert_eq!(envelope["payload"], payload, "what was answered is what arrives");
}

#[tokio::test]
async fn what_was_missed_is_replayed_after_the_last_id() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let last = stream.event().await.id.unwrap();
    drop(stream);
    for title in ["two", "three"] {
        server.notify(json!({"user": "ann"}), title).await;
    }
    server.notify(json!({"everyone": true}), "four").await;

    let mut again = server.stream("ann", "", Some(&last)).await;
    assert_eq!(again.titles(3).await, ["two", "three", "four"]);
    for query in [format!("?after={last}"), format!("?lastEventId={last}")] {
        let mut again = server.stream("ann", &query, None).await;
        assert_eq!(again.titles(3).await, ["two", "three", "four"], "{query}");
    }
    let mut fresh = server.stream("ann", "", None).await;
    assert_eq!(fresh.titles(4).await, ["one", "two", "three", "four"], "without a start: the unread");
}

#[tokio::test]
async fn the_header_wins_over_the_url_it_was_opened_with() {
    let server = Server::start().await;
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    server.notify(json!({"user": "ann"}), "one").await;
    let mut stream = server.stream("ann", &format!("?after={start}"), None).await;
    let last = stream.event().await.id.unwrap();
    server.notify(json!({"user": "ann"}), "two").await;
    let mut again = server.stream("ann", &format!("?after={start}"), Some(&last)).await;
    assert_eq!(again.titles(1).await, ["two"]);
}

/// The id that a polyfill sends is newer than the one that the page opened with.
#[tokio::test]
async fn the_polyfills_id_wins_over_the_start_of_the_page() {
    let server = Server::start().await;
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    server.notify(json!({"user": "ann"}), "one").await;
    let newest = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    let mut stream = server.stream("ann", &format!("?after={start}&lastEventId={newest}"), None).await;
    assert_eq!(titles(&stream.ready().await), Vec::<String>::new());
    for odd in ["%ff", "%zz", "%00"] {
        let mut stream = server.stream("ann", &format!("?after={odd}"), None).await;
        assert_eq!(stream.event().await.name, "reset", "{odd}");
    }
}

/// A client that asks for an upgrade, or speaks HTTP/1.0, gets what it can read: no chunks.
#[tokio::test]
async fn who_cannot_read_chunks_gets_none() {
    let server = Server::start().await;
    let token = Server::token("ann", Role::User);
    for (version, more) in [("1.1", "connection: upgrade\r\nupgrade: websocket\r\n"), ("1.0", "")] {
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        let head = format!(
            "GET /api/v1/stream HTTP/{version}\r\nhost: {}\r\nauthorization: Bearer {token}\r\n{more}\r\n",
            server.address
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let answer = read_until(&mut socket, "event: ready").await;
        assert!(!answer.to_lowercase().contains("transfer-encoding"), "{answer}");
        assert!(answer.contains("\r\n\r\nretry: "), "{answer}");
    }
}

/// To its reader a stream in the body of its answer is the same; it only costs three times as much. The
/// log is where one sees which it is.
#[tokio::test]
async fn a_stream_in_chunks_takes_its_connection_over() {
    let server = Server::start_apart(&[("TIDINGS_LOG", "tidings_api=debug")]).await;
    let mut stream = server.stream("ann", "", None).await;
    let ready = stream.ready().await.pop().unwrap().json();
    let log = server.log();
    let mut lines = log.lines().filter(|line| line.contains(ready["connection_id"].as_str().unwrap()));
    assert!(lines.next().is_some_and(|line| line.contains("opened")), "{log}");
    assert!(lines.next().is_some_and(|line| line.contains("took its connection over")), "{log}");
}

/// RFC 9112, section 9.6: the answer says `Connection: close`, so nothing that follows on it is carried out.
/// Its sender would never hear of it, and would not know whether to send it again.
#[tokio::test]
async fn a_request_behind_a_stream_is_not_carried_out() {
    let server = Server::start().await;
    let token = Server::token("root", Role::Admin);
    let body = json!({"to": {"user": "ann"}, "title": "behind a stream"}).to_string();
    let head = format!("host: {}\r\nauthorization: Bearer {token}\r\n", server.address);
    let requests = format!(
        "GET /api/v1/stream HTTP/1.1\r\n{head}\r\nPOST /api/v1/admin/notifications HTTP/1.1\r\n{head}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(&server.address).await.unwrap();
    socket.write_all(requests.as_bytes()).await.unwrap();
    let answer = read_until(&mut socket, "event: ready").await;
    assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
    server.notify(json!({"user": "ann"}), "later").await;
    let list = server.get("ann", "/notifications").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
}

/// Reads what comes until some text is in it.
async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let mut answer = String::new();
    while !answer.contains(text) {
        let mut bytes = [0; 4096];
        let read = socket.read(&mut bytes).await.unwrap();
        assert!(read > 0, "{answer}");
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    answer
}

#[tokio::test]
async fn any_id_is_survived() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let long = vec![b'A'; 8192];
    let cases: [&[u8]; 7] = [
        b"garbage",
        &long,
        "🦀".as_bytes(),
        b"\xFF\xFE\x80",
        b"-1",
        b"18446744073709551616",
        b"AAAAAAAAAAAAAAAAAAAAAA",
    ];
    for id in cases {
        let mut stream = Stream::open(&server.address, &Server::token("ann", Role::User), "", Some(id)).await;
        let reset = stream.event().await;
        assert_eq!(reset.name, "reset");
        let state = reset.json();
        assert_eq!(
            (&state["reason"], &state["unread"], &state["more"]),
            (&json!("malformed"), &json!(1), &json!(false))
        );
        assert_eq!(state["notifications"][0]["title"], "one");
        let last = reset.id.unwrap();
        assert_eq!(stream.event().await.name, "ready");
        server
            .as_user("ann", Method::POST, "/notifications/mark")
            .json(&json!({"read": true, "up_to": last}))
            .send()
            .await
            .unwrap();
        server
            .as_user("ann", Method::POST, "/notifications/mark")
            .json(&json!({"read": false, "up_to": last}))
            .send()
            .await
            .unwrap();
        assert_eq!(stream.event().await.name, "inbox.changed", "the stream goes on from there");
    }
}

#[tokio::test]
async fn text_that_looks_like_frames_is_text() {
    let server = Server::start().await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let tricky = "a\rid: 9\revent: reset\rdata: x\r\r\n\n\u{2028}";
    let body = json!({"to": {"user": "ann"}, "title": "<img src=x onerror=alert(1)>", "body": tricky, "data": {"a\n": tricky}});
    let answer = server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    server.notify(json!({"user": "ann"}), "after").await;
    let event = stream.event().await.json();
    assert_eq!(event["payload"]["body"], tricky);
    assert_eq!(event["payload"]["data"], json!({"a\n": tricky}));
    assert_eq!(stream.event().await.title(), "after", "exactly one event");
}

#[tokio::test]
async fn idle_streams_beat() {
    let server = Server::start_with(&[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let mut quiet = server.stream("ann", "", None).await;
    let ready = quiet.ready().await.pop().unwrap();
    server.notify(json!({"user": "bob"}), "of somebody else").await;
    // One that came before that was stored has the place of before.
    let moves_on = async {
        loop {
            let beat = quiet.next().await.unwrap();
            assert_eq!((beat.data, beat.name.as_str()), (None, "message"), "an id, and nothing that fires");
            if beat.id != ready.id {
                return beat.id;
            }
        }
    };
    let id = timeout(PATIENCE, moves_on).await.expect("the place of an idle reader moves on");
    assert!(id.is_some());
    let mut loud = server.stream("ann", "?ping=true", None).await;
    loud.ready().await;
    let ping = loud.event().await;
    assert_eq!(ping.name, "ping");
    assert!(ping.json()["time"].is_string());
}

#[tokio::test]
async fn one_stream_too_many_is_told_so_and_disturbs_nobody() {
    let server = Server::start_with(&[("TIDINGS_STREAMS_PER_USER", "2")]).await;
    let mut first = server.stream("ann", "", None).await;
    let mut second = server.stream("ann", "", None).await;
    first.ready().await;
    second.ready().await;
    let mut third = server.stream("ann", "", None).await;
    assert!(third.head.starts_with("http/1.1 200"), "an EventSource never returns after anything else");
    let goodbye = third.event().await;
    assert_eq!(goodbye.name, "goodbye");
    assert_eq!(goodbye.json()["reason"], "limit");
    assert_eq!(goodbye.json()["retry_ms"], json!(goodbye.retry));
    assert_eq!(third.next().await, None, "and closed");

    let other = server.as_user("ann", Method::GET, "/stream").send().await.unwrap();
    assert_eq!(other.status(), 429);
    assert!(other.headers().contains_key("retry-after"));
    assert_eq!(other.json::<Value>().await.unwrap()["code"], "limit");

    server.notify(json!({"user": "ann"}), "still here").await;
    assert_eq!(first.event().await.title(), "still here");
    drop(second);
    until("a place", || async { (server.overview().await["streams"] == 1).then_some(()) }).await;
    server.stream("ann", "", None).await.ready().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = Server::start().await;
    let token = Server::token_for("ann", Role::User, 5);
    let mut stream = Stream::open(&server.address, &token, "", None).await;
    stream.ready().await;
    assert_eq!(stream.event().await.name, "expiring", "at once, for a token that is so short");
    let goodbye = stream.event().await;
    assert_eq!((goodbye.name.as_str(), &goodbye.json()["reason"]), ("goodbye", &json!("token_expired")));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let server = Server::start().await;
    let answer = server.as_user("ann", Method::POST, "/stream").send().await.unwrap();
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.headers()["allow"], "GET, HEAD");
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "method_not_allowed");
}
