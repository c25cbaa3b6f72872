//! Streams over TLS: ordinary bodies, which end when they should.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::support::until;

/// A stream that is read as text.
struct Reading {
    answer: Response,
    text: String,
}

impl Reading {
    async fn open(client: &Client, server: &Server, name: &str) -> Self {
        let request = as_user(client, server, name, Method::GET, "/stream").header("accept", "text/event-stream");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut reading = Self { answer, text: String::new() };
        reading.until("event: ready").await;
        reading
    }

    /// Reads until this has come.
    async fn until(&mut self, part: &str) {
        while !self.text.contains(part) {
            let chunk = self.answer.chunk().await.unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

async fn streams(server: &Server) -> u64 {
    server.overview().await["streams"].as_u64().unwrap()
}

#[tokio::test]
async fn a_notification_arrives_over_both_protocols() {
    let authority = Authority::new();
    // No heartbeat finds out what is asked at the end.
    let server = Server::start_certified(&authority, &[("TIDINGS_HEARTBEAT_SECONDS", "300")]).await;
    for (client, version) in clients(&authority, &server) {
        let mut stream = Reading::open(&client, &server, "ann").await;
        assert_eq!(stream.answer.version(), version);
        let connection = header(&stream.answer, "connection");
        assert_eq!(connection.is_some(), version == reqwest::Version::HTTP_11, "{connection:?}");
        server.notify(json!({"user": "ann"}), &format!("over {version:?}")).await;
        stream.until(&format!("over {version:?}")).await;
        drop((stream, client));
        until("its place is free", async || (streams(&server).await == 0).then_some(())).await;
    }
}

/// A tab is closed, and others go on over the same connection: only a write tells.
#[tokio::test]
async fn a_stream_that_is_left_frees_its_place() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let client = authority.client(&server.address).build().unwrap();
    let left = Reading::open(&client, &server, "ann").await;
    let mut other = Reading::open(&client, &server, "ann").await;
    assert_eq!(streams(&server).await, 2);
    drop(left);
    until("one place is free", async || (streams(&server).await == 1).then_some(())).await;
    server.notify(json!({"user": "ann"}), "to the other").await;
    other.until("to the other").await;
}

/// Over HTTP/2 the connection goes on while one stream of it stands still: no write fails for it.
#[tokio::test]
async fn a_stream_that_nobody_reads_ends() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[("TIDINGS_STALL_SECONDS", "1")]).await;
    let small = authority.client(&server.address).http2_initial_stream_window_size(4096).build().unwrap();
    let unread = Reading::open(&small, &server, "ann").await;
    let mut reader = Reading::open(&server.client, &server, "ann").await;
    for n in 0..50 {
        server.notify(json!({"user": "ann"}), &format!("{n} {}", "x".repeat(150))).await;
    }
    until("its place is free", async || (streams(&server).await == 1).then_some(())).await;
    reader.until("49 x").await;
    drop(unread);
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let authority = Authority::new();
    let mut server = Server::start_certified(&authority, &[("TIDINGS_SHUTDOWN_SECONDS", "300")]).await;
    let [(one, _), (many, _)] = clients(&authority, &server);
    let mut streams = [Reading::open(&one, &server, "ann").await, Reading::open(&many, &server, "ann").await];
    let begun = Instant::now();
    let stopped = server.terminate();
    let said = async {
        for stream in &mut streams {
            stream.until("event: goodbye").await;
            while let Some(chunk) = stream.answer.chunk().await.unwrap() {
                stream.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
            assert!(stream.text.ends_with("\n\n"), "{}", stream.text);
        }
    };
    // The clients keep their connections: they must not hold the server until its time is over.
    let (code, ()) = tokio::join!(stopped, said);
    assert_eq!(code, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
