use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use tidings_middleware::{InvalidToken, Origins, Tokens};
use tidings_models::{Clock as _, SystemClock, SystemRandom};
use tokio::time::Instant;

use super::*;
use crate::testing::{
    issuer::{Issuer, jwks},
    key_server::KeyServer,
};

fn auth() -> Arc<Auth> {
    let tokens = Tokens::new(&"0123456789abcdef0123456789abcdef".into()).unwrap();
    tokens.believe(PublicKeys::Named(NamedKeys::default()));
    Arc::new(Auth::of_tokens(tokens, Origins::default(), Arc::new(SystemClock), Arc::new(SystemRandom)))
}

fn fetcher(url: &str) -> Fetcher {
    Fetcher::new(url.parse().unwrap()).unwrap()
}

fn token(issuer: &Issuer) -> String {
    issuer.token(&json!({"sub": "alice", "exp": SystemClock.now().as_seconds() + 600}))
}

fn verify(auth: &Auth, issuer: &Issuer) -> Result<(), InvalidToken> {
    auth.tokens.verify(&token(issuer), SystemClock.now()).map(|_| ())
}

#[tokio::test]
async fn keys_come_and_go_with_the_set_and_stay_while_it_cannot_be_had() {
    let (old, new) = (Issuer::p256("old"), Issuer::ed25519("new"));
    let (auth, server, mut state) = (auth(), KeyServer::start(&jwks(&[&old])).await, State::default());
    let fetcher = fetcher(&server.url());
    let known = token(&old);
    assert!(round(&auth, &fetcher, &mut state).await);
    assert!(auth.tokens.verify(&known, SystemClock.now()).is_ok());
    for broken in [
        "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "no HTTP\r\n\r\n",
    ] {
        server.answer(broken);
        assert!(!round(&auth, &fetcher, &mut state).await, "{broken}");
        assert!(auth.tokens.verify(&known, SystemClock.now()).is_ok(), "{broken}");
    }
    server.publish(&jwks(&[&old, &new]));
    assert!(round(&auth, &fetcher, &mut state).await);
    assert!(verify(&auth, &old).is_ok() && verify(&auth, &new).is_ok());
    server.publish(&jwks(&[&new]));
    assert!(round(&auth, &fetcher, &mut state).await);
    assert_eq!(auth.tokens.verify(&known, SystemClock.now()), Err(InvalidToken::UnknownKey), "though it was known");
    assert!(verify(&auth, &new).is_ok());
    drop(server);
    assert!(!round(&auth, &fetcher, &mut state).await);
    assert!(verify(&auth, &new).is_ok());
}

#[tokio::test]
async fn a_thousand_made_up_names_cost_one_fetch() {
    let issuer = Issuer::p256("good");
    let (auth, server) = (auth(), KeyServer::start(&jwks(&[&issuer])).await);
    let running = tokio::spawn(run(Arc::clone(&auth), fetcher(&server.url()), crate::watch::hangups().unwrap()));
    while verify(&auth, &issuer).is_err() {
        tokio::task::yield_now().await;
    }
    let strangers: Vec<_> = (0..1000)
        .map(|number| {
            issuer.sign(&json!({"alg": "ES256", "kid": format!("made-up-{number}")}), r#"{"sub":"a","exp":9e9}"#)
        })
        .collect();
    let begun = Instant::now();
    join_all(strangers.iter().map(async |token| {
        assert_eq!(auth.tokens.verify(token, SystemClock.now()), Err(InvalidToken::UnknownKey));
        auth.tokens.look_again().await
    }))
    .await;
    assert_eq!(server.fetches(), 2, "one at the start, one for all of them");
    assert!(begun.elapsed() < Duration::from_secs(3));
    running.abort();
}

#[tokio::test]
async fn answers_that_are_too_long_or_from_elsewhere_are_refused() {
    let issuer = Issuer::p256("good");
    let (elsewhere, server) = (KeyServer::start(&jwks(&[&issuer])).await, KeyServer::start("").await);
    let fetcher = fetcher(&server.url());
    for status in [301, 302, 303, 307, 308] {
        server.answer(format!("HTTP/1.1 {status} There\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url()));
        assert!(matches!(fetcher.fetch().await, Err(Unfetched::Status(found)) if found == status), "{status}");
    }
    assert_eq!(elsewhere.fetches(), 0);
    let set = jwks(&[&issuer]);
    server.publish(&format!("{set}{}", " ".repeat(64 * 1024 - set.len())));
    assert!(fetcher.fetch().await.is_ok(), "as long as it may be");
    server.publish(&format!("{set}{}", " ".repeat(64 * 1024 - set.len() + 1)));
    assert!(matches!(fetcher.fetch().await, Err(Unfetched::TooLarge)));
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(1024 * 1024));
    server.answer(endless);
    assert!(matches!(fetcher.fetch().await, Err(Unfetched::TooLarge)));
    assert!(server.requests().iter().all(|line| line == "GET /keys.json?tenant=x HTTP/1.1"));
    assert!(!fetcher.place().contains("tenant"), "a query may hold a secret");
}

/// Over virtual time: whenever nothing happens, the clock goes on.
#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_end_is_cut_after_three_seconds() {
    let server = KeyServer::start("").await;
    let fetcher = fetcher(&server.url());
    for slow in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"keys\":["] {
        server.answer(slow);
        let begun = Instant::now();
        assert!(matches!(fetcher.fetch().await, Err(Unfetched::Slow)), "{slow}");
        assert!((3000..3010).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    }
}
