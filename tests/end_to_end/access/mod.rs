//! Who may come in, and what happens when that is taken away.

mod accounts;
mod keys;
mod sessions;
mod streams;
mod tickets;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{
    session::add,
    support::{Server, json as answer_json},
};

/// Somebody who has signed in.
pub(crate) struct Visitor<'a> {
    server: &'a Server,
    /// Name and value of the cookie, as it is sent.
    pub(crate) cookie: String,
    pub(crate) token: String,
    pub(crate) body: Value,
}

impl<'a> Visitor<'a> {
    pub(crate) async fn sign_in(server: &'a Server, user: &str, password: &str) -> Self {
        let body = json!({"user": user, "password": password});
        let answer = server.plain(Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap();
        Self::of(server, answer).await
    }

    /// Somebody who comes back with what they were given, to a server that took the place of theirs.
    pub(crate) fn again(server: &'a Server, cookie: String, token: String, body: Value) -> Self {
        Self { server, cookie, token, body }
    }

    async fn of(server: &'a Server, answer: Response) -> Self {
        let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let cookie = set.split(';').next().unwrap().to_owned();
        let body = answer_json(answer, 200).await;
        Self { server, cookie, token: body["token"].as_str().unwrap().to_owned(), body }
    }

    /// As the page of this server asks.
    pub(crate) fn by_cookie(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.server.plain(method, &format!("/api/v1{path}"));
        request.header("cookie", &self.cookie).header("sec-fetch-site", "same-origin")
    }

    fn by_bearer(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.plain(method, &format!("/api/v1{path}")).bearer_auth(&self.token)
    }

    pub(crate) async fn is_known(&self) -> bool {
        let answers = [self.by_cookie(Method::GET, "/auth/me"), self.by_bearer(Method::GET, "/auth/me")];
        let mut known = Vec::new();
        for answer in answers {
            known.push(answer.send().await.unwrap().status() == 200);
        }
        assert_eq!(known[0], known[1], "cookie and token are one");
        known[0]
    }
}

/// The code of a refusal.
async fn code(answer: Response, status: u16) -> String {
    answer_json(answer, status).await["code"].as_str().unwrap().to_owned()
}
