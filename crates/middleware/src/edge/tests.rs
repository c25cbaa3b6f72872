//! The whole stack of `lib.rs` around a few handlers.

use actix_web::{
    App,
    http::{Method, StatusCode},
    middleware::from_fn,
    test::{TestRequest, init_service, read_body, try_call_service},
};
use serde_json::Value;
use tidings_models::Role;

use super::*;
use crate::{Admin, User, cors, guard, testing};

const MADE_ID: &str = "01a3185c-5000-7707-8707-070707070707";

/// An answer as text, for comparing.
struct Answer {
    status: u16,
    headers: header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{:?}", self.body))
    }

    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.body);
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

async fn me(User(principal): User) -> String {
    format!("{} by {:?}", principal.user, principal.credential)
}

async fn answer(request: TestRequest) -> Answer {
    let auth = testing::auth();
    let api = web::scope("/api/v1")
        .wrap(from_fn(guard))
        .route("/me", web::get().to(me))
        .route("/me", web::post().to(me))
        .route("/admin", web::get().to(|_: Admin| async { "welcome" }))
        .route("/login", web::post().to(|| async { "welcome" }))
        .route("/users/{id}", web::get().to(|| async { Err::<String, _>(Problem::new(Code::NotFound)) }));
    let app = App::new()
        .app_data(auth.clone())
        .app_data(web::PayloadConfig::new(4))
        .wrap(from_fn(gives_up))
        .wrap(cors(&auth.origins))
        .wrap(from_fn(edge))
        .service(api)
        .route("/fails", web::get().to(|| async { Err::<String, _>(Problem::internal("planted secret\r\nforged")) }))
        .route("/theirs", web::get().to(|| async { Err::<String, _>(actix_web::error::ErrorBadGateway("planted")) }))
        .route("/panics", web::get().to(panics))
        .route("/page", web::get().to(|| async { HttpResponse::NotFound().content_type("text/html").body("<p>") }))
        // As a resource, or another method would be a 404 (`App::route` guards the whole resource).
        .service(web::resource("/number/{n}").get(|n: web::Path<u8>| async move { n.to_string() }))
        .route("/text", web::post().to(|text: String| async { text }));
    let app = init_service(app).await;
    match try_call_service(&app, request.to_request()).await {
        Ok(response) => Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::from_utf8(read_body(response).await.to_vec()).unwrap(),
        },
        Err(error) => {
            let response = error.error_response();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = body::to_bytes(response.into_body()).await.unwrap();
            Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
        }
    }
}

async fn panics() -> String {
    panic!("planted secret")
}

/// A middleware that answers with an error of its own, as those of other crates do.
async fn gives_up(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.path() == "/gives-up" {
        return Err(actix_web::error::ErrorServiceUnavailable("planted secret"));
    }
    next.call(request).await
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("host", "tidings.example.org"))
}

fn post(path: &str) -> TestRequest {
    get(path).method(Method::POST)
}

fn bearer(user: &str, role: Role) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", testing::token(&testing::auth(), user, role, 60)))
}

fn cookie(user: &str) -> (&'static str, String) {
    ("cookie", format!("__Host-tidings_session={}", testing::token(&testing::auth(), user, Role::User, 60)))
}

#[actix_web::test]
async fn a_problem_is_whole() {
    let answer = answer(get("/api/v1/users/7").insert_header(bearer("alice", Role::User))).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.body,
        format!(
            concat!(
                r#"{{"type":"/docs/errors#not_found","title":"Not found","status":404,"#,
                r#""detail":"There is nothing here, or nothing that is yours.","code":"not_found","request_id":"{}"}}"#
            ),
            MADE_ID
        )
    );
    assert_eq!(answer.header("x-request-id"), Some(MADE_ID));
}

#[actix_web::test]
async fn what_the_framework_refuses_has_the_same_shape() {
    let cases = [
        (get("/nowhere"), 404, "not_found"),
        (get("/api/v1/nowhere"), 404, "not_found"),
        (post("/number/1"), 405, "method_not_allowed"),
        (get("/number/x"), 404, "not_found"),
        (post("/text").set_payload("12345"), 413, "body_too_large"),
        (get("/theirs"), 500, "internal"),
        (get("/fails"), 500, "internal"),
        (get("/panics"), 500, "internal"),
        (get("/gives-up"), 503, "overloaded"),
    ];
    for (request, status, code) in cases {
        let answer = answer(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.json()["status"], status);
        assert_eq!(answer.json()["request_id"], MADE_ID);
        assert_eq!(answer.header("x-request-id"), Some(MADE_ID), "{code}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{code}");
        assert!(!answer.body.contains("planted"), "{}", answer.body);
        assert_eq!(answer.header("allow"), (status == 405).then_some("GET"));
        assert_eq!(answer.header("retry-after"), (status == 503).then_some("1"));
    }
}

#[actix_web::test]
async fn a_page_keeps_its_own_words() {
    let answer = answer(get("/page")).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, "<p>"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
}

#[actix_web::test]
async fn head_gets_no_body() {
    let answer = answer(get("/nowhere").method(Method::HEAD)).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[actix_web::test]
async fn every_answer_is_hardened() {
    for (path, status) in [("/number/1", 200), ("/nowhere", 404), ("/fails", 500)] {
        let answer = answer(get(path).insert_header(("x-request-id", "from.the-proxy_1"))).await;
        assert_eq!(answer.status, status);
        let expected = [
            ("x-request-id", "from.the-proxy_1"),
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
    }
}

#[actix_web::test]
async fn callers_are_known_by_bearer_or_cookie() {
    let both = |user| get("/api/v1/me").insert_header(bearer("alice", Role::User)).insert_header(cookie(user));
    let bare = get("/api/v1/me");
    assert_eq!(answer(bare).await.code(), "unauthenticated");
    let by_bearer = answer(get("/api/v1/me").insert_header(bearer("alice", Role::User))).await;
    assert_eq!(by_bearer.body, "alice by Bearer");
    assert_eq!(answer(get("/api/v1/me").insert_header(cookie("alice"))).await.body, "alice by Cookie");
    assert_eq!(answer(both("alice")).await.body, "alice by Bearer");
    let of_two = answer(both("bob")).await;
    assert_eq!((of_two.status, of_two.code().as_str()), (400, "ambiguous_credentials"));
    let stale = both("bob").insert_header(("cookie", "__Host-tidings_session=old"));
    assert_eq!(answer(stale).await.body, "alice by Bearer");
    let fallback = get("/api/v1/me").insert_header(("authorization", "Bearer x")).insert_header(cookie("alice"));
    assert_eq!(answer(fallback).await.code(), "invalid_token");
}

#[actix_web::test]
async fn every_bad_token_gets_the_same_answer() {
    let ended = testing::token(&testing::auth(), "alice", Role::Admin, -60);
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6MTkwMDAwMDAwMH0.";
    let bad = ["", "x", "a.b.c", ended.as_str(), none, "tdk_0123456789", &"A".repeat(9000)];
    let mut seen = Vec::new();
    for token in bad {
        for path in ["/api/v1/me", "/api/v1/admin"] {
            let answer = answer(get(path).insert_header(("authorization", format!("Bearer {token}")))).await;
            assert_eq!(answer.status, 401);
            assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="tidings", error="invalid_token""#));
            seen.push(answer.body);
        }
    }
    let by_cookie = answer(get("/api/v1/me").insert_header(("cookie", "__Host-tidings_session=x"))).await;
    seen.push(by_cookie.body);
    assert!(seen.iter().all(|body| *body == seen[0]), "{seen:#?}");
    let missing = answer(get("/api/v1/me")).await;
    assert_eq!(missing.header("www-authenticate"), Some(r#"Bearer realm="tidings""#));
}

#[actix_web::test]
async fn admins_only() {
    assert_eq!(answer(get("/api/v1/admin").insert_header(bearer("root", Role::Admin))).await.body, "welcome");
    let user = answer(get("/api/v1/admin").insert_header(bearer("alice", Role::User))).await;
    assert_eq!((user.status, user.code().as_str()), (403, "forbidden"));
    assert_eq!(answer(get("/api/v1/admin")).await.code(), "unauthenticated");
}

#[actix_web::test]
async fn tokens_in_urls_are_refused_on_every_route() {
    for path in ["/api/v1/me", "/api/v1/login", "/api/v1/nowhere"] {
        let answer = answer(post(&format!("{path}?access_token=x")).insert_header(bearer("alice", Role::User))).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "token_in_url"), "{path}");
    }
}

#[actix_web::test]
async fn foreign_pages_are_refused() {
    for origin in ["https://evil.example", "null", "https://app.example.com.evil.example"] {
        for request in [
            post("/api/v1/me").insert_header(cookie("alice")),
            post("/api/v1/me").insert_header(bearer("alice", Role::User)),
            post("/api/v1/login"),
            get("/api/v1/me").insert_header(cookie("alice")),
        ] {
            let answer = answer(request.insert_header(("origin", origin))).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "origin_not_allowed"), "{origin}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    let unsaid = answer(post("/api/v1/me").insert_header(cookie("alice"))).await;
    assert_eq!((unsaid.status, unsaid.code().as_str()), (403, "origin_not_allowed"));
    let own =
        post("/api/v1/me").insert_header(cookie("alice")).insert_header(("origin", "https://tidings.example.org"));
    assert_eq!(answer(own).await.body, "alice by Cookie");
}

#[actix_web::test]
async fn an_old_cookie_does_not_keep_anybody_from_signing_in() {
    for cookie in [cookie("alice"), ("cookie", "__Host-tidings_session=old".to_owned())] {
        assert_eq!(answer(post("/api/v1/login").insert_header(cookie)).await.body, "welcome");
    }
}

#[actix_web::test]
async fn listed_origins_may_read_and_others_may_not() {
    const LISTED: &str = "https://app.example.com";
    let read = |origin: &'static str| {
        answer(get("/api/v1/me").insert_header(bearer("alice", Role::User)).insert_header(("origin", origin)))
    };
    let listed = read(LISTED).await;
    assert_eq!(listed.header("access-control-allow-origin"), Some(LISTED));
    assert_eq!(listed.header("access-control-allow-credentials"), Some("true"));
    assert!(listed.header("vary").unwrap().starts_with("Origin"));
    let exposed = listed.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
    for name in ["x-request-id", "location", "retry-after", "idempotent-replayed"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    // A page may read why it was refused.
    let refused = answer(get("/api/v1/me").insert_header(("origin", LISTED))).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(LISTED)));
    assert_eq!(read("https://app.example.com.evil.example").await.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn preflights() {
    let preflight = |origin: &'static str, method: &'static str, headers: &'static str| {
        let request = get("/api/v1/me").method(Method::OPTIONS).insert_header(("origin", origin));
        answer(
            request
                .insert_header(("access-control-request-method", method))
                .insert_header(("access-control-request-headers", headers)),
        )
    };
    let wanted = "authorization,content-type,idempotency-key,last-event-id,x-request-id,cache-control";
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let answer = preflight("https://app.example.com", method, wanted).await;
        assert_eq!(answer.status, 200, "{method}");
        assert_eq!(answer.header("access-control-max-age"), Some("600"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.com"));
    }
    for (origin, method, headers) in [
        ("https://evil.example", "GET", "authorization"),
        ("null", "GET", "authorization"),
        ("https://app.example.com", "TRACE", "authorization"),
        ("https://app.example.com", "GET", "x-other"),
    ] {
        let answer = preflight(origin, method, headers).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "origin_not_allowed"), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(answer.header("x-request-id"), Some(MADE_ID));
    }
}

#[actix_web::test]
async fn a_route_outside_of_the_guard_serves_nobody() {
    let app = App::new().app_data(testing::auth()).wrap(from_fn(edge)).route("/me", web::get().to(me));
    let app = init_service(app).await;
    let request = get("/me").insert_header(bearer("alice", Role::User)).to_request();
    let response = try_call_service(&app, request).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
