//! A page of somebody else, in the browser of somebody who is signed in here.

use super::*;

/// What a form can send without being asked first (Fetch, section 4.1: no preflight).
const KINDS: [&str; 3] = ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"];

/// What browsers of different ages say of the page that sends.
const SAID: [&[(&str, &str)]; 6] = [
    &[("origin", EVIL), ("sec-fetch-site", "cross-site")],
    &[("origin", EVIL)],
    &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[],
];

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let server = Server::start().await;
    add(&server, "ann", &["--role", "admin"]);
    let ann = Visitor::sign_in(&server, "ann", PASSWORD).await;
    let sent = server.notify(json!({"user": "ann"}), "one").await;
    let id = sent["id"].as_str().unwrap();
    let targets = [
        ("/auth/logout".to_owned(), String::new()),
        ("/auth/refresh".to_owned(), String::new()),
        ("/auth/password".to_owned(), json!({"current": PASSWORD, "new": "battery staple"}).to_string()),
        ("/notifications/mark".to_owned(), json!({"read": true, "ids": [id]}).to_string()),
        ("/stream/ticket".to_owned(), String::new()),
        ("/admin/notifications".to_owned(), json!({"to": {"everyone": true}, "title": "x"}).to_string()),
        ("/admin/users".to_owned(), json!({"user": "eve", "role": "admin"}).to_string()),
        ("/admin/api-keys".to_owned(), json!({"name": "eve", "scopes": ["publish"]}).to_string()),
        ("/admin/users/ann/erase".to_owned(), String::new()),
    ];
    for (path, body) in &targets {
        for kind in KINDS.into_iter().chain(["application/json"]) {
            for said in SAID {
                let request = server.plain(Method::POST, &format!("/api/v1{path}"));
                let request = request.header("cookie", &ann.cookie).header("content-type", kind).body(body.clone());
                let request = said.iter().fold(request, |request, (name, value)| request.header(*name, *value));
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 403, "{path} as {kind} with {said:?}");
                assert!(!answer.headers().contains_key("set-cookie"), "{path}");
            }
        }
    }
    assert!(ann.is_known().await, "still signed in");
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
    let users = answer_json(server.as_admin(Method::GET, "/admin/users").send().await.unwrap(), 200).await;
    assert!(!users.to_string().contains("eve"));
}

/// The body of a form that reads as JSON, and a method that is only named, are no way around it either.
#[tokio::test]
async fn nothing_stands_in_for_a_kind_or_a_method() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", PASSWORD).await;
    let sent = server.notify(json!({"user": "ann"}), "one").await;
    let id = sent["id"].as_str().unwrap();
    let mark = json!({"read": true, "ids": [id]}).to_string();
    for kind in KINDS {
        let request = ann.by_cookie(Method::POST, "/notifications/mark").header("content-type", kind);
        assert_eq!(request.body(mark.clone()).send().await.unwrap().status(), 415, "{kind}, even from our own page");
    }
    let one = format!("/notifications/{id}");
    for (header, path) in [
        ("x-http-method-override", one.clone()),
        ("x-http-method", one.clone()),
        ("x-method-override", format!("{one}?_method=DELETE")),
    ] {
        let request = ann.by_cookie(Method::POST, &path).header(header, "DELETE").body("_method=DELETE");
        let status = request.send().await.unwrap().status();
        assert!(status == 405 || status == 400, "{path}: {status}");
    }
    // What only reads can be asked for by a link; nothing comes of it.
    let link = server.plain(Method::GET, "/api/v1/auth/logout").header("cookie", &ann.cookie);
    assert_eq!(link.header("sec-fetch-site", "cross-site").send().await.unwrap().status(), 403);
    assert_eq!(ann.by_cookie(Method::GET, "/auth/logout").send().await.unwrap().status(), 405);
    assert!(ann.is_known().await);
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
}

/// Else a victim would act, and be written to, in an account of the attacker.
#[tokio::test]
async fn nobody_is_signed_in_by_another_site() {
    let server = Server::start().await;
    add(&server, "eve", &[]);
    let body = json!({"user": "eve", "password": PASSWORD}).to_string();
    let login = || server.plain(Method::POST, "/api/v1/auth/login").body(body.clone());
    for said in SAID.into_iter().filter(|said| !said.is_empty()) {
        for kind in KINDS.into_iter().chain(["application/json"]) {
            let request = login().header("content-type", kind);
            let request = said.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = request.send().await.unwrap();
            assert!(matches!(answer.status().as_u16(), 403 | 415), "{kind} {said:?}: {}", answer.status());
            assert!(!answer.headers().contains_key("set-cookie"), "{kind} {said:?}");
        }
    }
    for kind in KINDS {
        assert_eq!(
            login().header("content-type", kind).send().await.unwrap().status(),
            415,
            "of a browser that says nothing"
        );
    }
}
