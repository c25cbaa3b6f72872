//! Topics, signals, snoozing, expiry, groups, schedules, corrections and mutes: through the real binary.

mod audience;
mod bad_input;
mod correct;
mod list;
mod pages;
mod preferences;
mod schedule;
mod signals;
mod states;
mod together;
mod topics;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tidings_models::{Clock as _, SystemClock};

use crate::support::{Event, PATIENCE, Server, Stream};

/// So soon, in milliseconds, that a test can wait for it, and so late that a busy machine has asked before for all that
/// comes before.
const SOON: i64 = 5_000;

/// The JSON of an answer that has this status; null for one without a body.
async fn answer(request: RequestBuilder, status: u16) -> Value {
    let answer = request.send().await.unwrap();
    let got = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
}

/// What an admin asks for, and gets with this status.
async fn admin(server: &Server, method: Method, path: &str, body: Value, status: u16) -> Value {
    let request = server.as_admin(method, path);
    answer(if body.is_null() { request } else { request.json(&body) }, status).await
}

/// What a user asks for, and gets with this status.
async fn user(server: &Server, name: &str, method: Method, path: &str, body: Value, status: u16) -> Value {
    let request = server.as_user(name, method, path);
    answer(if body.is_null() { request } else { request.json(&body) }, status).await
}

/// Creates a notification with more than a title, and gives its id.
async fn create(server: &Server, body: Value) -> String {
    let made = admin(server, Method::POST, "/admin/notifications", body, 201).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A topic.
async fn topic(server: &Server, name: &str, open: bool) {
    admin(server, Method::PUT, &format!("/admin/topics/{name}"), json!({ "open": open }), 201).await;
}

/// A user joins an open topic.
async fn join(server: &Server, name: &str, topic: &str) {
    user(server, name, Method::PUT, &format!("/subscriptions/{topic}"), Value::Null, 204).await;
}

/// The next event, which has this name.
async fn next(stream: &mut Stream, name: &str) -> Event {
    let event = tokio::time::timeout(PATIENCE, stream.event()).await;
    let event = event.unwrap_or_else(|_| panic!("no {name} came"));
    assert_eq!(event.name, name, "{event:?}");
    event
}

/// Unread and unseen.
fn counts(json: &Value) -> (i64, i64) {
    (json["unread"].as_i64().unwrap(), json["unseen"].as_i64().unwrap())
}

/// Unread and unseen, as the inbox says.
async fn inbox(server: &Server, name: &str) -> (i64, i64) {
    counts(&server.get(name, "/inbox").await)
}

/// The titles of a part of the list.
async fn titles(server: &Server, name: &str, query: &str) -> Vec<String> {
    let list = server.get(name, &format!("/notifications{query}")).await;
    list["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

/// A time from now, in milliseconds.
pub(crate) fn after(millis: i64) -> String {
    SystemClock.now().plus_millis(millis).to_string()
}
