//! What only PostgreSQL must do.

use sqlx::{Executor as _, SqlStr};

use super::{shared::sql, *};
use crate::{
    Log as _, SystemRandom, Timestamp,
    store::contract::server::{Cluster, database, empty_database},
};

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, Timestamp::from_millis(0), &SystemRandom).await.unwrap()
}

#[tokio::test]
async fn every_statement_prepares() {
    let store = open(&database()).await;
    for (_, statement) in sql::every() {
        let prepared = store.readers.prepare(SqlStr::from_static(statement)).await;
        assert!(prepared.is_ok(), "{statement}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn several_at_once_make_one_database() {
    let url = empty_database();
    let (first, second, third) = tokio::join!(open(&url), open(&url), open(&url));
    let epochs = [&first, &second, &third].map(|store| async { store.head().await.unwrap().epoch });
    let [first_epoch, second_epoch, third_epoch] = epochs;
    let epoch = first_epoch.await;
    assert_eq!((second_epoch.await, third_epoch.await), (epoch, epoch));
    let place = crate::Position::new(7).unwrap();
    let cursor = first.cursors().seal(place);
    assert_eq!(third.cursors().open(cursor.as_str().as_bytes()), Ok(place), "and one set of secrets");
}

/// I6: what is put back by `pg_restore` begins another epoch.
#[tokio::test]
async fn a_copy_that_is_put_back_is_another_epoch() {
    let url = database();
    let store = open(&url).await;
    let held = store.cursors().seal(crate::Position::new(7).unwrap());
    store.begin_epoch(Timestamp::from_millis(1), &SystemRandom).await.unwrap();
    let again = open(&url).await;
    assert_eq!(again.cursors().open(held.as_str().as_bytes()), Err(crate::CursorError::Epoch));
}

#[tokio::test]
async fn errors_tell_no_password() {
    let url = database().replace("tidings@", "tidings:planted@");
    for url in [
        url.replace("/test", "/not-there"),
        url.replace("tidings:", "nobody-of-that-name:"),
        url.replace("host=/", "host=/not/there/"),
    ] {
        let opened = PostgresStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await;
        let error = opened.err().unwrap();
        assert!(!error.to_string().contains("planted"), "{error}");
        assert!(!format!("{error:?}").contains("planted"), "{error:?}");
    }
}

/// The server of a connection stops in the middle of an answer, and says nothing any more.
fn signal(name: &str, ids: &[i32]) {
    let ids = ids.iter().map(ToString::to_string);
    let sent = std::process::Command::new("kill").arg(name).args(ids).status();
    assert!(sent.unwrap().success());
}

/// Whoever reads is given up, and what they read by is not used again: the next one has a connection of its own.
#[tokio::test]
async fn a_server_that_vanishes_keeps_no_place_of_a_reader() {
    let store = open(&database()).await;
    let (mut all, mut ids) = (Vec::new(), Vec::new());
    for _ in 0..store.readers.options().get_max_connections() {
        let mut reader = store.readers.acquire().await.unwrap();
        ids.push(sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *reader).await.unwrap());
        all.push(reader);
    }
    signal("-STOP", &ids);
    tokio::time::pause(); // goes on at once when there is nothing to do but to wait
    drop(all); // as if their answers had been waited for until now
    let ann = crate::UserId::parse("ann").unwrap();
    for _ in 0..60 {
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
    tokio::time::resume();
    assert_eq!(store.readers.size(), 0, "places that are kept");
    let known = crate::Store::known(&store, &ann).await;
    signal("-CONT", &ids);
    assert!(matches!(known, Ok(None)), "{known:?}");
}

/// A standby that was promoted may lack something: it begins another epoch, once, and who was there before ends.
#[tokio::test]
async fn a_promoted_standby_is_another_epoch() {
    let cluster = Cluster::start();
    let url = cluster.database("template0");
    let before = open(&url).await;
    let held = before.cursors().seal(crate::Position::new(7).unwrap());
    let again = open(&url).await;
    assert!(again.cursors().open(held.as_str().as_bytes()).is_ok(), "it was the same server");
    cluster.kill();
    cluster.start_again();
    let again = open(&url).await;
    assert!(again.cursors().open(held.as_str().as_bytes()).is_ok(), "a restart is no promotion");

    cluster.kill();
    cluster.promote();
    let node = crate::store::Node {
        id: uuid::Uuid::nil(),
        beat: 1,
        version: String::new(),
        started_at: Timestamp::from_millis(0),
        position: crate::Position::START,
        streams: 0,
    };
    let refused = loop {
        match crate::store::Nodes::tell(&before, &node, &[]).await {
            Err(StoreError::Unavailable(_)) => {} // its connection is gone
            other => break other,
        }
    };
    assert!(matches!(refused, Err(StoreError::AnotherLife)), "{refused:?}");
    assert!(before.head().await.is_err(), "nor does it read");
    let (second, third) = tokio::join!(open(&url), open(&url));
    for node in [&second, &third] {
        assert_eq!(node.cursors().open(held.as_str().as_bytes()), Err(crate::CursorError::Epoch));
    }
    let held = second.cursors().seal(crate::Position::new(7).unwrap());
    assert!(third.cursors().open(held.as_str().as_bytes()).is_ok(), "begun once");
}
