//! `docs/api.md` says what the server does: each of its examples is performed as it is printed, in order,
//! against a server that knows nothing else.

mod example;
mod matching;
mod run;

use std::{collections::BTreeSet, io::Write as _};

use reqwest::Method;
use serde_json::Value;
use tidings_models::Role;

use crate::support::{Server, json};
use example::{Block, blocks};
use run::Run;

const PAGE: &str = include_str!("../../docs/api.md");

/// What the page takes for given, beside what is soon over: see [`Run::exchange`].
async fn server() -> (Server, Vec<(&'static str, String)>) {
    // A heartbeat is shown too, and nobody wants to wait for it.
    let server = Server::start_with(&[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let mut adding =
        server.command(&["user", "add", "alice", "--stdin"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(b"correct horse\n").unwrap();
    assert!(adding.wait().unwrap().success());
    let given = vec![
        ("ADMIN", Server::token("root", Role::Admin)),
        ("ALICE", Server::token("alice", Role::User)),
        ("PASSWORD", "correct horse".to_owned()),
    ];
    (server, given)
}

#[tokio::test]
async fn every_example_is_what_happens() {
    let (server, given) = server().await;
    let mut run = Run::new(&server, given);
    for block in blocks(PAGE) {
        match block {
            Block::Exchange(example) => run.exchange(&example).await,
            Block::Events(line, events) => run.events(line, &events).await,
            Block::Messages(line, messages) => run.messages(line, &messages).await,
        }
    }
}

#[tokio::test]
async fn every_endpoint_has_an_example_and_a_line_in_the_table() {
    let server = Server::start().await;
    let document = json(server.plain(Method::GET, "/openapi.json").send().await.unwrap(), 200).await;
    let there = operations(&document);
    let listed: BTreeSet<_> = table().into_iter().map(|row| (row.method, row.path)).collect();
    assert_eq!(listed, there, "the table, and what there is");
    let shown: BTreeSet<_> = blocks(PAGE)
        .into_iter()
        .filter_map(|block| match block {
            Block::Exchange(example) => Some((example.method, path_of(&example.target, &there).to_owned())),
            Block::Events(..) | Block::Messages(..) => None,
        })
        .collect();
    assert_eq!(shown, there, "the examples, and what there is");
}

/// Who may: strangers learn that they must sign in, users that they may not, before anything else is asked.
#[tokio::test]
async fn the_table_says_who_may() {
    let server = Server::start().await;
    for (number, Row { method, path, who }) in table().into_iter().enumerate() {
        let target = path.replace("{id}", "x").replace("{topic}", "x").replace("{user}", "x");
        let ask = |token: Option<String>| {
            let request = server.plain(method.parse().unwrap(), &target);
            let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
            async move { request.send().await.unwrap().status().as_u16() }
        };
        // Somebody else each time: signing out ends what one is signed in by.
        let token = Server::token(&format!("ann {number}"), Role::User);
        let (stranger, user) = (ask(None).await, ask(Some(token)).await);
        let refused = (stranger == 401, user == 403);
        let expected = match who.as_str() {
            "anyone" => (false, false),
            "user" => (true, false),
            // A token is refreshed where it was made.
            "session" | "admin" | "admin, key:publish" | "admin, key:manage" | "admin, key:observe" => (true, true),
            other => panic!("{other}: nobody is called that"),
        };
        assert_eq!(refused, expected, "{method} {path}: {stranger} for a stranger, {user} for a user");
    }
}

/// The method and path of every operation, and of what stands beside them: the document itself, and the codes.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let mut all: BTreeSet<_> = ["/openapi.json", "/docs/errors"].map(|path| ("GET".to_owned(), path.to_owned())).into();
    for (path, methods) in document["paths"].as_object().unwrap() {
        all.extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    all
}

/// A line of the table of endpoints.
struct Row {
    method: String,
    path: String,
    who: String,
}

/// Lines like `` | `GET` | `/api/v1/inbox` | user | … | ``.
fn table() -> Vec<Row> {
    let rows = PAGE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let method = cells.next()?.strip_suffix('`')?.to_owned();
        method.parse::<Method>().ok().filter(|method| method.as_str().len() <= 6)?;
        let path = cells.next()?.trim_matches('`').to_owned();
        path.starts_with('/').then_some(())?;
        Some(Row { method, path, who: cells.next()?.to_owned() })
    });
    rows.collect()
}

/// The path that a request target is of: itself, or one with placeholders.
fn path_of<'a>(target: &'a str, there: &'a BTreeSet<(String, String)>) -> &'a str {
    let target = target.split('?').next().unwrap_or_default();
    let mut paths = there.iter().map(|(_, path)| path.as_str());
    paths.clone().find(|path| *path == target).or_else(|| paths.find(|path| is_of(target, path))).unwrap_or(target)
}

fn is_of(target: &str, path: &str) -> bool {
    let (has, wants): (Vec<_>, Vec<_>) = (target.split('/').collect(), path.split('/').collect());
    has.len() == wants.len() && has.iter().zip(&wants).all(|(has, wants)| has == wants || wants.starts_with('{'))
}
