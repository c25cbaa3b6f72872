//! What is not copied, and what is not written over.

use super::{super::super::sqlite::MIGRATIONS, *};

#[tokio::test]
async fn a_file_that_is_in_use_is_not_copied() {
    let (left, url) = (Left::with(3).await, empty_database());
    let store = left.open().await.unwrap();
    let from = Place { url: &left.url, shown: "" };
    let begun = Copying::begin(from, Place { url: &url, shown: "" }, FEW, &SystemClock, &SystemRandom).await;
    assert!(matches!(begun, Err(CopyError::InUse)));
    publish(&store).await;
    store.close().await;
    let copying = left.begin(&url).await.unwrap();
    let mut other = SqliteConnection::connect(&left.url).await.unwrap();
    let waited = sqlx::query("PRAGMA busy_timeout = 0; SELECT COUNT(*) FROM events").fetch_all(&mut other).await;
    assert!(waited.unwrap_err().to_string().contains("locked"), "nor is it used while it is copied");
    copying.run(&SystemClock, |_| {}).await.unwrap();
}

#[tokio::test]
async fn what_is_not_empty_is_not_written_over() {
    let (left, url) = (Left::with(3).await, empty_database());
    let store = arrived(&url).await.unwrap();
    assert!(matches!(left.copy(&url).await, Err(CopyError::NotEmpty)));
    assert_eq!(store.head().await.unwrap().position.get(), 0);
    left.open().await.unwrap().close().await; // nothing was begun
}

#[tokio::test]
async fn a_part_of_another_log_is_not_gone_on_with() {
    let (left, other, url) = (Left::with(9).await, Left::with(9).await, empty_database());
    assert!(other.copy_until(&url, |_| true).await);
    assert!(matches!(left.copy(&url).await, Err(CopyError::Another(moved)) if moved.other == "the file"));
    left.open().await.unwrap().close().await;
    other.copy(&url).await.unwrap();
    assert!(matches!(left.copy(&url).await, Err(CopyError::NotEmpty)));
}

#[tokio::test]
async fn one_copies_into_a_database_at_a_time() {
    let (left, other, url) = (Left::with(3).await, Left::with(3).await, empty_database());
    let copying = left.begin(&url).await.unwrap();
    assert!(matches!(other.begin(&url).await, Err(CopyError::AnotherRuns)));
    copying.run(&SystemClock, |_| {}).await.unwrap();
}

#[tokio::test]
async fn a_file_without_a_log_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("log.db").display());
    let mut file = SqliteConnection::connect(&url).await.unwrap();
    MIGRATIONS.run(&mut file).await.unwrap();
    file.close().await.unwrap();
    let left = Left { _folder: folder, url };
    assert!(matches!(left.copy(&empty_database()).await, Err(CopyError::Nothing)));
}
