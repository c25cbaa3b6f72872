//! What only PostgreSQL must do.

use sqlx::{Executor as _, SqlStr};

use super::{shared::sql, *};
use crate::{
    Log as _, SystemRandom, Timestamp,
    store::contract::server::{database, empty_database},
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
