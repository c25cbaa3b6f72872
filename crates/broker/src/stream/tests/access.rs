//! What is taken away ends streams, in the order of the log, and what is renewed lasts (I14).

use tidings_models::{Digest, Grant, News, SignInId, SystemRandom};

use super::*;

impl Setup {
    /// Tells the nodes something.
    fn tell(&self, news: &News) {
        self.store.put_news(news);
        self.bus.ring();
    }
}

fn sign_in(until_millis: i64) -> (SignInId, Grant) {
    let id = SignInId::make(&SystemRandom);
    (id, Grant { sign_in: Some(id), ..until(until_millis) })
}

fn revoked(name: &str) -> News {
    News::UserRevoked { who: Digest::of_user(&user(name)), at: Timestamp::from_millis(5_000), except: None }
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_after_what_was_taken_away() {
    let setup = Setup::new().await;
    let (id, grant) = sign_in(HOUR);
    let open = async |name: &str, grant| {
        let mut stream = setup.broker.open((user(name), grant), Start::Unread).await.unwrap();
        next(&mut stream).await;
        stream
    };
    let mut signed_in = open("ann", grant).await;
    let mut other = open("ann", sign_in(HOUR).1).await;
    let mut token = open("ann", until(HOUR)).await;
    let later = Timestamp::from_millis(6_000);
    let mut newer = open("ann", Grant::of_token(Some(later), Timestamp::from_millis(HOUR))).await;
    let mut bob = open("bob", until(HOUR)).await;

    setup.tell(&News::SignInEnded { id });
    setup.add("everyone");
    assert_eq!(next(&mut signed_in).await, "goodbye revoked");
    assert_eq!(next(&mut signed_in).await, "end");
    for stream in [&mut other, &mut token] {
        assert_eq!(next(stream).await, "2:1");
    }

    setup.add("everyone");
    setup.tell(&revoked("ann"));
    setup.add("everyone");
    setup.settled().await;
    for stream in [&mut other, &mut token] {
        assert_eq!(next(stream).await, "goodbye revoked", "not even what came before it: who may know?");
        assert_eq!(next(stream).await, "end");
    }
    for stream in [&mut newer, &mut bob] {
        assert_eq!(next(stream).await, "2:1, 3:2, 5:3");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_is_under_way_ends_too() {
    let setup =
        Setup::sized(Arc::default(), Arc::default(), Sizes { replay_page: 2, ring: 1, ..Sizes::default() }).await;
    for _ in 0..9 {
        setup.add("user:ann");
    }
    setup.settled().await;
    let mut stream = setup.broker.open((user("ann"), until(HOUR)), after(0)).await.unwrap();
    assert_eq!(next(&mut stream).await, "1:9, 2:9");
    setup.tell(&revoked("ann"));
    setup.settled().await;
    assert_eq!(next(&mut stream).await, "goodbye revoked");
    assert_eq!(next(&mut stream).await, "end");
}

/// Between the look at the credentials and the place in the hub something may be taken away.
#[tokio::test(start_paused = true)]
async fn who_was_believed_before_is_asked_about() {
    let setup = Setup::new().await;
    let (id, grant) = sign_in(HOUR);
    setup.tell(&News::SignInEnded { id });
    setup.tell(&revoked("bob"));
    setup.settled().await;
    let open = async |name: &str, grant| setup.broker.open((user(name), grant), Start::Unread).await.map(drop);
    assert!(matches!(open("ann", grant).await, Err(crate::OpenError::Revoked)));
    assert!(matches!(open("bob", until(HOUR)).await, Err(crate::OpenError::Revoked)));
    assert_eq!(setup.broker.figures().streams, 0, "and takes no place");
    assert!(open("ann", until(HOUR)).await.is_ok());
    let now = Grant { as_of: setup.broker.revoked().version(), ..grant };
    assert!(open("ann", now).await.is_ok(), "looked at since: nobody who has ended is found");
}

#[tokio::test(start_paused = true)]
async fn what_is_renewed_lasts() {
    let setup = Setup::new().await;
    let (id, grant) = sign_in(120_000);
    let mut signed_in = setup.broker.open((user("ann"), grant), Start::Unread).await.unwrap();
    let mut token = setup.broker.open((user("bob"), until(120_000)), Start::Unread).await.unwrap();
    let mut left = setup.broker.open((user("cid"), until(120_000)), Start::Unread).await.unwrap();
    for stream in [&mut signed_in, &mut token, &mut left] {
        next(stream).await;
    }
    let quiet = async |stream: &mut Stream| loop {
        let said = next(stream).await;
        if !said.starts_with("beat") {
            return said;
        }
    };
    for stream in [&mut signed_in, &mut token, &mut left] {
        assert_eq!(quiet(stream).await, "expiring 120");
    }
    setup.tell(&News::SignInRenewed { id, until: Timestamp::from_millis(300_000) });
    let longer = until(240_000);
    assert!(!setup.broker.renew(&user("ann"), token.id(), &longer), "it is not hers");
    assert!(!setup.broker.renew(&user("bob"), uuid::Uuid::nil(), &longer));
    assert!(setup.broker.renew(&user("bob"), token.id(), &longer));
    setup.settled().await;
    assert_eq!(quiet(&mut left).await, "goodbye token_expired");
    assert_eq!(quiet(&mut token).await, "expiring 240");
    assert_eq!(quiet(&mut signed_in).await, "expiring 300");
    assert_eq!(quiet(&mut token).await, "goodbye token_expired");
    assert_eq!(quiet(&mut signed_in).await, "goodbye token_expired");
}

/// A hub that has heard of it already does not end it by itself.
#[tokio::test(start_paused = true)]
async fn what_is_renewed_by_something_that_has_ended_ends() {
    let setup = Setup::new().await;
    let newer = Grant::of_token(Some(Timestamp::from_millis(6_000)), Timestamp::from_millis(HOUR));
    let mut stream = setup.broker.open((user("ann"), newer), Start::Unread).await.unwrap();
    next(&mut stream).await;
    setup.tell(&revoked("ann"));
    setup.settled().await;
    assert!(!setup.broker.renew(&user("ann"), stream.id(), &until(HOUR)), "an older token, which is refused by now");
    assert_eq!(next(&mut stream).await, "goodbye revoked");
    assert_eq!(next(&mut stream).await, "end");
}

/// Nobody takes a place back because of an end that was put off, even if the reader stands still.
#[tokio::test(start_paused = true)]
async fn a_reader_that_stands_still_keeps_a_renewed_place() {
    let setup = Setup::new().await;
    let stream = setup.broker.open((user("ann"), until(120_000)), Start::Unread).await.unwrap();
    assert!(setup.broker.renew(&user("ann"), stream.id(), &until(240_000)));
    tokio::time::advance(Duration::from_secs(200)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(setup.broker.figures().streams, 1);
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(setup.broker.figures().streams, 0);
}
