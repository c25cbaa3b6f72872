//! Whose WebSocket it is, from where, and until when.

use reqwest::Method;
use serde_json::json;
use tidings_models::Role;

use crate::{
    access::Visitor,
    session::add,
    support::{Server, Socket, json as answer_json, until},
};

/// A browser sends the cookie along from any page, and no CORS holds a WebSocket.
#[tokio::test]
async fn no_foreign_page_opens_one() {
    let server = Server::start_with(&[("TIDINGS_CORS_ORIGINS", "https://app.example")]).await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", "correct horse").await;
    let bearer = format!("Bearer {}", Server::token("ann", Role::User));
    let ours = format!("http://{}", server.address);
    let (cookie, bearer) = (("cookie", &ann.cookie[..]), ("authorization", &bearer[..]));
    for (credential, origin, opens) in [
        (cookie, Some(&ours[..]), true),
        (cookie, Some("https://app.example"), true),
        (cookie, None, false),
        (cookie, Some("https://evil.example"), false),
        (cookie, Some("https://app.example.evil.example"), false),
        (cookie, Some("null"), false),
        (bearer, None, true),
        (bearer, Some("https://app.example"), true),
        (bearer, Some("https://evil.example"), false),
        (bearer, Some("null"), false),
    ] {
        let mut headers = vec![credential];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let answer = Socket::shake(&server, "", &headers).await;
        assert_eq!(answer.as_ref().err().map(|refusal| refusal.status), (!opens).then_some(403), "{headers:?}");
        if let Ok(mut socket) = answer {
            socket.ready().await;
        }
    }
    let site = [cookie, ("origin", &ours[..]), ("sec-fetch-site", "cross-site")];
    assert_eq!(Socket::shake(&server, "", &site).await.err().unwrap().status, 403, "the browser knows better");
}

#[tokio::test]
async fn strangers_get_none() {
    let server = Server::start().await;
    for headers in [vec![], vec![("authorization", "Bearer nonsense")], vec![("sec-websocket-protocol", "tidings.v1")]]
    {
        assert_eq!(Socket::shake(&server, "", &headers).await.err().unwrap().status, 401);
    }
    let token = Server::token("ann", Role::User);
    let refused = Socket::shake(&server, &format!("?access_token={token}"), &[]).await.err().unwrap();
    assert_eq!(refused.status, 400);
    let smuggled = format!("tidings.v1, {token}");
    let refused = Socket::shake(&server, "", &[("sec-websocket-protocol", &smuggled[..])]).await.err().unwrap();
    assert_eq!(refused.status, 401, "a token is no subprotocol");
}

#[tokio::test]
async fn a_ticket_opens_one() {
    let server = Server::start().await;
    let ticket = answer_json(server.as_user("ann", Method::POST, "/stream/ticket").send().await.unwrap(), 200).await;
    let query = format!("?ticket={}", ticket["ticket"].as_str().unwrap());
    let page = [("origin", &format!("http://{}", server.address)[..]), ("sec-websocket-protocol", "tidings.v1")];
    let foreign = [("origin", "https://evil.example")];
    assert_eq!(Socket::shake(&server, &query, &foreign).await.err().unwrap().status, 403, "and takes it from nobody");
    let mut socket = Socket::shake(&server, &query, &page).await.unwrap();
    socket.ready().await;
    server.notify(json!({"user": "ann"}), "hers").await;
    assert_eq!(socket.the("notification").await.title(), "hers");
    assert_eq!(Socket::shake(&server, &query, &page).await.err().unwrap().status, 401, "once");
}

/// Signing out, and whatever else is taken away, ends it; nothing is sent after that, nor is anything done.
#[tokio::test]
async fn what_is_taken_away_ends_it() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", "correct horse").await;
    let ours = format!("http://{}", server.address);
    let mut by_session = Socket::shake(&server, "", &[("cookie", &ann.cookie), ("origin", &ours)]).await.unwrap();
    let mut by_token = Socket::of(&server, "ann", "").await;
    by_session.ready().await;
    by_token.ready().await;
    assert_eq!(ann.by_cookie(Method::POST, "/auth/logout").send().await.unwrap().status(), 204);
    assert_eq!(by_session.goodbye().await, ("revoked".to_owned(), 4403));
    by_token.ask(&json!({"ping": 1}), "pong").await;

    let sent = server.notify(json!({"user": "ann"}), "unread").await;
    by_token.the("notification").await;
    let revoked = server.as_admin(Method::POST, "/admin/users/ann/revoke").send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    let late = json!({"mark": {"read": true, "ids": [sent["id"]]}}).to_string();
    by_token.try_send_raw(tokio_tungstenite::tungstenite::Message::text(late)).await;
    assert_eq!(by_token.goodbye().await, ("revoked".to_owned(), 4403));
    // A token of this second is refused too.
    let inbox = until("somebody who comes anew is let in", || async {
        let answer = server.as_user("ann", Method::GET, "/inbox").send().await.unwrap();
        if answer.status() == 401 { None } else { Some(answer_json(answer, 200).await) }
    });
    assert_eq!(inbox.await["unread"], 1, "what was said too late is not done");
}

#[tokio::test]
async fn an_account_that_is_disabled() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let mut socket = Socket::of(&server, "ann", "").await;
    socket.ready().await;
    let disabled =
        server.as_admin(Method::PATCH, "/admin/users/ann").json(&json!({"disabled": true})).send().await.unwrap();
    assert_eq!(disabled.status(), 200);
    assert_eq!(socket.goodbye().await, ("revoked".to_owned(), 4403));
}
