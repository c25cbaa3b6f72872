//! Pages and answers in frames, and in caches on the way.

use super::*;

/// Whatever the server says, on whatever path: nobody frames it, sniffs it, or learns from where its reader came.
#[tokio::test]
async fn every_answer_says_what_browsers_may_do_with_it() {
    let server = Server::start().await;
    let token = Server::token("ann", tidings_models::Role::User);
    let get = |path: &str| server.plain(Method::GET, path).header("accept", "text/html");
    let answers = [
        get("/"),
        get("/compose"),
        get("/no/such/page"),
        get("/assets/none.js"),
        get("/healthz"),
        get("/readyz"),
        get("/openapi.json"),
        get("/docs/errors"),
        get("/api/v1/inbox"),
        get("/api/v1/nothing"),
        get("/api/v1/inbox").bearer_auth(&token),
        get("/api/v1/inbox?access_token=x"),
        get("/api/v1/inbox").header("origin", EVIL),
        get("/api/v1/stream").bearer_auth(&token),
        server.plain(Method::POST, "/").body("x"),
        server.plain(Method::OPTIONS, "/api/v1/inbox").header("origin", EVIL),
    ];
    for request in answers {
        let answer = request.send().await.unwrap();
        let (url, headers) = (answer.url().to_string(), answer.headers());
        let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let policy = text("content-security-policy");
        let parts: Vec<_> = policy.split(';').map(str::trim).collect();
        assert!(parts.contains(&"frame-ancestors 'none'"), "{url}: {policy}");
        assert!(
            parts.iter().any(|part| matches!(*part, "default-src 'none'" | "default-src 'self'")),
            "{url}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("nonce"), "{url}: {policy}");
        assert_eq!(text("x-frame-options"), "DENY", "{url}");
        assert_eq!(text("x-content-type-options"), "nosniff", "{url}");
        assert_eq!(text("referrer-policy"), "no-referrer", "{url}");
        assert!(headers.contains_key("x-request-id"), "{url}");
    }
}

#[tokio::test]
async fn nothing_of_a_person_is_kept_on_the_way() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let ann = Visitor::sign_in(&server, "ann", PASSWORD).await;
    for path in ["/inbox", "/notifications", "/auth/me", "/auth/sessions", "/events", "/preferences", "/nothing"] {
        // A path that ends like a file, and one that a cache would take for a page, are kept as little.
        for suffix in ["", "?x=.css", "/a.css"] {
            let answer = ann.by_cookie(Method::GET, &format!("{path}{suffix}")).send().await.unwrap();
            assert_eq!(answer.headers()["cache-control"], "no-store", "{path}{suffix}");
            assert!(!answer.headers().contains_key("etag"), "{path}{suffix}");
        }
    }
    let stream = ann.by_cookie(Method::GET, "/stream").header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(stream.headers()["cache-control"], "no-store, no-transform");
    assert!(!stream.headers().contains_key("content-encoding"));
}
