//! Bad input: each with its status and code, and nothing changes.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tidings_models::Role;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{PATIENCE, Server};

/// The answer is a problem of this status and code, in full.
pub(crate) async fn refused(request: RequestBuilder, status: u16, code: &str) -> Value {
    let answer = request.send().await.unwrap();
    let headers = answer.headers().clone();
    let got = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(got, status, "{code}: {text}");
    assert_eq!(headers["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{problem}");
    assert_eq!(problem["request_id"], headers["x-request-id"].to_str().unwrap());
    for field in ["type", "title", "detail"] {
        assert!(problem[field].is_string(), "{field} in {problem}");
    }
    assert_eq!(headers.contains_key("www-authenticate"), status == 401);
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    problem
}

/// Nothing was stored, and the server is well.
async fn unharmed(server: &Server) {
    assert_eq!(server.plain(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    assert_eq!(server.get("ann", "/inbox").await["unread"], 0);
}

fn create(server: &Server, body: impl Into<reqwest::Body>) -> RequestBuilder {
    server.as_admin(Method::POST, "/admin/notifications").header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let server = Server::start().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let cases: [&[u8]; 7] = [
        b"",
        br#"{"title": "x""#,
        br#"{"to":{"user":"ann"},"title":"x"} {}"#,
        br#"{"title":"x","title":"y","to":{"user":"ann"}}"#,
        b"{\"title\":\"\xFF\"}",
        deep.as_bytes(),
        b"{'title': 1}",
    ];
    for body in cases {
        refused(create(&server, body.to_vec()), 400, "invalid_json").await;
    }
    unharmed(&server).await;
}

#[tokio::test]
async fn fields_that_are_wrong() {
    let server = Server::start().await;
    let with = |field: &str, value: Value| {
        let mut body = json!({"to": {"user": "ann"}, "title": "x"});
        body[field] = value;
        create(&server, body.to_string())
    };
    let cases = [
        ("tittle", json!("x"), "unknown_field"),
        ("user_id", json!("x"), "unknown_field"),
        ("position", json!(1), "unknown_field"),
        ("title", json!(""), "invalid_title"),
        ("title", json!("  \u{200b}"), "invalid_title"),
        ("title", json!("a\u{0}"), "invalid_title"),
        ("title", json!("a\r\nb"), "invalid_title"),
        ("title", json!("a\u{202e}b"), "invalid_title"),
        ("title", json!("x".repeat(201)), "too_long"),
        ("body", json!("x".repeat(8 * 1024 + 1)), "too_long"),
        ("data", json!("x".repeat(16 * 1024)), "too_long"),
        ("to", json!({"users": []}), "invalid_recipients"),
        ("to", json!({"usr": "x"}), "unknown_field"),
        ("link", json!("javascript:alert(1)"), "invalid_url"),
        ("link", json!("java\tscript:alert(1)"), "invalid_url"),
        ("link", json!("data:text/html,x"), "invalid_url"),
        ("link", json!("//host"), "invalid_url"),
        ("link", json!("http://u:p@host"), "invalid_url"),
        ("link", json!(format!("/{}", "x".repeat(3000))), "invalid_url"),
        ("expires_at", json!("2020-01-01T00:00:00Z"), "invalid_time"),
        ("expires_at", json!("2090-01-01T00:00:00"), "invalid_time"),
        ("expires_at", json!("9999999-01-01T00:00:00Z"), "invalid_time"),
        ("level", json!("loud"), "invalid_request"),
        ("critical", json!("yes"), "invalid_request"),
    ];
    for (field, value, code) in cases {
        let problem = refused(with(field, value), 422, code).await;
        let named = problem["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{field} is named in {problem}");
    }
    for array in [r#"[{"user":"ann"},"x"]"#, r#"{"to":["ann"],"title":"x"}"#, "[]"] {
        let problem = refused(create(&server, array), 422, "invalid_request").await;
        assert!(!problem.to_string().contains("struct"), "{problem}");
    }
    let problem = refused(create(&server, r#"{"to":{"user":"ann"}}"#), 422, "invalid_title").await;
    assert_eq!(problem["errors"][0]["field"], "title");
    unharmed(&server).await;
}

#[tokio::test]
async fn bodies_of_the_wrong_kind_or_size() {
    let server = Server::start().await;
    let post = |kind: Option<&str>| {
        let request = server.as_admin(Method::POST, "/admin/notifications").body("{}");
        kind.map_or(server.as_admin(Method::POST, "/admin/notifications").body("{}"), |kind| {
            request.header("content-type", kind)
        })
    };
    for kind in [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/jsonx")] {
        refused(post(kind), 415, "unsupported_media_type").await;
    }
    refused(create(&server, "{}").header("content-encoding", "gzip"), 415, "unsupported_encoding").await;
    refused(create(&server, vec![b' '; 64 * 1024 + 1]), 413, "body_too_large").await;
    unharmed(&server).await;
}

/// A body without end is answered at the limit, and its connection closed soon after.
#[tokio::test]
async fn an_endless_body_is_refused_before_its_end() {
    let server = Server::start().await;
    let mut socket = TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/admin/notifications HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n",
        server.address,
        Server::token("root", Role::Admin)
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let sending = tokio::spawn(async move {
        let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
        while write.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, read.read_to_end(&mut answer)).await.expect("closed");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    tokio::time::timeout(PATIENCE, sending).await.expect("the server does not listen for ever").unwrap();
    unharmed(&server).await;
}

#[tokio::test]
async fn who_is_not_known() {
    let server = Server::start().await;
    let paths = ["/stream", "/inbox", "/notifications", "/auth/me", "/admin/overview"];
    for path in paths {
        refused(server.plain(Method::GET, &format!("/api/v1{path}")), 401, "unauthenticated").await;
    }
    let good = Server::token("ann", Role::User);
    let (head, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let hs512 = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9";
    let expired = Server::token_for("ann", Role::User, -60);
    let tokens = [
        "x".to_owned(),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{hs512}.{claims}.{signature}"),
        format!("{head}.{claims}.{}", signature.chars().rev().collect::<String>()),
        format!("{good}."),
        expired,
        "a".repeat(20_000),
    ];
    let mut bodies = Vec::new();
    for token in tokens {
        let request = server.plain(Method::GET, "/api/v1/inbox").bearer_auth(token);
        let mut problem = refused(request, 401, "invalid_token").await;
        problem.as_object_mut().unwrap().remove("request_id");
        bodies.push(problem);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same body for all");
}

#[tokio::test]
async fn who_may_not() {
    let server = Server::start().await;
    let body = json!({"to": {"user": "ann"}, "title": "x"});
    refused(server.as_user("ann", Method::POST, "/admin/notifications").json(&body), 403, "forbidden").await;
    refused(server.as_user("ann", Method::GET, "/admin/overview"), 403, "forbidden").await;
    // Refused before the body is looked at: a stranger learns nothing of it.
    refused(server.as_user("ann", Method::POST, "/admin/notifications").body("{"), 403, "forbidden").await;
    for token in ["access_token", "token"] {
        refused(server.as_user("ann", Method::GET, &format!("/inbox?{token}=x")), 400, "token_in_url").await;
    }
    for origin in ["https://evil.example", "null", &format!("http://{}.evil.example", server.address)] {
        refused(server.as_user("ann", Method::GET, "/inbox").header("origin", origin), 403, "origin_not_allowed").await;
    }
    unharmed(&server).await;
}

#[tokio::test]
async fn queries_that_make_no_sense() {
    let server = Server::start().await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=1000000000",
        "limit=abc",
        "limit=1&limit=2",
        "sort=pos;drop",
        "state=odd",
        "level=loud",
    ] {
        refused(server.as_user("ann", Method::GET, &format!("/notifications?{query}")), 400, "invalid_query").await;
    }
    refused(server.as_user("ann", Method::GET, "/inbox?x=1"), 400, "invalid_query").await;
    refused(server.as_user("ann", Method::GET, "/notifications?after=nonsense"), 400, "invalid_cursor").await;
    let mark = json!({"read": true, "up_to": "nonsense"});
    refused(server.as_user("ann", Method::POST, "/notifications/mark").json(&mark), 400, "invalid_cursor").await;
    for mark in [json!({}), json!({"read": true}), json!({"up_to": "x"}), json!({"read": true, "ids": []})] {
        let problem = server.as_user("ann", Method::POST, "/notifications/mark").json(&mark).send().await.unwrap();
        assert_eq!(problem.status(), 422, "{mark}");
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let server = Server::start().await;
    refused(server.as_user("ann", Method::GET, "/nothing"), 404, "not_found").await;
    refused(server.as_user("ann", Method::GET, "/notifications/nonsense"), 404, "not_found").await;
    refused(server.as_admin(Method::GET, "/admin/notifications/nonsense"), 404, "not_found").await;
    let answer = server.as_user("ann", Method::DELETE, "/inbox").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "GET, HEAD"));
}
