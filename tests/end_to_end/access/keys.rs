//! Keys of servers.

use super::*;

async fn make(server: &Server, name: &str, scopes: &[&str]) -> (String, String) {
    let body = json!({"name": name, "scopes": scopes});
    let made =
        answer_json(server.as_admin(Method::POST, "/admin/api-keys").json(&body).send().await.unwrap(), 201).await;
    (made["id"].as_str().unwrap().into(), made["key"].as_str().unwrap().into())
}

async fn status(server: &Server, key: &str, method: Method, path: &str, body: Value) -> u16 {
    let request = server.plain(method, &format!("/api/v1{path}")).bearer_auth(key).json(&body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_else() {
    let server = Server::start().await;
    let (_, publish) = make(&server, "ci", &["publish"]).await;
    let (_, manage) = make(&server, "console", &["manage"]).await;
    let (_, both) = make(&server, "both", &["publish", "manage"]).await;
    assert!(publish.starts_with("tdk_"));
    let sent = server.notify(json!({"user": "ann"}), "one").await;
    let id = sent["id"].as_str().unwrap();
    let new = json!({"to": {"user": "ann"}, "title": "two"});
    let signal = json!({"to": {"user": "ann"}, "type": "x", "payload": 1});
    let (topic, one) = (json!({"open": true}), format!("/admin/notifications/{id}"));
    let table = [
        (Method::POST, "/admin/notifications", new.clone(), 201, 403),
        (Method::POST, "/admin/notifications/batch", json!([new]), 200, 403),
        (Method::POST, "/admin/signals", signal, 200, 403),
        (Method::GET, "/admin/notifications", json!(null), 403, 200),
        (Method::GET, &one, json!(null), 403, 200),
        (Method::GET, &format!("{one}/deliveries?user=ann"), json!(null), 403, 200),
        (Method::PUT, "/admin/topics/deploys", topic, 403, 201),
        (Method::GET, "/admin/topics", json!(null), 403, 200),
        (Method::GET, "/admin/audience?to=everyone", json!(null), 403, 200),
        // Neither is a person, nor an admin.
        (Method::GET, "/inbox", json!(null), 403, 403),
        (Method::GET, "/stream", json!(null), 403, 403),
        (Method::POST, "/stream/ticket", json!(null), 403, 403),
        (Method::GET, "/auth/me", json!(null), 403, 403),
        (Method::GET, "/admin/users", json!(null), 403, 403),
        (Method::GET, "/admin/api-keys", json!(null), 403, 403),
        (Method::GET, "/admin/overview", json!(null), 403, 403),
        (Method::GET, "/admin/connections", json!(null), 403, 403),
        (Method::POST, "/admin/users/ann/erase", json!(null), 403, 403),
    ];
    for (method, path, body, of_publish, of_manage) in table {
        let got = status(&server, &publish, method.clone(), path, body.clone()).await;
        let ok = |got: u16, want: u16| got == want || (want < 300 && got < 300);
        assert!(ok(got, of_publish), "publish: {method} {path}: {got}");
        let got = status(&server, &manage, method.clone(), path, body.clone()).await;
        assert!(ok(got, of_manage), "manage: {method} {path}: {got}");
        let got = status(&server, &both, method.clone(), path, body).await;
        assert!(ok(got, of_publish.min(of_manage)), "both: {method} {path}: {got}");
    }
    let by_cookie =
        server.plain(Method::GET, "/api/v1/admin/topics").header("cookie", format!("tidings_session={both}"));
    assert_eq!(by_cookie.send().await.unwrap().status(), 401, "a key is no session");
    let in_url = server.plain(Method::GET, &format!("/api/v1/inbox?after={both}")).send().await.unwrap();
    assert_eq!(code(in_url, 400).await, "token_in_url");
}

#[tokio::test]
async fn a_key_is_shown_once_its_use_is_noted_and_it_is_revoked_at_once() {
    let server = Server::start().await;
    let (id, key) = make(&server, "ci", &["publish"]).await;
    let listed = async || answer_json(server.as_admin(Method::GET, "/admin/api-keys").send().await.unwrap(), 200).await;
    let before = listed().await;
    assert!(!before.to_string().contains(&key[4..]), "shown once");
    assert_eq!((&before["items"][0]["name"], &before["items"][0]["last_used_at"]), (&json!("ci"), &Value::Null));
    let new = json!({"to": {"user": "ann"}, "title": "two"});
    assert_eq!(status(&server, &key, Method::POST, "/admin/notifications", new.clone()).await, 201);
    assert!(listed().await["items"][0]["last_used_at"].is_string());

    let revoke = async || server.as_admin(Method::DELETE, &format!("/admin/api-keys/{id}")).send().await.unwrap();
    assert_eq!(revoke().await.status(), 204);
    assert_eq!(status(&server, &key, Method::POST, "/admin/notifications", new.clone()).await, 401, "at once");
    assert_eq!(code(revoke().await, 404).await, "not_found");
    assert!(listed().await["items"][0]["revoked_at"].is_string());
    for name in std::fs::read_dir(server.folder()).unwrap() {
        let bytes = std::fs::read(name.unwrap().path()).unwrap();
        assert!(!bytes.windows(43).any(|part| part == &key.as_bytes()[4..]), "nothing that is kept is the key");
    }
}

#[tokio::test]
async fn the_command_line_makes_and_revokes_keys_of_a_server_that_runs() {
    let server = Server::start().await;
    let output = server.command(&["api-key", "create", "ci", "--scope", "publish,manage"]).output().unwrap();
    let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert_eq!(status(&server, &key, Method::GET, "/admin/topics", json!(null)).await, 200);
    let list = String::from_utf8(server.command(&["api-key", "list"]).output().unwrap().stdout).unwrap();
    let line = list.lines().nth(1).unwrap();
    assert!(line.contains("publish,manage") && line.contains("good") && line.ends_with("ci"), "{list}");
    let id = line.split_whitespace().next().unwrap();
    assert!(server.command(&["api-key", "revoke", id]).status().unwrap().success());
    crate::support::until("the key is not good", || async {
        (status(&server, &key, Method::GET, "/admin/topics", json!(null)).await == 401).then_some(())
    })
    .await;
    assert!(!server.command(&["api-key", "revoke", id]).status().unwrap().success(), "it is already");
    assert!(!server.command(&["api-key", "create", "x", "--scope", "all"]).status().unwrap().success());
}

#[tokio::test]
async fn bad_requests_for_keys() {
    let server = Server::start().await;
    for (body, code) in [
        (json!({"name": "", "scopes": ["publish"]}), "invalid_text"),
        (json!({"name": "x", "scopes": []}), "invalid_value"),
        (json!({"name": "x", "scopes": ["all"]}), "invalid_request"),
        (json!({"name": "x"}), "invalid_request"),
        (json!({"name": "x", "scopes": ["publish"], "key": "tdk_mine"}), "unknown_field"),
    ] {
        let answer = server.as_admin(Method::POST, "/admin/api-keys").json(&body).send().await.unwrap();
        assert_eq!(super::code(answer, 422).await, code, "{body}");
    }
    let none = server.as_admin(Method::DELETE, "/admin/api-keys/nonsense").send().await.unwrap();
    assert_eq!(super::code(none, 404).await, "not_found");
}
