//! All lists are paged alike: whole, in order, with a `next` that is good for its list alone.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, answer, create, join, topic};
use crate::{refusals::refused, support::Server};

/// The items of all pages of a list, by a field or as they are.
async fn all(ask: impl AsyncFn(&str) -> Value, limit: usize, field: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = ask(&format!("limit={limit}{after}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.iter().map(|item| item.get(field).unwrap_or(item).as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return found };
        assert_eq!(items.len(), limit, "a page that is not the last is full");
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn topics_are_listed_page_by_page() {
    let server = Server::start().await;
    let names: Vec<_> = (0..5).map(|i| format!("t{i}")).collect();
    for (index, name) in names.iter().enumerate().rev() {
        topic(&server, name, index != 2).await;
    }
    admin(&server, Method::POST, "/admin/topics/t2/members", json!({"users": ["bob"]}), 200).await;
    let managed =
        async |query: &str| admin(&server, Method::GET, &format!("/admin/topics?{query}"), Value::Null, 200).await;
    let of = async |name: &str, query: &str| server.get(name, &format!("/topics?{query}")).await;
    for limit in [1, 2, 4, 5, 200] {
        assert_eq!(all(managed, limit, "topic").await, names);
        assert_eq!(all(async |query: &str| of("bob", query).await, limit, "topic").await, names);
        let open = all(async |query: &str| of("ann", query).await, limit, "topic").await;
        assert_eq!(open, ["t0", "t1", "t3", "t4"], "what is managed is for members");
    }
    // One that goes, or comes, does not shift the pages.
    let first = managed("limit=2").await;
    for name in ["t0", "t1"] {
        admin(&server, Method::DELETE, &format!("/admin/topics/{name}"), Value::Null, 204).await;
    }
    topic(&server, "t0a", true).await;
    let rest = managed(&format!("after={}", first["next"].as_str().unwrap())).await;
    let rest: Vec<_> = rest["items"].as_array().unwrap().iter().map(|item| item["topic"].as_str().unwrap()).collect();
    assert_eq!(rest, ["t2", "t3", "t4"]);
}

#[tokio::test]
async fn the_command_line_shows_all_pages() {
    let server = Server::start().await;
    for i in 0..55 {
        topic(&server, &format!("t{i:02}"), true).await;
    }
    let mut command = server.command(&["topic", "list", "--url", &format!("http://{}", server.address)]);
    let listed = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let text = String::from_utf8(listed.stdout).unwrap();
    let names: Vec<_> = text.lines().skip(1).map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, (0..55).map(|i| format!("t{i:02}")).collect::<Vec<_>>());
}

/// The lists with more than one item in [`filled`].
const LISTS: [&str; 7] = [
    "/admin/topics",
    "/admin/topics/t0/members",
    "/admin/topics/t1/members",
    "/admin/notifications",
    "/admin/notifications?stage=scheduled",
    "/admin/notifications/{id}/deliveries",
    "/admin/connections",
];

/// A server with something in every list, and the lists.
async fn filled() -> (Server, Vec<String>) {
    let server = Server::start().await;
    for name in ["t0", "t1"] {
        topic(&server, name, true).await;
        join(&server, "ann", name).await;
        join(&server, "bob", name).await;
    }
    let to = json!({"users": ["ann", "bob"]});
    let mut id = String::new();
    for _ in 0..2 {
        create(&server, json!({"to": to, "title": "later", "deliver_at": "2090-01-01T00:00:00Z"})).await;
        id = create(&server, json!({"to": to, "title": "now"})).await;
    }
    (server, LISTS.map(|list| list.replace("{id}", &id)).into())
}

fn with(list: &str, parameter: &str) -> String {
    format!("{list}{}{parameter}", if list.contains('?') { '&' } else { '?' })
}

#[tokio::test]
async fn a_next_is_good_for_its_list_alone() {
    let (server, lists) = filled().await;
    let streams = [server.stream("ann", "", None).await, server.stream("bob", "", None).await];
    let mut nexts = Vec::new();
    for list in &lists {
        let page = admin(&server, Method::GET, &with(list, "limit=1"), Value::Null, 200).await;
        nexts.push(page["next"].as_str().unwrap_or_else(|| panic!("{list}: {page}")).to_owned());
    }
    let own = [("ann", "/topics"), ("bob", "/topics"), ("ann", "/notifications"), ("bob", "/notifications")];
    for (name, list) in own {
        let page = server.get(name, &with(list, "limit=1")).await;
        nexts.push(page["next"].as_str().unwrap_or_else(|| panic!("{list}: {page}")).to_owned());
    }
    let asks = |index: usize, after: &str| {
        let after = format!("after={after}");
        match index.checked_sub(lists.len()) {
            None => server.as_admin(Method::GET, &with(&lists[index], &after)),
            Some(own_index) => {
                let (name, list) = own[own_index];
                server.as_user(name, Method::GET, &with(list, &after))
            }
        }
    };
    for list in 0..nexts.len() {
        for (of, next) in nexts.iter().enumerate() {
            if of == list {
                answer(asks(list, next), 200).await;
                let tampered = format!("{}{}", if next.starts_with('A') { 'B' } else { 'A' }, &next[1..]);
                refused(asks(list, &tampered), 400, "invalid_cursor").await;
            } else {
                refused(asks(list, next), 400, "invalid_cursor").await;
            }
        }
        for bad in ["", "x", "ann", "t0", "%F0%9F%A6%80", &"A".repeat(5000)] {
            refused(asks(list, bad), 400, "invalid_cursor").await;
        }
    }
    drop(streams);
}

#[tokio::test]
async fn limits_are_the_same_everywhere() {
    let (server, lists) = filled().await;
    for list in &lists {
        for bad in ["limit=0", "limit=201", "limit=1000", "limit=-1", "limit=1e9", "limit=abc", "limit=", "sort=x"] {
            refused(server.as_admin(Method::GET, &with(list, bad)), 400, "invalid_query").await;
        }
        admin(&server, Method::GET, &with(list, "limit=200"), Value::Null, 200).await;
    }
    for list in ["/topics", "/notifications", "/events"] {
        for bad in ["limit=0", "limit=201", "limit=-1", "limit=abc"] {
            refused(server.as_user("ann", Method::GET, &with(list, bad)), 400, "invalid_query").await;
        }
    }
}
