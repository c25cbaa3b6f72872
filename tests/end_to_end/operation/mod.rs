//! What operators see.

mod cut_off;
mod doctor;
mod metrics;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::Role;

use crate::support::{Server, json as answer_json, until};

/// All that a node says of itself: `name{label="word"}`, and its value.
pub(crate) type Figures = BTreeMap<String, f64>;

/// The text of `/metrics`, as an admin gets it.
pub(crate) async fn page(server: &Server) -> String {
    let request = server.plain(Method::GET, "/metrics").bearer_auth(Server::token("root", Role::Admin));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

/// The same, read.
pub(crate) async fn figures(server: &Server) -> Figures {
    let page = page(server).await;
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// What `/readyz` says, and its status.
async fn ready(server: &Server) -> (u16, Value) {
    let answer = server.plain(Method::GET, "/readyz").send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer_json(answer, status).await)
}
