//! Sessions of built-in accounts: they last while they are refreshed, and end when they are to.

use super::*;

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn a_refresh_replaces_the_secret() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let first = Visitor::sign_in(&server, "ann", PASSWORD).await;
    assert!(first.token.starts_with("tds_"), "it says nothing of itself");
    let answer = first.by_cookie(Method::POST, "/auth/refresh").send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let second = Visitor::of(&server, answer).await;
    let attributes = set.split_once("; ").unwrap().1.replace(|c: char| c.is_ascii_digit(), "9");
    assert_eq!(attributes, "Path=/; Max-Age=99999; HttpOnly; SameSite=Lax");
    assert_ne!(first.token, second.token);
    assert_eq!(first.body["ends_at"], second.body["ends_at"], "no refresh goes beyond the end");
    assert!(first.is_known().await && second.is_known().await, "what was under way is not lost");
    let again = first.by_bearer(Method::POST, "/auth/refresh").send().await.unwrap();
    assert_eq!(code(again, 409).await, "conflict", "another tab was first");
    let outside = server.as_user("ann", Method::POST, "/auth/refresh").send().await.unwrap();
    assert_eq!(code(outside, 403).await, "forbidden", "a token is refreshed where it was made");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let (here, there) =
        (Visitor::sign_in(&server, "ann", PASSWORD).await, Visitor::sign_in(&server, "ann", PASSWORD).await);
    let out = here.by_cookie(Method::POST, "/auth/logout").send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!here.is_known().await && there.is_known().await);
    let refused = here.by_bearer(Method::GET, "/inbox").send().await.unwrap();
    assert_eq!(code(refused, 401).await, "invalid_token", "never in silence as nobody");

    let everywhere = Visitor::sign_in(&server, "ann", PASSWORD).await;
    let out = everywhere.by_bearer(Method::POST, "/auth/logout?everywhere=true").send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(!there.is_known().await && !everywhere.is_known().await);
    let token = server.as_user("ann", Method::GET, "/inbox");
    // A token made in the second of the revocation is one that was made before it.
    assert_eq!(token.send().await.unwrap().status(), 401);
    assert!(Visitor::sign_in(&server, "ann", PASSWORD).await.is_known().await, "and may come back");
}

#[tokio::test]
async fn a_sign_in_takes_the_place_of_the_one_before_in_the_same_browser() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let before = Visitor::sign_in(&server, "ann", PASSWORD).await;
    let body = json!({"user": "ann", "password": PASSWORD});
    let answer = before.by_cookie(Method::POST, "/auth/login").json(&body).send().await.unwrap();
    let after = Visitor::of(&server, answer).await;
    assert!(!before.is_known().await && after.is_known().await);
}

#[tokio::test]
async fn what_is_kept_lets_nobody_in() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let visitor = Visitor::sign_in(&server, "ann", PASSWORD).await;
    let secret = visitor.token.trim_start_matches("tds_").to_owned();
    for name in std::fs::read_dir(server.folder()).unwrap() {
        let bytes = std::fs::read(name.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    }
    let other = if secret.starts_with('A') { 'B' } else { 'A' };
    let damaged = format!("tds_{other}{}", &secret[1..]);
    for bad in ["tds_", "tds_x", &damaged, &visitor.token.to_uppercase()] {
        let refused = server.plain(Method::GET, "/api/v1/inbox").bearer_auth(bad).send().await.unwrap();
        assert_eq!(code(refused, 401).await, "invalid_token", "{bad}");
    }
    let in_url = server.plain(Method::GET, &format!("/api/v1/inbox?x={}", visitor.token)).send().await.unwrap();
    assert_eq!(code(in_url, 400).await, "token_in_url");
}

#[tokio::test]
async fn a_session_goes_on_over_a_restart() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let token = Visitor::sign_in(&server, "ann", PASSWORD).await.token;
    let (bob, revoked) = (Server::token("bob", tidings_models::Role::User), "/api/v1/admin/users/bob/revoke");
    let root = Server::token("root", tidings_models::Role::Admin);
    let revoke = server.plain(Method::POST, revoked).bearer_auth(root).send().await.unwrap();
    assert_eq!(revoke.status(), 204);
    let server = server.start_again().await;
    let status = async |token: &str| {
        server.plain(Method::GET, "/api/v1/inbox").bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(&token).await, status(&bob).await), (200, 401));
}

#[tokio::test]
async fn somebody_sees_where_they_are_signed_in_and_ends_it() {
    let server = Server::start().await;
    for name in ["ann", "bob"] {
        add(&server, name, &[]);
    }
    let (here, left) =
        (Visitor::sign_in(&server, "ann", PASSWORD).await, Visitor::sign_in(&server, "ann", PASSWORD).await);
    let bob = Visitor::sign_in(&server, "bob", PASSWORD).await;
    let list = async |who: &Visitor<'_>| {
        answer_json(who.by_cookie(Method::GET, "/auth/sessions").send().await.unwrap(), 200).await["items"].clone()
    };
    let found = list(&here).await;
    let current = |wanted: bool| found.as_array().unwrap().iter().filter(move |one| one["current"] == json!(wanted));
    assert_eq!((current(true).count(), current(false).count()), (1, 1));
    assert!(!found.to_string().contains("tds_"));
    let path = format!("/auth/sessions/{}", current(false).next().unwrap()["id"].as_str().unwrap());
    for (who, expected) in [(&bob, 404), (&here, 204), (&here, 404)] {
        let answer = who.by_cookie(Method::DELETE, &path).send().await.unwrap();
        assert_eq!(answer.status(), expected);
    }
    assert!(!left.is_known().await && here.is_known().await && bob.is_known().await);
    let own = list(&here).await;
    assert_eq!(own.as_array().unwrap().len(), 1);
    let path = format!("/auth/sessions/{}", own[0]["id"].as_str().unwrap());
    let ended = here.by_cookie(Method::DELETE, &path).send().await.unwrap();
    let cookie = ended.headers()["set-cookie"].to_str().unwrap();
    assert!(ended.status() == 204 && cookie.contains("Max-Age=0"), "its own cookie goes with it: {cookie}");
    assert!(!here.is_known().await);
}

/// What was ended since the copy was made would go on.
#[tokio::test]
async fn a_copy_that_is_put_back_lets_nobody_in_unasked() {
    let mut server = Server::start().await;
    add(&server, "ann", &[]);
    let token = Visitor::sign_in(&server, "ann", PASSWORD).await.token;
    let ran = |server: &Server, args: &[&str]| server.command(args).output().unwrap().status.success();
    assert!(ran(&server, &["backup", "copy.db"]));
    server.kill();
    server.remove_database();
    assert!(ran(&server, &["restore", "copy.db"]));
    let server = server.start_again().await;
    let refused = server.plain(Method::GET, "/api/v1/inbox").bearer_auth(token).send().await.unwrap();
    assert_eq!(code(refused, 401).await, "invalid_token");
    assert!(Visitor::sign_in(&server, "ann", PASSWORD).await.is_known().await);
}
