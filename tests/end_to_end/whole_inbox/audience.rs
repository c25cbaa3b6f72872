//! How many something would reach.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, join, topic};
use crate::{
    refusals::refused,
    support::{Server, until},
};

async fn size(server: &Server, to: &str) -> (i64, i64) {
    let found = admin(server, Method::GET, &format!("/admin/audience?to={to}"), Value::Null, 200).await;
    (found["recipients"].as_i64().unwrap(), found["connected"].as_i64().unwrap())
}

#[tokio::test]
async fn an_audience_is_counted_before_it_is_written_to() {
    let server = Server::start().await;
    topic(&server, "deploys", true).await;
    let (known, _) = size(&server, "everyone").await;
    join(&server, "ann", "deploys").await;
    join(&server, "bob", "deploys").await;
    server.notify(json!({"user": "cid"}), "x").await;
    assert_eq!(size(&server, "everyone").await, (known + 3, 0));
    assert_eq!(size(&server, "topic:deploys").await, (2, 0));
    // On two devices, and on whatever threads.
    let mut streams = Vec::new();
    for name in ["ann", "ann", "ann", "cid"] {
        let mut stream = server.stream(name, "", None).await;
        stream.ready().await;
        streams.push(stream);
    }
    let all = async || {
        let mut sizes = Vec::new();
        for to in ["everyone", "topic:deploys", "user:ann", "user:bob", "user:nobody"] {
            sizes.push(size(&server, to).await);
        }
        sizes
    };
    assert_eq!(all().await, [(known + 3, 2), (2, 1), (1, 1), (1, 0), (1, 0)]);
    join(&server, "cid", "deploys").await;
    until("who joins is a member on open streams too", || async {
        (size(&server, "topic:deploys").await == (3, 2)).then_some(())
    })
    .await;
    drop(streams);
    until("they are gone", || async { (size(&server, "everyone").await.1 == 0).then_some(()) }).await;
    assert_eq!(size(&server, "topic:deploys").await, (3, 0));
}

#[tokio::test]
async fn audiences_that_make_no_sense() {
    let server = Server::start().await;
    let ask = |query: &str| server.as_admin(Method::GET, &format!("/admin/audience{query}"));
    for query in ["", "?to=", "?to=all", "?to=everyone:x", "?to=topic:", "?to=topic:A", "?to=user:", "?to=user:a%0Ab"] {
        refused(ask(query), 400, "invalid_query").await;
    }
    for query in ["?to=everyone&to=everyone", "?to=everyone&limit=1"] {
        refused(ask(query), 400, "invalid_query").await;
    }
    refused(ask("?to=topic:none"), 404, "not_found").await;
    refused(server.as_user("ann", Method::GET, "/admin/audience?to=everyone"), 403, "forbidden").await;
    refused(server.plain(Method::GET, "/api/v1/admin/audience?to=everyone"), 401, "unauthenticated").await;
}
