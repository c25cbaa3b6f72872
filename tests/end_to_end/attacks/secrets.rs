//! Secrets where they belong and where they do not: none is found again in an answer or in the log.

use tidings_models::Role;

use super::*;
use crate::store_failures::sql;

/// Everything that we log, and as little as need be of what others do.
const LOG: &str = "info,actix_http=off,audit=trace,tidings=trace,tidings_api=trace,tidings_broker=trace,tidings_middleware=trace,tidings_models=trace";

const WRONG: &str = "wrong-password-planted-4711";

/// What is planted: whatever lets somebody in, or might.
struct Planted {
    token: String,
    forged: String,
    session: String,
    key: String,
    ticket: String,
    made_up: String,
}

impl Planted {
    async fn of(server: &Server) -> Self {
        add(server, "ann", &[]);
        let session = Visitor::sign_in(server, "ann", PASSWORD).await.token;
        let admin = async |path: &str, body: Value| {
            answer_json(server.as_admin(Method::POST, path).json(&body).send().await.unwrap(), 201).await
        };
        let key = admin("/admin/api-keys", json!({"name": "ci", "scopes": ["manage"]})).await["key"].clone();
        let made_up = admin("/admin/users", json!({"user": "bob"})).await["password"].clone();
        let token = Server::token("cyd", Role::User);
        let ticket = server.as_user("cyd", Method::POST, "/stream/ticket").send().await.unwrap();
        let ticket = answer_json(ticket, 200).await["ticket"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (head, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
        Self { token, forged, session, key: text(&key), ticket: text(&ticket), made_up: text(&made_up) }
    }

    fn all(&self) -> [&str; 8] {
        [&self.token, &self.forged, &self.session, &self.key, &self.ticket, &self.made_up, PASSWORD, WRONG]
    }

    /// The part of each that nobody can guess, as it is and as it may stand in a URL: whatever shows it lets
    /// somebody in.
    fn needles(&self) -> Vec<String> {
        let tails = self.all().map(|secret| secret.rsplit('.').next().unwrap().to_owned());
        let encoded = tails.iter().map(|tail| percent_encoded(tail));
        encoded.chain(tails.clone()).collect()
    }

    fn none_in(&self, text: &str, of: &str) {
        for needle in self.needles() {
            assert!(!text.contains(&needle), "{needle} in {of}: {text}");
        }
    }
}

/// One secret, in every place of a request.
async fn plant(server: &Server, planted: &Planted, secret: &str) {
    let is_told_by_its_looks = ["tds_", "tdk_", "eyJ"].iter().any(|prefix| secret.starts_with(prefix));
    let mut requests = in_urls(server, &percent_encoded(secret), is_told_by_its_looks);
    requests.extend(in_urls(server, &secret.replace(' ', "%20"), is_told_by_its_looks));
    requests.extend(in_headers(server, secret));
    requests.extend(in_bodies(server, secret));
    requests.push(server.plain(Method::TRACE, "/").header("authorization", format!("Bearer {secret}")));
    for request in requests {
        let answer = request.send().await.unwrap();
        let url = answer.url().path().to_owned();
        if answer.status() == 200 && url.ends_with("/stream") {
            // A stream that opened: its head is all there is to see at once.
            planted.none_in(&format!("{:?}", answer.headers()), &url);
            continue;
        }
        planted.none_in(&whole(answer).await, &url);
    }
    for request in [
        format!("GET /{secret} HTTP/9.9\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\n{secret}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\nauthorization Bearer {secret}\r\n\r\n"),
        format!("{secret}\r\n\r\n"),
        format!(
            "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {}{secret}\r\n\r\n",
            "x".repeat(40_000)
        ),
    ] {
        planted.none_in(&raw(server, request.as_bytes()).await, "the answer to what is no request");
    }
}

fn in_urls(server: &Server, encoded: &str, is_told_by_its_looks: bool) -> Vec<RequestBuilder> {
    let get = |path: String| server.plain(Method::GET, &path);
    let mut requests = Vec::new();
    for query in ["access_token", "token", "after", "lastEventId", "ticket", "api_key", "q", "limit"] {
        for path in ["inbox", "stream", "notifications", "events"] {
            requests.push(get(format!("/api/v1/{path}?{query}={encoded}")));
            requests.push(server.as_user("dan", Method::GET, &format!("/{path}?{query}={encoded}")));
        }
    }
    if is_told_by_its_looks {
        // As a name, too: names of parameters that there are not are repeated.
        requests.push(get(format!("/api/v1/inbox?{encoded}={encoded}")));
    }
    for path in [
        format!("/{encoded}"),
        format!("/api/v1/{encoded}"),
        format!("/api/v1/notifications/{encoded}"),
        format!("/openapi.json?x={encoded}"),
    ] {
        requests.push(get(path.clone()));
        requests.push(get(path).header("accept", "text/html"));
    }
    requests.push(server.as_admin(Method::GET, &format!("/admin/users/{encoded}")));
    requests.push(server.as_admin(Method::DELETE, &format!("/admin/api-keys/{encoded}")));
    requests
}

fn in_headers(server: &Server, secret: &str) -> Vec<RequestBuilder> {
    let get = |path: &str| server.plain(Method::GET, path);
    let admin = |path: &str| server.as_admin(Method::POST, path);
    let mut requests = Vec::new();
    for name in
        ["idempotency-key", "last-event-id", "user-agent", "referer", "x-forwarded-for", "origin", "content-type"]
    {
        requests.push(admin("/admin/notifications").header(name, secret).body("{}"));
    }
    for value in
        [format!("Bearer {secret}"), format!("bearer  {secret} x"), format!("Basic {secret}"), secret.to_owned()]
    {
        requests.push(get("/api/v1/inbox").header("authorization", value.clone()));
        requests.push(admin("/admin/signals").header("authorization", value).body("{"));
    }
    for name in ["tidings_session", "__Host-tidings_session", "other"] {
        requests.push(get("/api/v1/inbox").header("cookie", format!("{name}={secret}; {name}={secret}")));
        requests.push(get("/api/v1/stream").header("cookie", format!("{name}={secret}")).header("origin", EVIL));
        requests.push(server.as_user("dan", Method::GET, "/inbox").header("cookie", format!("{name}={secret}")));
    }
    requests
}

fn in_bodies(server: &Server, secret: &str) -> Vec<RequestBuilder> {
    let admin = |path: &str| server.as_admin(Method::POST, path);
    let mut requests = Vec::new();
    for body in [
        json!({"user": "nobody", "password": secret}).to_string(),
        json!({"user": secret, "password": "x"}).to_string(),
        json!({"user": "ann", "password": [secret]}).to_string(),
        json!({"user": "ann", "password": secret, "more": secret}).to_string(),
        format!(r#"{{"user": "ann", "password": "{secret}"#),
        format!(r#"{{"user": "ann", "password": "{secret}"}} {secret}"#),
        format!(r#"{{"user": "{secret}", "user": "{secret}"}}"#),
        secret.to_owned(),
    ] {
        let login = || server.plain(Method::POST, "/api/v1/auth/login");
        requests.push(login().header("content-type", "application/json").body(body.clone()));
        requests.push(login().header("content-type", "text/plain").body(body.clone()));
        requests.push(login().header("content-type", "application/json").header("content-encoding", "gzip").body(body));
    }
    for body in [
        json!({"user": "eve", "role": secret}),
        json!({"user": "eve", "password": [secret]}),
        json!({"user": [secret]}),
    ] {
        requests.push(admin("/admin/users").json(&body));
    }
    requests.push(admin("/admin/notifications").json(&json!({"to": {"user": "ann"}, "title": "x", "level": secret})));
    requests
}

#[tokio::test]
async fn no_secret_is_found_again() {
    let server = Server::start_apart(&[
        ("TIDINGS_LOG", LOG),
        ("TIDINGS_LOGIN_PER_MINUTE", "0"),
        ("TIDINGS_STREAMS_PER_USER", "10000"),
    ])
    .await;
    let planted = Planted::of(&server).await;
    for secret in planted.all() {
        plant(&server, &planted, secret).await;
    }
    // Each is used for what it is for, too.
    for token in [&planted.token, &planted.session, &planted.key] {
        for path in ["inbox", "auth/me", "auth/sessions", "admin/topics", "nothing"] {
            let answer = server.plain(Method::GET, &format!("/api/v1/{path}")).bearer_auth(token).send().await.unwrap();
            planted.none_in(&whole(answer).await, path);
        }
    }
    for path in [
        "/admin/users",
        "/admin/users/ann",
        "/admin/users/ann/export",
        "/admin/api-keys",
        "/admin/connections",
        "/admin/overview",
        "/admin/notifications",
    ] {
        planted.none_in(&whole(server.as_admin(Method::GET, path).send().await.unwrap()).await, path);
    }
    for path in ["/readyz", "/healthz", "/openapi.json", "/docs/errors", "/"] {
        planted.none_in(&whole(server.plain(Method::GET, path).send().await.unwrap()).await, path);
    }
    planted.none_in(&crate::operation::page(&server).await, "/metrics");
    let log = server.log();
    let answered = log.matches("answered").count();
    assert!(answered > 500 && log.contains("a sign-in failed"), "everything is logged: {answered}");
    planted.none_in(&log, "the log");
    let secret = "a secret of at least thirty-two bytes, for tests";
    assert!(!log.contains(secret), "what tokens are signed with");
}

/// An error of the server itself tells the client where to look, and nothing more.
#[tokio::test]
async fn an_error_of_the_server_tells_of_nothing_but_its_request() {
    let server = Server::start_apart(&[]).await;
    let damage = "ALTER TABLE topics RENAME TO topics_that_are_away";
    if sql(&server.folder().join("log.db"), damage).is_none() {
        return eprintln!("attacks: skipped: neither sqlite3 nor python3 is here to damage a database");
    }
    let answer = server.as_user("ann", Method::GET, "/topics").send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    assert!(status >= 500, "{problem}");
    assert_eq!(problem["request_id"], id);
    for word in ["sql", "table", "topics_that", "no such", "/log.db", ".rs", "panic"] {
        assert!(!problem.to_string().to_lowercase().contains(word), "{word} in {problem}");
    }
    let log = server.log();
    let line = log.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("its request in {log}"));
    assert!(line.contains("no such table"), "{line}");
}
