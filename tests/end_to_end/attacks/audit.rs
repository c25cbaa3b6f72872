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
