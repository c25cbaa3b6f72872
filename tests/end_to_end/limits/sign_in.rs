//! Guessing passwords.

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::{ELSEWHERE, from, header, one_limited, one_refused};
use crate::{session::add, support::Server};

/// So many more of them after too many. One try comes back in six seconds, and checking ten passwords takes a while.
const MORE: usize = 3;

fn login(server: &Server, address: &str, user: &str, password: &str) -> RequestBuilder {
    from(server, address, Method::POST, "/api/v1/auth/login").json(&json!({"user": user, "password": password}))
}

/// All at once, so that nothing comes back meanwhile: the statuses.
async fn statuses(tries: impl Iterator<Item = RequestBuilder>) -> Vec<u16> {
    join_all(tries.map(|request| async { request.send().await.unwrap().status().as_u16() })).await
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|got| **got == status).count()
}

#[tokio::test]
async fn the_eleventh_try_from_an_address_is_refused_whatever_the_name() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let tries = (0..11).map(|n| login(&server, "127.0.0.1", &format!("nobody-{n}"), "wrong"));
    let statuses = statuses(tries).await;
    assert_eq!((count(&statuses, 401), count(&statuses, 429)), (10, 1), "{statuses:?}");

    let right = |_| login(&server, "127.0.0.1", "ann", "correct horse");
    let answer = one_refused((0..MORE).map(right)).await; // nor is a right password tried
    let seconds: u64 = header(&answer, "retry-after").parse().unwrap();
    assert!((1..=6).contains(&seconds), "{seconds}");
    assert_eq!(header(&answer, "ratelimit-policy"), "\"sign-in-address\";q=10;w=60");
    assert_eq!(header(&answer, "ratelimit"), format!("\"sign-in-address\";r=0;t={seconds}"));
    one_limited((0..MORE).map(|n| right(n).header("x-forwarded-for", "198.51.100.7"))).await;
    assert_eq!(server.as_user("ann", Method::GET, "/inbox").send().await.unwrap().status(), 200, "who is signed in");
}

#[cfg(target_os = "linux")] // elsewhere 127.0.0.1 is the only address of its kind
#[tokio::test]
async fn the_eleventh_try_for_a_name_is_refused_wherever_it_comes_from() {
    let server = Server::start().await;
    add(&server, "ann", &[]);
    add(&server, "bob", &[]);
    for (name, right) in [("ann", 200), ("nobody", 401)] {
        // A success does not give tries back.
        let tries = (0..11).map(|n| {
            let password = if n == 5 { "correct horse" } else { "wrong" };
            login(&server, &format!("127.0.{}.{}", 10 + name.len(), n + 1), name, password)
        });
        let statuses = statuses(tries).await;
        assert_eq!(count(&statuses, 429), 1, "{name}: {statuses:?}");
        let answer = one_refused((0..MORE).map(|_| login(&server, ELSEWHERE, name, "correct horse"))).await;
        assert_eq!(header(&answer, "ratelimit-policy"), "\"sign-in-name\";q=10;w=60", "not {right}");
    }
    let answer = login(&server, ELSEWHERE, "bob", "correct horse").send().await.unwrap();
    assert_eq!(answer.status(), 200, "others are not concerned");
}
