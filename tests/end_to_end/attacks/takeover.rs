//! Somebody who comes to a new installation before its owner.

use super::*;
use crate::session::first_lines;

#[tokio::test]
async fn nobody_gets_into_a_new_installation() {
    // Each name and address has ten tries a minute; here it is about what is tried.
    let server = Server::start_with(&[("TIDINGS_LOGIN_PER_MINUTE", "0")]).await;
    for user in ["admin", "root", "tidings", "alice"] {
        for password in ["", "admin", "password", "tidings", "changeme", "root", "12345678", user] {
            let body = json!({"user": user, "password": password});
            let answer = server.plain(Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 401, "{user} with {password}");
        }
    }
    let first = json!({"user": "eve", "role": "admin", "password": "battery staple"});
    for path in
        ["/admin/users", "/admin/api-keys", "/auth/password", "/auth/register", "/auth/setup", "/setup", "/users"]
    {
        let answer = server.plain(Method::POST, &format!("/api/v1{path}")).json(&first).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 401 | 404), "{path}: {}", answer.status());
    }
}

/// A terminal keeps what it shows: whoever reads it later has a password that is good no more.
#[tokio::test]
async fn the_first_password_is_good_for_choosing_another_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (output, address, mut child) = first_lines(&folder);
    let words: Vec<_> = output.split_whitespace().collect();
    let password = words[words.iter().position(|word| *word == "admin").unwrap() + 1];
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = json!({"user": "admin", "password": password});
    let answer = client.post(format!("http://{address}/api/v1/auth/login")).json(&login).send().await.unwrap();
    let session = answer_json(answer, 200).await;
    assert_eq!(session["must_change_password"], true);
    let overview = client.get(format!("http://{address}/api/v1/admin/overview"));
    let refused = overview.bearer_auth(session["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer_json(refused, 403).await["code"], "password_change_required");
    let _ = child.kill();
    let _ = child.wait();
}
