//! `GET /ws`: the stream over WebSocket, to a client that knows the protocol by itself.

mod access;
mod bounds;
mod commands;

use reqwest::Method;
use serde_json::json;

use crate::support::{Message, Server, Socket, Stream, json as answer_json, until};

/// What a transport tells of an event.
type Told = (String, Option<String>, String);

fn told(message: &Message) -> Told {
    (message.event.clone(), message.id.clone(), message.data.get().to_owned())
}

/// The same of server-sent events: the next so many.
async fn told_by_sse(stream: &mut Stream, count: usize) -> Vec<Told> {
    let mut all = Vec::new();
    while all.len() < count {
        let event = stream.event().await;
        all.push((event.name, event.id, event.data.unwrap()));
    }
    all
}

async fn told_by_socket(socket: &mut Socket, count: usize) -> Vec<Told> {
    let mut all = Vec::new();
    while all.len() < count {
        all.push(told(&socket.next().await));
    }
    all
}

/// All but what is of the connection alone.
fn without_connection(told: &[Told]) -> Vec<Told> {
    let of_all = |(name, id, data): &Told| {
        let data = if name == "ready" {
            let mut ready: serde_json::Value = serde_json::from_str(data).unwrap();
            ready.as_object_mut().unwrap().retain(|field, _| !matches!(field.as_str(), "connection_id" | "expires_at"));
            ready.to_string()
        } else {
            data.clone()
        };
        (name.clone(), id.clone(), data)
    };
    told.iter().map(of_all).collect()
}

async fn signal(server: &Server, ephemeral: bool) {
    let body = json!({"to": {"user": "ann"}, "type": "typing", "payload": {"n": 1}, "ephemeral": ephemeral});
    let answer = server.as_admin(Method::POST, "/admin/signals").json(&body).send().await.unwrap();
    assert!(answer.status().is_success());
}

/// Whatever it begins with, and then as it happens: the same events, with the same ids and data to the letter.
#[tokio::test]
async fn it_tells_what_server_sent_events_tell() {
    let server = Server::start().await;
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    for title in ["one", "two \u{1f980} \"three\""] {
        server.notify(json!({"user": "ann"}), title).await;
    }
    signal(&server, false).await;
    server.notify(json!({"everyone": true}), "four").await;
    let last = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    for query in [String::new(), format!("?after={start}"), format!("?after={last}"), "?lastEventId=nonsense".into()] {
        let mut stream = server.stream("ann", &query, None).await;
        let mut socket = Socket::of(&server, "ann", &query).await;
        let first = socket.next().await;
        assert_eq!((first.event.as_str(), &first.id), ("retry", &None), "the first message");
        assert!((1000..=5000).contains(&first.json()["retry_ms"].as_u64().unwrap()), "{first:?}");
        let before: Vec<_> =
            stream.ready().await.into_iter().map(|event| (event.name, event.id, event.data.unwrap())).collect();
        let there = socket.ready().await.iter().map(told).collect::<Vec<_>>();
        assert_eq!(without_connection(&there), without_connection(&before), "{query}");

        // One after the other: what is not in the log may come sooner than what was sent before it.
        let mut both = async || {
            assert_eq!(told_by_socket(&mut socket, 1).await, told_by_sse(&mut stream, 1).await, "{query}");
        };
        server.notify(json!({"user": "ann"}), "live").await;
        both().await;
        signal(&server, true).await;
        both().await;
        signal(&server, false).await;
        both().await;
        let done = json!({"read": true, "up_to": server.get("ann", "/inbox").await["cursor"]});
        server.change("ann", Method::POST, "/notifications/mark", done).await;
        both().await;
    }
}

#[tokio::test]
async fn the_header_of_a_client_that_can_send_it_wins() {
    let server = Server::start().await;
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    server.notify(json!({"user": "ann"}), "one").await;
    let last = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    server.notify(json!({"user": "ann"}), "two").await;
    let bearer = format!("Bearer {}", Server::token("ann", tidings_models::Role::User));
    let headers = [("authorization", &bearer[..]), ("last-event-id", &last)];
    let mut socket = Socket::shake(&server, &format!("?after={start}"), &headers).await.unwrap();
    assert_eq!(socket.the("notification").await.title(), "two");
    let refused = Socket::shake(&server, "?pings=true", &headers).await.err().unwrap();
    assert_eq!(refused.status, 400, "a parameter that it has not");
    let mut asked = Socket::shake(&server, "?ping=true", &headers).await.unwrap();
    assert_eq!(asked.the("notification").await.title(), "two", "as `GET /stream` has it");
}

/// It says that it is alive, and its place moves on though nothing is for its reader.
#[tokio::test]
async fn a_heartbeat_is_a_message_and_moves_the_cursor() {
    let server = Server::start_with(&[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let mut socket = Socket::of(&server, "ann", "").await;
    let ready = socket.ready().await.pop().unwrap();
    server.notify(json!({"user": "bob"}), "not hers").await;
    let cursors = server.cursors().await;
    let position = |id: &Option<String>| cursors.open(id.as_ref().unwrap().as_bytes()).unwrap();
    let began = position(&ready.id);
    loop {
        let ping = socket.next().await;
        assert_eq!(ping.event, "ping");
        assert!(ping.json()["time"].is_string());
        if position(&ping.id) > began {
            break;
        }
    }
}

/// An operator sees what it is.
#[tokio::test]
async fn it_is_counted_for_what_it_is() {
    let server = Server::start().await;
    let mut socket = Socket::of(&server, "ann", "").await;
    let ready = socket.ready().await.pop().unwrap().json();
    let open = answer_json(server.as_admin(Method::GET, "/admin/connections").send().await.unwrap(), 200).await;
    let item = &open["items"][0];
    assert_eq!(item["connection_id"], ready["connection_id"]);
    assert_eq!((&item["transport"], &item["user"]), (&json!("websocket"), &json!("ann")));
    let figure = async |name: &str| {
        let page =
            server.plain(Method::GET, "/metrics").bearer_auth(Server::token("root", tidings_models::Role::Admin));
        let page = page.send().await.unwrap().text().await.unwrap();
        let line = page.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {page}"));
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(figure("tidings_streams{transport=\"websocket\"}").await, "1");
    assert_eq!(figure("tidings_streams_opened_total{transport=\"websocket\"}").await, "1");
    assert_eq!(figure("tidings_streams{transport=\"sse\"}").await, "0");
    drop(socket);
    until("it is gone", || async { (server.overview().await["streams"] == 0).then_some(()) }).await;
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let mut server = Server::start().await;
    let mut socket = Socket::of(&server, "ann", "").await;
    socket.ready().await;
    let begun = std::time::Instant::now();
    let (stopped, goodbye) = tokio::join!(server.terminate(), socket.goodbye());
    assert_eq!((stopped, goodbye), (Some(0), ("shutdown".to_owned(), 1001)));
    assert!(begun.elapsed().as_secs() < 8, "it does not wait for who has gone");
}
