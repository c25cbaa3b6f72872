//! TLS in the server itself, and HTTP/2 within.

mod certificates;
mod handshakes;
mod requests;
mod sockets;
mod streams;

use reqwest::{Client, Method, RequestBuilder, Response};
use tidings_models::Role;

use crate::support::{Authority, Server};

/// A request of a user over a client of one's own.
fn as_user(client: &Client, server: &Server, name: &str, method: Method, path: &str) -> RequestBuilder {
    let url = format!("https://{}/api/v1{path}", server.address);
    client.request(method, url).bearer_auth(Server::token(name, Role::User))
}

/// A client for each protocol, and what it is.
fn clients(authority: &Authority, server: &Server) -> [(Client, reqwest::Version); 2] {
    let client = || authority.client(&server.address);
    [
        (client().http1_only().build().unwrap(), reqwest::Version::HTTP_11),
        (client().build().unwrap(), reqwest::Version::HTTP_2),
    ]
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().unwrap())
}
