//! Open streams, while what their readers have them by is taken away or put off: nothing is sent after.

use tidings_models::Role;

use super::*;
use crate::support::Stream;

/// What comes until the stream ends: only the reason is looked at.
async fn goodbye(stream: &mut Stream) -> String {
    let mut last = None;
    while let Some(event) = stream.next().await {
        if event.data.is_some() {
            last = Some(event);
        }
    }
    let last = last.expect("a goodbye");
    assert_eq!(last.name, "goodbye");
    last.json()["reason"].as_str().unwrap().to_owned()
}

async fn open(server: &Server, token: &str) -> Stream {
    let mut stream = Stream::open(&server.address, token, "", None).await;
    stream.ready().await;
    stream
}

/// Ends streams in some way, sends right afterwards, and looks at what they were given.
async fn nothing_after(server: &Server, mut ended: Vec<Stream>, take_away: impl AsyncFnOnce()) {
    take_away().await;
    server.notify(json!({"users": ["ann", "bob"]}), "too late").await;
    for stream in &mut ended {
        let event = stream.event().await;
        assert_eq!((event.name.as_str(), &event.json()["reason"]), ("goodbye", &json!("revoked")));
        assert!(stream.next().await.is_none(), "and closed");
    }
}

#[tokio::test]
async fn signing_out_in_another_tab() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", "correct horse").await;
    let phone = Visitor::sign_in(&server, "ann", "correct horse").await;
    let tabs = vec![open(&server, &ann.token).await, open(&server, &ann.token).await];
    let mut other = open(&server, &phone.token).await;
    nothing_after(&server, tabs, async || {
        assert_eq!(ann.by_cookie(Method::POST, "/auth/logout").send().await.unwrap().status(), 204);
    })
    .await;
    assert_eq!(other.titles(1).await, ["too late"], "the phone is another session");
}

#[tokio::test]
async fn an_account_that_is_disabled_or_is_no_longer_an_admin() {
    let server = Server::start().await;
    for (user, change) in [("ann", json!({"disabled": true})), ("bob", json!({"role": "user"}))] {
        add(&server, user, &["--role", "admin"]);
        let visitor = Visitor::sign_in(&server, user, "correct horse").await;
        let (by_session, by_token) = (open(&server, &visitor.token).await, server.stream(user, "", None).await);
        let mut by_token = by_token;
        by_token.ready().await;
        nothing_after(&server, vec![by_session, by_token], async || {
            let path = format!("/admin/users/{user}");
            let changed = server.as_admin(Method::PATCH, &path).json(&change).send().await.unwrap();
            assert_eq!(changed.status(), 200);
        })
        .await;
    }
}

#[tokio::test]
async fn a_user_who_is_revoked() {
    let server = Server::start().await;
    let old = Server::token("ann", Role::User);
    let stream = open(&server, &old).await;
    nothing_after(&server, vec![stream], async || {
        let revoked = server.as_admin(Method::POST, "/admin/users/ann/revoke").send().await.unwrap();
        assert_eq!(revoked.status(), 204);
    })
    .await;
    for path in ["/api/v1/stream", "/api/v1/events", "/api/v1/inbox"] {
        let refused = server.plain(Method::GET, path).header("accept", "text/event-stream").bearer_auth(&old);
        assert_eq!(code(refused.send().await.unwrap(), 401).await, "invalid_token", "{path}");
    }
}

/// A command on another process tells it by the log alone.
#[tokio::test]
async fn the_command_line_of_a_server_that_runs() {
    let server = Server::start().await;
    let stream = open(&server, &Server::token("ann", Role::User)).await;
    let mut stream = stream;
    assert!(server.command(&["user", "revoke", "ann"]).status().unwrap().success());
    assert_eq!(goodbye(&mut stream).await, "revoked");
}

/// A reader that is behind gets nothing of what was before either: it is no longer theirs.
#[tokio::test]
async fn during_a_replay() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "first").await;
    let token = Server::token("ann", Role::User);
    let first = open(&server, &token).await;
    let after = {
        let mut stream = first;
        server.notify(json!({"user": "ann"}), "second").await;
        stream.event().await.id.unwrap()
    };
    let body = "x".repeat(8000);
    for _ in 0..600 {
        let new = json!({"to": {"user": "ann"}, "title": "much", "body": body});
        let sent = server.as_admin(Method::POST, "/admin/notifications").json(&new).send().await.unwrap();
        assert_eq!(sent.status(), 201);
    }
    // Some five megabytes wait for a reader that stands still after the first of them.
    let mut stream = Stream::open(&server.address, &token, "", Some(after.as_bytes())).await;
    stream.event().await;
    let revoked = server.as_admin(Method::POST, "/admin/users/ann/revoke").send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    let mut count = 0;
    let mut last = String::new();
    while let Some(event) = stream.next().await {
        count += 1;
        last = event.name;
    }
    assert_eq!(last, "goodbye");
    assert!(count < 600, "{count}: only what was on its way already");
}

#[tokio::test]
async fn a_token_that_ends_and_one_that_is_renewed() {
    let server = Server::start().await;
    let token = Server::token_for("ann", Role::User, 8);
    let mut left = Stream::open(&server.address, &token, "", None).await;
    let mut renewed = Stream::open(&server.address, &token, "", None).await;
    left.ready().await;
    let id = renewed.ready().await.pop().unwrap().json()["connection_id"].clone();
    for stream in [&mut left, &mut renewed] {
        assert_eq!(stream.event().await.name, "expiring", "at once, as it is so short");
    }
    let renew = async |name: &str, seconds: i64| {
        let request = server.plain(Method::POST, "/api/v1/stream/renew");
        let request = request.bearer_auth(Server::token_for(name, Role::User, seconds));
        request.json(&json!({"connection_id": id})).send().await.unwrap()
    };
    assert_eq!(code(renew("bob", 600).await, 404).await, "not_found", "it is not his");
    assert_eq!(renew("ann", 600).await.status(), 200);
    assert_eq!(goodbye(&mut left).await, "token_expired");
    server.notify(json!({"user": "ann"}), "still here").await;
    assert_eq!(renewed.titles(1).await, ["still here"]);
}

#[tokio::test]
async fn a_session_that_is_refreshed_keeps_its_streams() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", "correct horse").await;
    let mut stream = open(&server, &ann.token).await;
    let answer = ann.by_cookie(Method::POST, "/auth/refresh").send().await.unwrap();
    let refreshed = Visitor::of(&server, answer).await;
    server.notify(json!({"user": "ann"}), "goes on").await;
    assert_eq!(stream.titles(1).await, ["goes on"]);
    nothing_after(&server, vec![stream], async || {
        assert_eq!(refreshed.by_cookie(Method::POST, "/auth/logout").send().await.unwrap().status(), 204);
    })
    .await;
}
