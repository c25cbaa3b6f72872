//! Requests that come slowly, or are too large.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use tidings_models::Role;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use super::trickle;
use crate::{refusals::refused, support::Server};

const HEAD: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n";

/// What was said to one who sends `at_once`, and then a byte now and then; and when it was over.
async fn slowly(server: &Server, at_once: &str, then: &str) -> (String, Duration) {
    let mut socket = TcpStream::connect(&server.address).await.unwrap();
    socket.write_all(at_once.as_bytes()).await.unwrap();
    let begun = Instant::now();
    let answer = trickle(&mut socket, then.bytes().cycle()).await;
    (answer, begun.elapsed())
}

#[tokio::test]
async fn who_sends_by_the_byte_is_cut_off_within_seconds() {
    let server = Server::start().await;
    let whole = format!("{HEAD}\r\n");
    let second = format!("{whole}{HEAD}");
    let body = |length: &str, path: &str| {
        let token = Server::token("root", Role::Admin);
        format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{length}\r\n\r\n"
        )
    };
    let declared = body("content-length: 60000", "/admin/notifications");
    let chunked = body("transfer-encoding: chunked", "/admin/notifications");
    let batch = body("content-length: 4000000", "/admin/notifications/batch");
    let deaf = body("content-length: 60000", "/nowhere");
    // Sent at once; then by the byte; the statuses of what is answered; the seconds that it may take.
    let cases = [
        (HEAD, "x", &["408"][..], 8),
        ("", "G", &["408"], 8),
        // actix itself would wait for a second head without end.
        (second.as_str(), "x", &["200"], 8),
        (whole.as_str(), "G", &["200"], 8),
        (declared.as_str(), " ", &["408"], 14),
        (batch.as_str(), " ", &["408"], 14),
        (chunked.as_str(), "1\r\n \r\n", &["408"], 14),
        (deaf.as_str(), " ", &["404"], 8),
    ];
    let ends = join_all(cases.iter().map(|(at_once, then, _, _)| slowly(&server, at_once, then))).await;
    for ((at_once, _, statuses, seconds), (answer, took)) in cases.iter().zip(ends) {
        let said: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
        assert_eq!(&said, statuses, "{at_once}: {answer}");
        assert!(took < Duration::from_secs(*seconds), "{at_once}: {took:?}");
    }
    assert_eq!(server.plain(Method::GET, "/healthz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let server = Server::start().await;
    let get = |path: &str| server.as_user("ann", Method::GET, path);
    refused(get("/inbox").header("x-large", "x".repeat(33 * 1024)), 431, "headers_too_large").await;
    refused(get(&format!("/events?after={}", "x".repeat(17 * 1024))), 414, "url_too_long").await;
    assert_eq!(get("/inbox").header("x-large", "x".repeat(30 * 1024)).send().await.unwrap().status(), 200);
    // What actix does not even parse has no words, but a status.
    let many = (0..200).fold(get("/inbox"), |request, n| request.header(format!("x-{n}"), "x"));
    assert_eq!(many.send().await.unwrap().status(), 431);
    let mut socket = TcpStream::connect(&server.address).await.unwrap();
    let _ = socket.write_all(format!("{HEAD}x: {}", "x".repeat(140 * 1024)).as_bytes()).await;
    let answer = trickle(&mut socket, std::iter::empty()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(get("/inbox").send().await.unwrap().status(), 200);
}
