//! `GET /admin/notifications`: page by page.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, after, create};
use crate::{
    refusals::refused,
    support::{Server, until},
};

/// Creates one, in a millisecond of its own: ids of one and the same are in no order.
async fn create_apart(server: &Server, body: Value) {
    create(server, body).await;
    let made = after(0);
    until("another millisecond", || std::future::ready((after(0) > made).then_some(()))).await;
}

async fn pages(server: &Server, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut more = String::new();
    loop {
        let page = admin(server, Method::GET, &format!("/admin/notifications?{query}{more}"), Value::Null, 200).await;
        let items = page["items"].as_array().unwrap();
        pages.push(items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect());
        let Some(next) = page["next"].as_str() else { return pages };
        more = format!("&after={next}");
    }
}

#[tokio::test]
async fn pages_follow_one_another() {
    let server = Server::start().await;
    for i in 0..5 {
        create_apart(&server, json!({"to": {"user": "ann"}, "title": format!("now {i}")})).await;
    }
    let at = after(600_000); // all at one time
    for i in 0..5 {
        create_apart(
            &server,
            json!({"to": {"users": ["ann", "bob"]}, "title": format!("later {i}"), "deliver_at": at}),
        )
        .await;
    }
    let now = [vec!["now 4", "now 3"], vec!["now 2", "now 1"], vec!["now 0"]];
    assert_eq!(pages(&server, "limit=2").await, now);
    assert_eq!(pages(&server, "stage=made&limit=2").await, now);
    let later = [vec!["later 0", "later 1"], vec!["later 2", "later 3"], vec!["later 4"]];
    assert_eq!(pages(&server, "stage=scheduled&limit=2").await, later);
    assert_eq!(pages(&server, "limit=5").await.len(), 1, "a full page that is the last");
    assert_eq!(pages(&server, "").await[0].len(), 5);

    // What comes meanwhile does not shift the pages.
    let first = admin(&server, Method::GET, "/admin/notifications?limit=2", Value::Null, 200).await;
    create_apart(&server, json!({"to": {"user": "ann"}, "title": "new"})).await;
    let rest = pages(&server, &format!("limit=9&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!(rest, [["now 2", "now 1", "now 0"]]);
}

#[tokio::test]
async fn queries_that_make_no_sense() {
    let server = Server::start().await;
    for query in ["limit=0", "limit=201", "limit=x", "stage=gone", "sort=id", "stage=made&stage=made"] {
        refused(server.as_admin(Method::GET, &format!("/admin/notifications?{query}")), 400, "invalid_query").await;
    }
    for next in ["", "x", "0.x", "x.01900000-0000-7000-8000-000000000000", "%00"] {
        let path = format!("/admin/notifications?after={next}");
        refused(server.as_admin(Method::GET, &path), 400, "invalid_cursor").await;
    }
    refused(server.as_user("ann", Method::GET, "/admin/notifications"), 403, "forbidden").await;
}
