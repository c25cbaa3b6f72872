//! WebSocket over TLS, and over a protocol that has none.

use serde_json::json;

use super::*;
use crate::support::{Socket, json as answer_json};

#[tokio::test]
async fn a_websocket_goes_over_tls() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    let [(client, _), _] = clients(&authority, &server);
    let answer = as_user(&client, &server, "ann", Method::GET, "/ws")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(header(&answer, "sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    let mut socket = Socket::after(answer).await;
    socket.ready().await;
    server.notify(json!({"user": "ann"}), "over TLS").await;
    assert_eq!(socket.the("notification").await.title(), "over TLS");
    socket.ask(&json!({"ping": 1}), "pong").await;
    let revoked = server.as_admin(Method::POST, "/admin/users/ann/revoke").send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    assert_eq!(socket.goodbye().await, ("revoked".to_owned(), 4403));
}

/// HTTP/2 has no upgrade.
#[tokio::test]
async fn over_http_2_it_is_said_what_is_needed() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    let [_, (client, version)] = clients(&authority, &server);
    let answer = as_user(&client, &server, "ann", Method::GET, "/ws").send().await.unwrap();
    assert_eq!(answer.version(), version);
    assert_eq!(header(&answer, "sec-websocket-version"), Some("13"));
    assert_eq!(answer_json(answer, 426).await["code"], "upgrade_required");
}
