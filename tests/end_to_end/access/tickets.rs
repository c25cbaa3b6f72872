//! Tickets, for clients that can set neither a header nor a cookie.

use super::*;
use crate::support::Stream;

async fn ticket(server: &Server, token: &str) -> String {
    let request = server.plain(Method::POST, "/api/v1/stream/ticket").bearer_auth(token);
    answer_json(request.send().await.unwrap(), 200).await["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_ticket_opens_one_stream() {
    let server = Server::start().await;
    let token = Server::token("ann", tidings_models::Role::User);
    let ticket = ticket(&server, &token).await;
    let mut stream = Stream::bare(&server.address, &format!("?ticket={ticket}")).await;
    stream.ready().await;
    server.notify(json!({"user": "ann"}), "hello").await;
    assert_eq!(stream.titles(1).await, ["hello"]);
    let again = server.plain(Method::GET, &format!("/api/v1/stream?ticket={ticket}")).send().await.unwrap();
    assert_eq!(code(again, 401).await, "ticket_used");
}

#[tokio::test]
async fn a_ticket_is_good_for_nothing_else() {
    let server = Server::start().await;
    let token = Server::token("ann", tidings_models::Role::User);
    let ticket = ticket(&server, &token).await;
    for path in ["/api/v1/inbox", "/api/v1/events", "/api/v1/notifications", "/api/v1/auth/me"] {
        let with_ticket =
            |token: &str| server.plain(Method::GET, &format!("{path}?ticket={ticket}")).bearer_auth(token).send();
        assert_eq!(code(with_ticket(&token).await.unwrap(), 400).await, "invalid_query", "{path}");
        let alone = server.plain(Method::GET, &format!("{path}?ticket={ticket}")).send().await.unwrap();
        assert!(alone.status().is_client_error(), "{path}: {}", alone.status());
    }
    let bearer = server.plain(Method::GET, "/api/v1/inbox").bearer_auth(&ticket).send().await.unwrap();
    assert_eq!(code(bearer, 401).await, "invalid_token");
    let both = server.plain(Method::GET, &format!("/api/v1/stream?ticket={ticket}")).bearer_auth(&token);
    assert_eq!(code(both.send().await.unwrap(), 400).await, "ambiguous_credentials");
    for bad in ["x", "", "tdt_e30.e30", &format!("{ticket}x"), &ticket[..ticket.len() - 2]] {
        let refused = server.plain(Method::GET, &format!("/api/v1/stream?ticket={bad}")).send().await.unwrap();
        assert_eq!(code(refused, 401).await, "invalid_token", "{bad}");
    }
    let foreign = server.plain(Method::GET, &format!("/api/v1/stream?ticket={ticket}"));
    let foreign = foreign.header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(code(foreign, 403).await, "origin_not_allowed");
    Stream::bare(&server.address, &format!("?ticket={ticket}")).await.ready().await;
}

#[tokio::test]
async fn a_ticket_ends_with_what_it_was_made_by() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", "correct horse").await;
    let of_session = ticket(&server, &ann.token).await;
    ann.by_cookie(Method::POST, "/auth/logout").send().await.unwrap();
    let of_token = ticket(&server, &Server::token("bob", tidings_models::Role::User)).await;
    server.as_admin(Method::POST, "/admin/users/bob/revoke").send().await.unwrap();
    for ticket in [of_session, of_token] {
        let refused = server.plain(Method::GET, &format!("/api/v1/stream?ticket={ticket}")).send().await.unwrap();
        assert_eq!(code(refused, 401).await, "invalid_token");
    }
}
