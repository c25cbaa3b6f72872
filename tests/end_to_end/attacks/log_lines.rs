//! Text of others in the log: one entry stays one line, whatever is in it.

use super::*;

/// Tries to be an entry of its own, to colour a terminal, and to end a line in every way there is.
const FORGED: &str = "x\r\n2026-11-21T00:00:00.000000Z  INFO FORGED\u{1b}[2J\u{b}\u{85}\u{2028}FORGED";

/// What of it may be in a name, a path or a query.
fn encoded() -> String {
    percent_encoded(FORGED)
}

/// Asks for all kinds of things with it, and gives the log.
async fn asked(format: &str) -> String {
    let everything = "trace,actix_server=warn";
    let server = Server::start_apart(&[("TIDINGS_LOG", everything), ("TIDINGS_LOG_FORMAT", format)]).await;
    let name = "eve\" status=200 \u{2028}FORGED";
    server.get(name, "/inbox").await;
    server.as_user(name, Method::GET, &format!("/{}", encoded())).send().await.unwrap();
    server.as_user(name, Method::GET, &format!("/inbox?{0}={0}", encoded())).send().await.unwrap();
    server.plain(Method::GET, &format!("/{}", encoded())).send().await.unwrap();
    server.as_admin(Method::DELETE, &format!("/admin/users/{}", encoded())).send().await.unwrap();
    server
        .as_admin(Method::POST, "/admin/api-keys")
        .json(&json!({"name": "ci \u{2028}FORGED", "scopes": ["manage"]}))
        .send()
        .await
        .unwrap();
    for body in [
        json!({"to": {"user": name}, "title": "t", "body": FORGED}),
        json!({"to": {"user": FORGED}, "title": FORGED}),
        json!(FORGED),
    ] {
        server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap();
    }
    for (user, password) in [(FORGED, "x"), ("admin", FORGED), (name, "x")] {
        let body = json!({"user": user, "password": password});
        assert_eq!(server.plain(Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap().status(), 401);
    }
    for header in [
        "x-request-id",
        "user-agent",
        "authorization",
        "last-event-id",
        "idempotency-key",
        "x-forwarded-for",
        "origin",
        "cookie",
    ] {
        // Neither CR, LF nor ESC gets into a header; what is beyond ASCII does.
        for value in [FORGED.replace(['\r', '\n'], "\u{1b}"), "x\u{85}\u{2028}FORGED".to_owned()] {
            let head =
                format!("GET /api/v1/inbox HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}: {value}\r\n\r\n");
            raw(&server, head.as_bytes()).await;
        }
        let split = format!(
            "GET /api/v1/inbox HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}: a\rFORGED\nFORGED\r\n\r\n"
        );
        raw(&server, split.as_bytes()).await;
    }
    raw(&server, format!("GET /{FORGED} HTTP/1.1\r\n\r\n").as_bytes()).await;
    until("an entry with the name", || async { server.log().contains(r"\u{2028}FORGED").then_some(()) }).await;
    server.log()
}

fn only_printable(log: &str) {
    let is_unsafe = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    for line in log.split('\n') {
        assert!(!line.chars().any(is_unsafe), "{line:?}");
    }
}

#[tokio::test]
async fn an_entry_is_a_line_of_text() {
    let log = asked("text").await;
    only_printable(&log);
    for line in log.lines() {
        let time = line.split_whitespace().next().unwrap_or_default();
        let is_time = time.len() == 27 && time.starts_with("20") && time.ends_with('Z');
        assert!(is_time, "an entry begins with its time: {line:?}");
        assert!(!line.starts_with("2026-11-21T00:00:00.000000Z"), "forged: {line:?}");
    }
}

#[tokio::test]
async fn an_entry_is_a_line_of_json() {
    let log = asked("json").await;
    only_printable(&log);
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(entry["timestamp"].is_string() && entry["level"].is_string(), "{line}");
    }
}
