//! A link to this server that leads to somebody else's.

use std::{fs, path::Path};

use reqwest::{Client, redirect};

use super::*;

#[tokio::test]
async fn the_server_sends_nobody_elsewhere() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
    let mut asked = Vec::new();
    for path in [
        "//evil.example/",
        "/\\evil.example",
        "/%2F%2Fevil.example",
        "/https://evil.example",
        "/?next=https://evil.example",
        "/?return_to=//evil.example",
        "/login?redirect_uri=https://evil.example",
        "/compose/",
        "/api/v1/auth/login?next=https://evil.example",
        "/api/v1/inbox/",
    ] {
        asked.push(client.get(format!("http://{}{path}", server.address)).header("accept", "text/html"));
    }
    let login = format!("http://{}/api/v1/auth/login", server.address);
    asked.push(client.post(&login).json(&json!({"user": "ann", "password": PASSWORD})));
    asked.push(
        client.post(format!("{login}?next=https://evil.example")).json(&json!({"user": "ann", "password": PASSWORD})),
    );
    for request in asked {
        let answer = request.send().await.unwrap();
        let url = answer.url().to_string();
        assert!(!answer.status().is_redirection(), "{url}: {}", answer.status());
        for name in ["location", "refresh", "content-location"] {
            assert!(!answer.headers().contains_key(name), "{url}: {name}");
        }
    }
}

/// The pages read which of them to show from a list of paths, and change the address within their origin alone
/// (`pushState` refuses another). Nothing in them goes to an address that came with a link to them.
#[test]
fn no_page_goes_to_an_address_that_it_was_given() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/src"), &mut files);
    assert!(files.len() > 30, "the pages are here");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for way in ["location.assign", "location.replace", "location.href =", "location =", "window.open", "http-equiv"]
        {
            assert!(!text.contains(way), "{}: {way}", file.display());
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "ts" || ending == "vue") {
            files.push(path);
        }
    }
}
