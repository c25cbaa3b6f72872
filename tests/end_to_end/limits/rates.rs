//! How often requests may come.

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tidings_models::Role;

use super::{header, one_limited, one_refused};
use crate::{
    refusals::refused,
    support::{Server, Stream},
};

/// Fewer than are let through at once: whatever has a quota of its own is not refused.
const SOME: usize = 5;
/// So often a new stream may be let in by what came back meanwhile.
const TRIES: usize = 5;

/// How many of them were refused for coming too often.
async fn limited(requests: impl Iterator<Item = RequestBuilder>) -> usize {
    let answers = join_all(requests.map(|request| async { request.send().await.unwrap().status() })).await;
    answers.iter().filter(|status| status.as_u16() == 429).count()
}

#[tokio::test]
async fn strangers_are_limited_by_address_and_nobody_believes_what_they_write() {
    let server = Server::start_with(&[("TIDINGS_RATE_PER_ADDRESS", "1")]).await;
    let stranger = |n: usize| {
        let request = server.plain(Method::GET, "/api/v1/inbox").bearer_auth(format!("forged-{n}"));
        request.header("x-forwarded-for", format!("198.51.100.{n}")).header("forwarded", format!("for=198.51.100.{n}"))
    };
    // Ten at once, and one more for each second that this takes.
    assert!((15..=20).contains(&limited((0..30).map(stranger)).await));
    one_limited((0..SOME).map(stranger)).await;
    assert_eq!(limited((0..50).map(|n| server.as_user(&format!("user-{n}"), Method::GET, "/inbox"))).await, 0);
    assert_eq!(limited((0..50).map(|_| server.plain(Method::GET, "/healthz"))).await, 0);
}

#[tokio::test]
async fn a_trusted_proxy_says_who_is_calling() {
    let settings = [("TIDINGS_RATE_PER_ADDRESS", "1"), ("TIDINGS_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")];
    let server = Server::start_with(&settings).await;
    let through = |forwarded: String| server.plain(Method::GET, "/api/v1/inbox").header("x-forwarded-for", forwarded);
    assert_eq!(limited((0..30).map(|n| through(format!("198.51.100.{n}, 10.0.0.5")))).await, 0);
    assert!(limited((0..30).map(|n| through(format!("198.51.101.{n}, 192.0.2.1")))).await >= 15, "one client");
}

#[tokio::test]
async fn a_user_who_asks_too_often_is_told_when_to_go_on() {
    let server = Server::start_with(&[("TIDINGS_RATE_PER_USER", "1")]).await;
    let answer = server.as_user("ann", Method::GET, "/inbox").send().await.unwrap();
    assert_eq!(header(&answer, "ratelimit-policy"), "\"user\";q=10;w=10");
    assert_eq!(header(&answer, "ratelimit"), "\"user\";r=9");
    assert!(limited((0..30).map(|_| server.as_user("ann", Method::GET, "/inbox"))).await >= 15);
    let answer = one_refused((0..SOME).map(|_| server.as_user("ann", Method::GET, "/stream"))).await;
    assert_eq!(header(&answer, "retry-after"), "1");
    // An `EventSource` would never come back after that.
    let mut tries = 0;
    let (mut stream, goodbye) = loop {
        let mut stream = Stream::open(&server.address, &Server::token("ann", Role::User), "", None).await;
        assert!(stream.head.starts_with("http/1.1 200"), "{}", stream.head);
        let first = stream.event().await;
        tries += 1;
        if first.name == "goodbye" || tries == TRIES {
            break (stream, first);
        }
    };
    assert_eq!((goodbye.name.as_str(), &goodbye.json()["reason"]), ("goodbye", &json!("limit")));
    assert!(goodbye.retry.is_some());
    assert!(stream.next().await.is_none());
    assert_eq!(limited((0..50).map(|_| server.as_admin(Method::GET, "/admin/overview"))).await, 0);
}

#[tokio::test]
async fn publishing_is_limited_where_the_operator_says_so() {
    let server = Server::start_with(&[("TIDINGS_PUBLISH_RATE", "1")]).await;
    let batch = |count: usize| {
        let items: Vec<_> = (0..count).map(|n| json!({"to": {"user": "ann"}, "title": n.to_string()})).collect();
        server.as_admin(Method::POST, "/admin/notifications/batch").json(&items)
    };
    assert_eq!(batch(100).send().await.unwrap().status(), 200);
    refused(batch(1000), 429, "rate_limited").await;
    assert_eq!(server.get("ann", "/inbox").await["unread"], 100, "nothing of it was stored");
    assert_eq!(batch(900).send().await.unwrap().status(), 200);
    let one = json!({"to": {"user": "ann"}, "title": "x"});
    let publish = |_| server.as_admin(Method::POST, "/admin/notifications").json(&one);
    assert!(limited((0..30).map(publish)).await >= 10);
    let signal = json!({"to": {"user": "ann"}, "type": "x", "payload": null});
    assert!(limited((0..30).map(|_| server.as_admin(Method::POST, "/admin/signals").json(&signal))).await >= 10);
}
