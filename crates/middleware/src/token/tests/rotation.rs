//! Keys come and go, and what was known goes with them.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{FutureExt as _, future::join_all};
use tokio::time::{Duration, Instant, advance};

use super::{
    issuer::{Issuer, jwks},
    *,
};

fn named(issuers: &[&Issuer]) -> PublicKeys {
    PublicKeys::Named(PublicKeys::of_jwks(jwks(issuers).as_bytes()).unwrap().0)
}

fn secrets(lines: &str) -> Result<Secrets, WrongSecret> {
    Secrets::of_lines(&lines.into())
}

fn claims() -> Value {
    json!({"sub": "alice", "exp": NOW + 60})
}

#[test]
fn a_token_that_is_known_does_not_outlive_its_key() {
    let (old, new) = (Issuer::p256("old"), Issuer::p256("new"));
    let tokens = tokens();
    let token = old.token(&claims());
    assert!(tokens.believe(named(&[&old])));
    assert!(tokens.verify(&token, now()).is_ok());
    assert!(!tokens.believe(named(&[&old])), "the same keys");
    assert!(tokens.believed.read().known.get(&token).is_some(), "what is known stays so under the same keys");
    assert!(tokens.believe(named(&[&old, &new])));
    assert!(tokens.verify(&token, now()).is_ok());
    assert!(tokens.believe(named(&[&new])));
    assert_eq!(tokens.verify(&token, now()), Err(InvalidToken::UnknownKey));
    // The same name, another key.
    assert!(tokens.believe(named(&[&Issuer::p256("old")])));
    assert!(matches!(tokens.verify(&token, now()), Err(InvalidToken::Unreadable(_))));
    assert!(tokens.believe(PublicKeys::None));
    assert_eq!(tokens.verify(&token, now()), Err(InvalidToken::Algorithm));
}

#[test]
fn two_secrets_at_a_time() {
    let (old, new) = (SECRET.to_owned(), "y".repeat(32));
    let tokens = tokens();
    let mint = || tokens.mint(&UserId::parse("a").unwrap(), Role::User, now(), now().plus_millis(60_000)).unwrap();
    let before = mint();
    assert!(tokens.verify(&before, now()).is_ok());
    tokens.sign_under(secrets(&format!("{new}\n{old}\n")).unwrap());
    let after = mint();
    assert!(tokens.verify(&before, now()).is_ok() && tokens.verify(&after, now()).is_ok());
    tokens.sign_under(secrets(&format!("\r\n{new}\r\n")).unwrap());
    assert!(tokens.verify(&before, now()).is_err());
    assert!(tokens.verify(&after, now()).is_ok(), "it was signed under the first one");
    assert_ne!(before, after);
}

#[test]
fn what_a_file_of_secrets_may_hold() {
    let line = "z".repeat(32);
    let cases = [
        (String::new(), WrongSecret::Missing),
        ("\n\n".into(), WrongSecret::Missing),
        ("short".into(), WrongSecret::Short),
        (format!("{line}\nshort"), WrongSecret::Short),
        (format!("{line}\n{line}\n{line}"), WrongSecret::TooMany),
        (Issuer::ed25519("a").pem(), WrongSecret::Key),
    ];
    for (text, wrong) in cases {
        assert_eq!(secrets(&text).err(), Some(wrong), "{text}");
    }
}

/// Answers who asks, after a while, and counts how often.
async fn provider(tokens: &Tokens, takes: Duration, fetches: &AtomicUsize) {
    loop {
        tokens.wanted().asked().await;
        let round = tokens.wanted().round();
        tokio::time::sleep(takes).await;
        fetches.fetch_add(1, Ordering::Relaxed);
        drop(round);
    }
}

async fn with_provider<T>(tokens: &Tokens, takes: Duration, fetches: &AtomicUsize, test: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        done = test => done,
        () = provider(tokens, takes, fetches) => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn however_many_ask_the_keys_are_fetched_once() {
    let (tokens, fetches) = (tokens(), AtomicUsize::new(0));
    let second = Duration::from_secs(1);
    with_provider(&tokens, second, &fetches, async {
        let answers = join_all((0..1000).map(|_| tokens.look_again())).await;
        assert_eq!(answers.iter().filter(|again| **again).count(), 256, "the others were refused at once");
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        let begun = Instant::now();
        for _ in 0..1000 {
            assert!(!tokens.look_again().await);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO, "refused at once");
        advance(Duration::from_mins(1)).await;
        assert!(tokens.look_again().await);
        assert_eq!(fetches.load(Ordering::Relaxed), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_three_seconds() {
    let (tokens, fetches) = (tokens(), AtomicUsize::new(0));
    with_provider(&tokens, Duration::from_mins(10), &fetches, async {
        let begun = Instant::now();
        assert!(!tokens.look_again().await);
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_is_under_way_answers_who_comes_meanwhile() {
    let (tokens, fetches) = (tokens(), AtomicUsize::new(0));
    let round = tokens.wanted().round();
    let (again, ()) = tokio::join!(tokens.look_again(), async {
        tokio::task::yield_now().await;
        drop(round);
    });
    assert!(again);
    // It was not asked for, so another one may be.
    with_provider(&tokens, Duration::ZERO, &fetches, async { assert!(tokens.look_again().await) }).await;
    assert_eq!(fetches.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn who_was_answered_meanwhile_is_not_fetched_for_again() {
    let tokens = tokens();
    let asking = tokens.look_again();
    tokio::pin!(asking);
    assert!((&mut asking).now_or_never().is_none(), "it waits");
    drop(tokens.wanted().round()); // of its own accord, before it heard of the question
    assert!(asking.await);
    let asked = tokio::time::timeout(Duration::from_mins(1), tokens.wanted().asked()).await;
    assert!(asked.is_err());
}
