use std::net::SocketAddr;

use actix_web::{
    App,
    http::header::HeaderMap,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service},
    web,
};

use tidings_models::Role;

use super::*;
use crate::{Admin, Auth, User, edge, guard, testing};

/// Requests to `/x`, for whoever is signed in, and to `/open`: their statuses and headers.
async fn statuses(auth: &web::Data<Auth>, requests: Vec<TestRequest>) -> Vec<(u16, HeaderMap)> {
    let api = web::scope("")
        .wrap(from_fn(guard))
        .route("/x", web::get().to(|_: User| async { "" }))
        .route("/admin", web::get().to(|_: Admin| async { "" }))
        .route("/open", web::get().to(|caller: Result<User, Problem>| async move { format!("{:?}", caller.is_ok()) }));
    let app = init_service(App::new().app_data(auth.clone()).wrap(from_fn(edge)).service(api)).await;
    let mut answers = Vec::new();
    for request in requests {
        let answer = call_service(&app, request.to_request()).await;
        answers.push((answer.status().as_u16(), answer.headers().clone()));
    }
    answers
}

fn from(peer: &str, forwarded: &str) -> TestRequest {
    let request = TestRequest::get().uri("/x").peer_addr(SocketAddr::new(peer.parse().unwrap(), 1));
    if forwarded.is_empty() { request } else { request.insert_header(("x-forwarded-for", forwarded)) }
}

fn of(auth: &Auth, user: &str, role: Role) -> TestRequest {
    let token = testing::token(auth, user, role, 60);
    from("203.0.113.9", "").insert_header(("authorization", format!("Bearer {token}")))
}

fn count(answers: &[(u16, HeaderMap)], status: u16) -> usize {
    answers.iter().filter(|(got, _)| *got == status).count()
}

#[actix_web::test]
async fn strangers_are_counted_by_address_whatever_they_say() {
    let auth = testing::limited(&Rates { per_address: 1, ..Rates::default() });
    let spoofed = (0..30).map(|n| from("203.0.113.9", &format!("198.51.100.{n}"))).collect();
    assert_eq!(count(&statuses(&auth, spoofed).await, 429), 20);
    // Of one network, and of many behind a proxy that is trusted.
    let neighbours = (0..30).map(|n| from(&format!("2001:db8::{n}"), "")).collect();
    assert_eq!(count(&statuses(&auth, neighbours).await, 429), 20);
    let forwarded = (0..30).map(|n| from("10.0.0.1", &format!("198.51.100.{n}"))).collect();
    assert_eq!(count(&statuses(&auth, forwarded).await, 429), 0);
    let prefixed = (0..30).map(|n| from("10.0.0.1", &format!("198.51.100.{n}, 192.0.2.1"))).collect();
    assert_eq!(count(&statuses(&auth, prefixed).await, 429), 20);
    // A token that is not believed makes nobody known.
    let forged =
        (0..30).map(|n| from("192.0.2.9", "").insert_header(("authorization", format!("Bearer {n}")))).collect();
    assert_eq!(count(&statuses(&auth, forged).await, 429), 20);
}

#[actix_web::test]
async fn users_are_counted_by_who_they_are() {
    let auth = testing::limited(&Rates { per_user: 1, per_address: 1, ..Rates::default() });
    let users = (0..30).map(|n| of(&auth, &format!("user-{n}"), Role::User)).collect();
    assert_eq!(count(&statuses(&auth, users).await, 200), 30, "an office behind one address");
    let one: Vec<_> = (0..30).map(|_| of(&auth, "ann", Role::User)).collect();
    let answers = statuses(&auth, one).await;
    assert_eq!(count(&answers, 200), 10);
    let (first, last) = (&answers[0].1, &answers[29].1);
    assert_eq!(first.get("ratelimit").unwrap(), "\"user\";r=9");
    assert_eq!(first.get("ratelimit-policy").unwrap(), "\"user\";q=10;w=10");
    assert!(!first.contains_key("retry-after"));
    assert_eq!(last.get("ratelimit").unwrap(), "\"user\";r=0;t=1");
    assert_eq!(last.get("retry-after").unwrap(), "1");
    assert_eq!(last.get("content-type").unwrap(), "application/problem+json");
    let admins = (0..30).map(|_| of(&auth, "root", Role::Admin).uri("/admin")).collect();
    let answers = statuses(&auth, admins).await;
    assert_eq!(count(&answers, 200), 30);
    assert!(!answers[0].1.contains_key("ratelimit"), "there is no limit to tell of");
}

/// The stream answers 200 and says so in an event. Nobody else gets in by asking for events.
#[actix_web::test]
async fn who_accepts_events_is_refused_by_the_handler() {
    let auth = testing::limited(&Rates { per_user: 1, ..Rates::default() });
    let events = |path: &str| of(&auth, "ann", Role::User).uri(path).insert_header(("accept", "text/event-stream"));
    let answers = statuses(&auth, (0..12).map(|_| events("/x")).collect()).await;
    assert_eq!((count(&answers, 200), count(&answers, 429)), (10, 2));
    assert_eq!(count(&statuses(&auth, vec![events("/open")]).await, 200), 1);
}

#[test]
fn signing_in_is_counted_by_address_and_by_name() {
    let limits = |logins| Limits::new(Proxies::default(), &Rates { logins, ..Rates::default() });
    let login =
        |limits: &Limits, peer: &str, name: &str| limits.login(from(peer, "").to_srv_request().head(), name).is_ok();
    let ten = limits(10);
    let tries = (0..20).filter(|n| login(&ten, "203.0.113.9", &format!("user-{n}"))).count();
    assert_eq!(tries, 10, "one address, many names");
    let tries = (0..20).filter(|n| login(&ten, &format!("203.0.114.{n}"), "ann")).count();
    assert_eq!(tries, 10, "one name, many addresses");
    assert!(login(&ten, "203.0.115.1", "bob"), "others are not concerned");
    let ten = limits(10);
    (0..10).for_each(|_| assert!(login(&ten, "203.0.113.9", "cyd")));
    assert!(!login(&ten, "203.0.113.9", "dan"), "the address has used up its tries");
    let ten = limits(10);
    (0..10).for_each(|_| assert!(login(&ten, "203.0.113.9", "eve")));
    (0..50).for_each(|_| assert!(!login(&ten, "203.0.113.9", "ann")));
    assert!(login(&ten, "203.0.114.1", "ann"), "what was refused for its address was no try for the name");
    assert!((0..50).all(|_| login(&limits(0), "203.0.113.9", "ann")));
}

#[test]
fn publishing_is_counted_by_principal_and_lets_a_batch_through() {
    let auth = testing::auth();
    let who = |user: &str| Principal {
        user: tidings_models::UserId::parse(user).unwrap(),
        rights: crate::Rights::Person(Role::Admin),
        grant: tidings_models::Grant::of_token(None, auth.clock.now()),
        credential: crate::Credential::Bearer,
        secret: None,
        must_change: false,
    };
    let limits = Limits::new(Proxies::default(), &Rates { publishing: 5, ..Rates::default() });
    assert!(limits.publish(&who("root"), 1000).is_ok());
    let refused = limits.publish(&who("root"), 1).unwrap_err();
    assert_eq!(refused.code(), Code::RateLimited);
    assert!(limits.publish(&who("other"), 1).is_ok());
    assert!((0..5000).all(|_| Limits::default().publish(&who("root"), 1000).is_ok()), "by default there is no limit");
}
