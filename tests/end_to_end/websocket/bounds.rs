//! What a client may not do, and what it costs.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tidings_models::Role;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Bytes, Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::support::{PATIENCE, Server, Socket, json as answer_json};

fn part(code: Data, payload: &'static [u8], last: bool) -> Message {
    Message::Frame(Frame::message(Bytes::from_static(payload), OpCode::Data(code), last))
}

/// Each closes this connection, and no other.
#[tokio::test]
async fn what_is_no_message_closes_with_its_code() {
    static LARGE: [u8; 1024 * 1024] = [b'x'; 1024 * 1024];
    let server = Server::start().await;
    let mut other = Socket::of(&server, "ann", "").await;
    other.ready().await;
    for (messages, code) in [
        (vec![part(Data::Text, &LARGE, true)], 1009),
        (vec![part(Data::Text, &LARGE[..=16 * 1024], true)], 1009),
        (vec![part(Data::Text, &LARGE[..9000], false), part(Data::Continue, &LARGE[..9000], false)], 1009),
        (vec![Message::binary(&b"{}"[..])], 1003),
        (vec![part(Data::Text, b"{\"ping\":\"\xff\"}", true)], 1007),
        (vec![part(Data::Continue, b"x", true)], 1002),
        (vec![Message::text("{\"ping\":1}"); 300], 1008),
        (vec![Message::Ping(Bytes::new()); 300], 1008),
        (vec![Message::Pong(Bytes::new()); 300], 1008),
    ] {
        let mut socket = Socket::of(&server, "ann", "").await;
        socket.ready().await;
        for message in messages {
            if !socket.try_send_raw(message).await {
                break; // it has heard enough
            }
        }
        assert_eq!(socket.closed().await.1, code);
    }
    other.ask(&json!({"ping": 1}), "pong").await;
    let mut largest = Socket::of(&server, "ann", "").await;
    largest.ready().await;
    let said = "x".repeat(16 * 1024 - 20);
    assert_eq!(largest.ask(&json!({"ping": said}), "pong").await.json(), json!(said));
}

#[tokio::test]
async fn who_closes_is_answered() {
    let server = Server::start().await;
    let mut socket = Socket::of(&server, "ann", "").await;
    socket.ready().await;
    let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame { code: 4000.into(), reason: "done".into() };
    socket.send_raw(Message::Close(Some(frame))).await;
    assert_eq!(socket.closed().await.1, 4000);
}

/// Whatever else was sent with it: without an upgrade to a WebSocket there is none.
#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let server = Server::start().await;
    let ask = || server.as_user("ann", reqwest::Method::GET, "/ws");
    let answer = ask().send().await.unwrap();
    assert_eq!(answer.headers()["upgrade"], "websocket");
    assert_eq!(answer.headers()["sec-websocket-version"], "13");
    assert_eq!(answer_json(answer, 426).await["code"], "upgrade_required");
    assert_eq!(server.plain(reqwest::Method::GET, "/api/v1/ws").send().await.unwrap().status(), 401, "strangers first");
    assert_eq!(server.as_user("ann", reqwest::Method::HEAD, "/ws").send().await.unwrap().status(), 405);
    let answer = server.as_user("ann", reqwest::Method::POST, "/ws").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "GET"));

    let bearer = format!("Bearer {}", Server::token("ann", Role::User));
    let shake = async |name: &str, value: &str| {
        let headers = [("authorization", &bearer[..]), (name, value)];
        Socket::shake(&server, "", &headers).await
    };
    for (name, value, status) in [
        ("sec-websocket-version", "8", 426),
        ("sec-websocket-key", "short", 400),
        ("upgrade", "h2c", 426),
        ("sec-websocket-protocol", "graphql-ws", 400),
    ] {
        assert_eq!(shake(name, value).await.err().unwrap().status, status, "{name}: {value}");
    }
    let plain = Socket::shake(&server, "", &[("authorization", &bearer)]).await.unwrap();
    assert!(!plain.head.contains_key("sec-websocket-protocol"));
    let named = shake("sec-websocket-protocol", "graphql-ws, tidings.v1").await.unwrap();
    assert_eq!(named.head["sec-websocket-protocol"], "tidings.v1");
    let compressed = shake("sec-websocket-extensions", "permessage-deflate").await.unwrap();
    assert!(!compressed.head.contains_key("sec-websocket-extensions"));
}

/// What the HTTP server would not take for an upgrade is none here either: it would go on to read requests behind one,
/// which no proxy on the way sees any more.
#[tokio::test]
async fn a_request_behind_a_handshake_is_not_carried_out() {
    let server = Server::start().await;
    let token = Server::token("root", Role::Admin);
    let head = format!("host: {}\r\nauthorization: Bearer {token}\r\n", server.address);
    let body = json!({"to": {"user": "ann"}, "title": "behind a handshake"}).to_string();
    let behind = format!(
        "POST /api/v1/admin/notifications HTTP/1.1\r\n{head}content-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    for (upgrade, own) in [
        ("websocket\r\ntransfer-encoding: chunked", "0\r\n\r\n"),
        ("websocket\r\ncontent-length: 2", "{}"),
        ("websocket, h2c", ""),
        ("xwebsocket", ""),
        ("websocket\r\nupgrade: h2c", ""),
    ] {
        let shake = format!(
            "GET /api/v1/ws HTTP/1.1\r\n{head}connection: upgrade\r\nupgrade: {upgrade}\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n{own}{behind}"
        );
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        socket.write_all(shake.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("an end in time");
        let answer = String::from_utf8_lossy(&answer);
        // Refused as a request, it is followed by the next one, as any proxy knows.
        assert!(answer.starts_with("HTTP/1.1 4"), "{upgrade}: {answer}");
    }
}

/// One too many: a page is told so on the WebSocket, as it can read nothing else. Others go on.
#[tokio::test]
async fn one_too_many_is_told_so_and_disturbs_nobody() {
    let server = Server::start_with(&[("TIDINGS_STREAMS_PER_USER", "1")]).await;
    let mut first = Socket::of(&server, "ann", "").await;
    first.ready().await;
    assert_eq!(Socket::of(&server, "ann", "").await.goodbye().await, ("limit".to_owned(), 1013));
    let bearer = format!("Bearer {}", Server::token("ann", Role::User));
    let page = [("authorization", &bearer[..]), ("origin", &format!("http://{}", server.address))];
    let mut refused = Socket::shake(&server, "", &page).await.unwrap();
    assert_eq!(refused.next().await.event, "retry");
    assert_eq!(refused.goodbye().await, ("limit".to_owned(), 1013));
    let other = Socket::shake(&server, "", &[("authorization", &bearer)]).await.err().unwrap();
    assert_eq!(other.status, 429);
    assert!(other.headers.contains_key("retry-after"));
    let mut stream = server.stream("ann", "", None).await;
    assert_eq!(stream.event().await.json()["reason"], "limit", "they are counted together");
    first.ask(&json!({"ping": 1}), "pong").await;
}

/// Too many requests: the same, before anybody is asked for anything.
#[tokio::test]
async fn who_comes_too_often_is_told_to_come_back() {
    let server = Server::start_with(&[("TIDINGS_RATE_PER_USER", "1")]).await;
    // What comes back meanwhile may let one in, on a busy machine.
    let mut tries = 0;
    let (first, mut socket) = loop {
        while server.as_user("ann", reqwest::Method::GET, "/inbox").send().await.unwrap().status() != 429 {}
        let mut socket = Socket::of(&server, "ann", "").await;
        assert_eq!(socket.next().await.event, "retry");
        let first = socket.next().await;
        tries += 1;
        if first.event == "goodbye" || tries == 5 {
            break (first, socket);
        }
    };
    assert_eq!((first.event.as_str(), &first.json()["reason"]), ("goodbye", &json!("limit")));
    let (more, code, why) = socket.closed().await;
    assert_eq!((more.is_none(), code, why.as_str()), (true, 1013, "limit"));
}

async fn narrow(server: &Server) -> TcpStream {
    let address: SocketAddr = server.address.parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

/// A reader that stands still costs little, and misses nothing. One that asks without reading is not heard.
#[tokio::test]
async fn a_slow_reader_is_never_skipped_and_what_it_does_not_take_is_not_made() {
    const EVENTS: usize = 400;
    let server = Server::start_with(&[("TIDINGS_STALL_SECONDS", "600")]).await;
    let bearer = format!("Bearer {}", Server::token("ann", Role::User));
    let headers = [("authorization", &bearer[..])];
    let mut slow = Vec::new();
    for _ in 0..10 {
        slow.push(Socket::over(narrow(&server).await, &server.address, "", &headers).await.unwrap());
    }
    let mut live = Socket::of(&server, "ann", "").await;
    live.ready().await;
    let before = server.resident();
    for i in 0..EVENTS {
        let new = json!({"to": {"user": "ann"}, "title": i.to_string(), "body": "b".repeat(8 * 1024)});
        answer_json(
            server.as_admin(reqwest::Method::POST, "/admin/notifications").json(&new).send().await.unwrap(),
            201,
        )
        .await;
        assert_eq!(live.the("notification").await.title(), i.to_string(), "nobody else waits");
    }
    // Ten readers times four megabytes are not there; what is kept of the log for all of them may be.
    let grown = server.resident().zip(before).map(|(after, before)| after.saturating_sub(before));
    assert!(grown.is_none_or(|grown| grown < 10 * 200 + 16 * 1024), "{grown:?} KiB");
    let mut first = slow.swap_remove(0);
    let mut got = Vec::new();
    while got.len() < EVENTS {
        let message = first.next().await;
        if message.event == "notification" {
            got.push(message.title());
        }
    }
    assert_eq!(got, (0..EVENTS).map(|i| i.to_string()).collect::<Vec<_>>(), "in order, and each once");
}

/// Pings whose answers nobody takes: at some time no more of them is read, so the sender has to wait.
#[tokio::test]
async fn who_does_not_read_is_not_heard() {
    let server = Server::start_with(&[("TIDINGS_STALL_SECONDS", "600")]).await;
    let mut socket = narrow(&server).await;
    let (address, token) = (&server.address, Server::token("ann", Role::User));
    let head = format!(
        "GET /api/v1/ws HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 101");
    let frame = [&[0x81, 0xfe, 0x3f, 0xff, 0, 0, 0, 0][..], b"{\"ping\":\"", &[b'x'; 16_383 - 11], b"\"}"].concat();
    let mut sent = 0;
    let before = server.resident();
    // Its bytes are taken no more, or it is closed as a flood.
    while let Ok(Ok(())) = timeout(Duration::from_secs(2), socket.write_all(&frame)).await {
        sent += frame.len();
        assert!(sent < 8 * 1024 * 1024, "{sent} bytes were taken");
    }
    let grown = server.resident().zip(before).map(|(after, before)| after.saturating_sub(before));
    assert!(grown.is_none_or(|grown| grown < 8 * 1024), "{grown:?} KiB for {sent} bytes");
}
