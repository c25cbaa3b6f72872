//! What matters of who may come in is noted, with who did it.

use super::*;

#[tokio::test]
async fn what_changes_who_may_come_in_is_noted() {
    let server = Server::start_apart(&[("TIDINGS_LOG", "warn,audit=info"), ("TIDINGS_LOG_FORMAT", "json")]).await;
    let admin = async |method: Method, path: &str, body: Value| {
        let answer = server.as_admin(method, path).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
        answer.json::<Value>().await.unwrap_or_default()
    };
    let made = admin(Method::POST, "/admin/users", json!({"user": "ann \u{2028}x"})).await;
    let first = made["password"].as_str().unwrap();
    let login = |user: &'static str, password: &str| {
        let body = json!({"user": user, "password": password});
        server.plain(Method::POST, "/api/v1/auth/login").json(&body).send()
    };
    assert_eq!(login("ann \u{2028}x", "wrong").await.unwrap().status(), 401);
    assert_eq!(login("my password by mistake", "ann").await.unwrap().status(), 401);
    let ann = Visitor::sign_in(&server, "ann \u{2028}x", first).await;
    for (current, status) in [("wrong", 401), (first, 204)] {
        let body = json!({"current": current, "new": "battery staple"});
        assert_eq!(ann.by_cookie(Method::POST, "/auth/password").json(&body).send().await.unwrap().status(), status);
    }
    assert_eq!(ann.by_cookie(Method::POST, "/auth/logout").send().await.unwrap().status(), 204);
    let key = admin(Method::POST, "/admin/api-keys", json!({"name": "ci", "scopes": ["publish"]})).await;
    let id = key["id"].as_str().unwrap();
    admin(Method::DELETE, &format!("/admin/api-keys/{id}"), json!({})).await;
    let path = "/admin/users/ann%20%E2%80%A8x";
    admin(Method::PATCH, path, json!({"role": "admin"})).await;
    admin(Method::PATCH, path, json!({"disabled": true})).await;
    admin(Method::POST, &format!("{path}/revoke"), json!({})).await;
    admin(Method::DELETE, path, json!({})).await;
    admin(Method::POST, &format!("{path}/erase"), json!(null)).await;

    let log = server.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let noted: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(
        noted,
        [
            "an account was made",
            "a sign-in failed",
            "a sign-in failed",
            "signed in",
            "the current password was wrong",
            "a password was changed",
            "a session was ended",
            "a key was made",
            "a key was revoked",
            "a role was changed",
            "an account was disabled or enabled",
            "all sessions and tokens of a user were revoked",
            "an account was removed",
            "all sessions and tokens of a user were revoked",
            "a person was erased",
        ],
        "{log}"
    );
    for line in &lines {
        assert_eq!(line["target"], "audit", "{line}");
        assert!(line["span"]["request_id"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    assert_eq!(lines[0]["account"], r#""ann \u{2028}x""#, "escaped");
    assert_eq!((&lines[1]["from"], &lines[1]["account"]), (&json!("127.0.0.1"), &json!(r#"Some("ann \u{2028}x")"#)));
    assert_eq!((&lines[0]["span"]["user"], &lines[5]["span"]["user"]), (&json!("\"root\""), &lines[0]["account"]));
    for secret in ["by mistake", "battery staple", first, key["key"].as_str().unwrap(), &ann.token] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// Each is noted with where it came from, and a flood of them does not fill a disk.
#[tokio::test]
async fn who_is_turned_away_is_noted() {
    let log = &[("TIDINGS_LOG", "warn,audit=info"), ("TIDINGS_LOG_FORMAT", "json")];
    let server = Server::start_apart(log).await;
    let ask = |bearer: &str, path: &str| {
        let request = server.plain(Method::GET, &format!("/api/v1{path}"));
        if bearer.is_empty() { request } else { request.bearer_auth(bearer) }
    };
    let status = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(ask("", "/inbox")).await, 401, "any visitor, of whom nothing is noted");
    assert_eq!(status(ask("planted-token", "/inbox")).await, 401);
    assert_eq!(status(ask("", "/inbox?access_token=planted-token")).await, 400);
    assert_eq!(status(server.as_user("ann", Method::GET, "/admin/users")).await, 403);
    assert_eq!(
        status(server.as_user("ann", Method::GET, "/inbox").header("origin", "https://evil.example")).await,
        403
    );
    let lines = || -> Vec<Value> { server.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let codes: Vec<_> = lines().iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(codes, ["invalid_token", "token_in_url", "forbidden", "origin_not_allowed"]);
    for line in lines() {
        assert_eq!((&line["message"], &line["from"]), (&json!("turned away"), &json!("127.0.0.1")), "{line}");
        assert!(line["span"]["request_id"].is_string(), "{line}");
    }
    assert_eq!(lines()[2]["span"]["user"], "\"ann\"");

    let began = std::time::Instant::now();
    for _ in 0..200 {
        assert_eq!(status(ask("planted-token", "/inbox")).await, 401);
    }
    let most = 10 * (usize::try_from(began.elapsed().as_secs()).unwrap() + 2);
    let told = lines().len() - codes.len();
    assert!(told <= most.min(199), "{told} lines");
    assert!(!server.log().contains("planted"));
}
