//! What every endpoint that takes a body, or changes something, refuses alike. Nothing changes by it.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{admin, create, inbox, join, topic};
use crate::{
    refusals::refused,
    support::{Server, json as answer_json},
};

/// A server with a topic, a member, and a notification, and the id of that.
async fn server() -> (Server, String) {
    let server = Server::start().await;
    topic(&server, "ops", true).await;
    join(&server, "ann", "ops").await;
    let id = create(&server, json!({"to": {"user": "ann"}, "title": "x"})).await;
    (server, id)
}

/// Everything that takes a body: whether it is an admin's, how, and where.
fn with_body(id: &str) -> [(bool, Method, String); 7] {
    [
        (false, Method::PATCH, format!("/notifications/{id}")),
        (false, Method::POST, "/notifications/mark".into()),
        (false, Method::PUT, "/preferences".into()),
        (true, Method::PATCH, format!("/admin/notifications/{id}")),
        (true, Method::POST, "/admin/signals".into()),
        (true, Method::PUT, "/admin/topics/ops".into()),
        (true, Method::POST, "/admin/topics/ops/members".into()),
    ]
}

/// Everything else that changes something.
fn without_body(id: &str) -> [(bool, Method, String); 6] {
    [
        (false, Method::DELETE, format!("/notifications/{id}")),
        (false, Method::PUT, "/subscriptions/ops".into()),
        (false, Method::DELETE, "/subscriptions/ops".into()),
        (true, Method::DELETE, format!("/admin/notifications/{id}")),
        (true, Method::DELETE, "/admin/topics/ops".into()),
        (true, Method::DELETE, "/admin/topics/ops/members/ann".into()),
    ]
}

fn ask(server: &Server, is_admin: bool, method: &Method, path: &str) -> RequestBuilder {
    if is_admin { server.as_admin(method.clone(), path) } else { server.as_user("ann", method.clone(), path) }
}

/// Everything is as it was, and the server is well.
async fn unharmed(server: &Server, id: &str) {
    assert_eq!(server.plain(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    assert_eq!(inbox(server, "ann").await, (1, 1));
    let sent = admin(server, Method::GET, &format!("/admin/notifications/{id}"), Value::Null, 200).await;
    assert_eq!((&sent["stage"], sent.get("history")), (&json!("delivered"), None));
    let topics = admin(server, Method::GET, "/admin/topics", Value::Null, 200).await;
    assert_eq!((&topics["items"][0]["open"], &topics["items"][0]["members"]), (&json!(true), &json!(1)));
    assert_eq!(server.get("ann", "/preferences").await["muted"]["levels"], json!([]));
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let (server, id) = server().await;
    let deep = format!("{{\"data\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 7] =
        [b"", b"{", b"{} {}", br#"{"read":true,"read":true}"#, b"{\"title\":\"\xFF\"}", b"{'a': 1}", deep.as_bytes()];
    for (is_admin, method, path) in with_body(&id) {
        for body in bodies {
            let request = ask(&server, is_admin, &method, &path).header("content-type", "application/json");
            refused(request.body(body.to_vec()), 400, "invalid_json").await;
        }
        for array in ["[]", "null", "1", "\"x\""] {
            let request = ask(&server, is_admin, &method, &path).header("content-type", "application/json");
            let problem = refused(request.body(array), 422, "invalid_request").await;
            assert!(!problem.to_string().contains("struct"), "{problem}");
        }
        let unknown = ask(&server, is_admin, &method, &path).json(&json!({"tittle": "x"}));
        let problem = refused(unknown, 422, "unknown_field").await;
        assert_eq!(problem["errors"][0]["field"], "tittle", "{method} {path}");
    }
    unharmed(&server, &id).await;
}

#[tokio::test]
async fn bodies_of_the_wrong_kind_or_size() {
    let (server, id) = server().await;
    for (is_admin, method, path) in with_body(&id) {
        for kind in [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/jsonx")] {
            let request = ask(&server, is_admin, &method, &path).body("{}");
            let request = kind.into_iter().fold(request, |request, kind| request.header("content-type", kind));
            refused(request, 415, "unsupported_media_type").await;
        }
        let request = || ask(&server, is_admin, &method, &path).header("content-type", "application/json");
        refused(request().header("content-encoding", "gzip").body("{}"), 415, "unsupported_encoding").await;
        refused(request().body(vec![b' '; 64 * 1024 + 1]), 413, "body_too_large").await;
    }
    unharmed(&server, &id).await;
}

#[tokio::test]
async fn who_may_not_change_anything() {
    let (server, id) = server().await;
    for (is_admin, method, path) in with_body(&id).into_iter().chain(without_body(&id)) {
        let full = format!("/api/v1{path}");
        refused(server.plain(method.clone(), &full), 401, "unauthenticated").await;
        refused(server.plain(method.clone(), &full).bearer_auth("x"), 401, "invalid_token").await;
        for origin in ["https://evil.example", "null"] {
            let request = ask(&server, is_admin, &method, &path).header("origin", origin);
            refused(request, 403, "origin_not_allowed").await;
        }
        refused(ask(&server, is_admin, &method, &format!("{path}?access_token=x")), 400, "token_in_url").await;
        let odd = ask(&server, is_admin, &method, &format!("{path}?dry_run=true")).json(&json!({}));
        refused(odd, 400, "invalid_query").await;
        if is_admin {
            refused(server.as_user("ann", method.clone(), &path).json(&json!({})), 403, "forbidden").await;
        }
    }
    unharmed(&server, &id).await;
}

/// A session cookie comes along from any page: what changes something must say where it comes from.
#[tokio::test]
async fn a_foreign_page_changes_nothing() {
    let (server, id) = server().await;
    let mut adding = server.command(&["user", "add", "ann", "--stdin", "--role", "admin"]);
    let mut adding = adding.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(adding.stdin.as_mut().unwrap(), b"correct horse\n").unwrap();
    assert!(adding.wait_with_output().unwrap().status.success());
    let login = json!({"user": "ann", "password": "correct horse"});
    let answer = server.plain(Method::POST, "/api/v1/auth/login").json(&login).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    answer_json(answer, 200).await;
    for (_, method, path) in with_body(&id).into_iter().chain(without_body(&id)) {
        let request =
            || server.plain(method.clone(), &format!("/api/v1{path}")).header("cookie", &cookie).json(&json!({}));
        for (name, value) in [("x-none", ""), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            refused(request().header(name, value), 403, "origin_not_allowed").await;
        }
    }
    unharmed(&server, &id).await;
}

#[tokio::test]
async fn methods_that_are_not_there() {
    let (server, id) = server().await;
    for (path, allow) in [
        (format!("/notifications/{id}"), "GET, HEAD, PATCH, DELETE"),
        ("/topics".into(), "GET, HEAD"),
        ("/subscriptions/ops".into(), "PUT, DELETE"),
        ("/preferences".into(), "GET, HEAD, PUT"),
        (format!("/admin/notifications/{id}"), "GET, HEAD, PATCH, DELETE"),
        ("/admin/signals".into(), "POST"),
        ("/admin/topics".into(), "GET, HEAD"),
        ("/admin/topics/ops".into(), "PUT, DELETE"),
        ("/admin/topics/ops/members".into(), "GET, HEAD, POST"),
        ("/admin/topics/ops/members/ann".into(), "DELETE"),
    ] {
        let request = server.as_admin(Method::OPTIONS, &path).header("x-test", "1");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, allow), "{path}");
    }
    unharmed(&server, &id).await;
}
