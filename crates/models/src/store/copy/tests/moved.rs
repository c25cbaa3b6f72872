//! A log has one life, in one place (I6).

use super::*;

#[tokio::test]
async fn a_log_that_was_moved_goes_on_in_one_place() {
    let (left, url) = (Left::with(3).await, empty_database());
    let store = left.open().await.unwrap();
    let held = store.cursors().seal(crate::Position::START);
    store.close().await;
    left.copy(&url).await.unwrap();
    assert_eq!(refusal(left.open().await), "its log was moved to the server, and goes on there");
    assert!(matches!(left.copy(&empty_database()).await, Err(CopyError::Left(moved)) if moved.other == "the server"));
    let there = arrived(&url).await.unwrap();
    assert_eq!(there.cursors().open(held.as_str().as_bytes()), Ok(crate::Position::START));

    // Going on here after all is another life.
    let store = SqliteStore::open_moved(&left.url, NOW, &SystemRandom).await.unwrap();
    assert!(store.moved().await.unwrap().is_some_and(|moved| moved.finished));
    store.begin_epoch(NOW, &SystemRandom).await.unwrap();
    store.close().await;
    let store = left.open().await.unwrap();
    assert_eq!(store.moved().await.unwrap(), None);
    assert_eq!(store.cursors().open(held.as_str().as_bytes()), Err(CursorError::Epoch));
    assert_ne!(store.head().await.unwrap().epoch, there.head().await.unwrap().epoch);
}

#[tokio::test]
async fn a_copy_that_was_not_finished_can_be_undone() {
    let (left, url) = (Left::with(9).await, empty_database());
    assert!(left.copy_until(&url, |progress| progress.stage == Stage::Verifying).await);
    let opened = loop {
        match left.open().await {
            Err(StoreError::Unavailable(_)) => {} // whoever gave up is about to let go
            opened => break opened,
        }
    };
    assert_eq!(refusal(opened), "its log is being moved to the server");
    let store = SqliteStore::open_moved(&left.url, NOW, &SystemRandom).await.unwrap();
    let epoch = store.head().await.unwrap().epoch;
    store.stay().await.unwrap();
    store.close().await;
    let store = left.open().await.unwrap();
    assert_eq!(store.head().await.unwrap().epoch, epoch, "nobody has gone on with it");
    publish(&store).await;
    store.close().await;
    // What was copied is of an earlier time.
    assert!(matches!(left.copy(&url).await, Err(CopyError::Another(_))));
    refusal(arrived(&url).await);
}
