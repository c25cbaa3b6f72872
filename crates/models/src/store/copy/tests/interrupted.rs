//! Copies that are given up on the way.

use super::*;

/// After each page anew: nothing is copied twice, nothing is missing, and neither side is to be had meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_on_where_it_was() {
    let (left, url) = (Left::with(40).await, empty_database());
    let mut rows = Vec::new();
    while left
        .copy_until(&url, |progress| {
            let copying = progress.stage == Stage::Copying;
            rows.extend(copying.then_some(progress.rows));
            copying
        })
        .await
    {
        assert_eq!(
            refusal(arrived(&url).await),
            "it has a part only of the log that is being moved here from the file"
        );
    }
    // What was sent may have been stored, though nobody was there to hear of it: then that is one page more.
    assert!(rows.windows(2).all(|pair| pair[0] < pair[1] && pair[1] <= pair[0] + 14), "{rows:?}");
    assert!(rows.len() > 15, "{rows:?}");
    let store = arrived(&url).await.unwrap();
    assert_eq!(store.head().await.unwrap().position.get(), 40);
    publish(&store).await;
    assert_eq!(store.head().await.unwrap().position.get(), 41);
}

/// Given up at the very end, and again after it.
#[tokio::test]
async fn a_copy_that_was_compared_is_compared_again_and_one_that_is_whole_stays() {
    let (left, url) = (Left::with(20).await, empty_database());
    assert!(left.copy_until(&url, |progress| progress.stage == Stage::Verifying).await);
    let copied = left.copy(&url).await.unwrap();
    let rows: u64 = copied.tables.iter().map(|(_, rows)| rows).sum();
    assert_eq!(copied.before, rows, "there was nothing left to copy");
    arrived(&url).await.unwrap().close().await;

    // Between the last word to the one and the last word to the other.
    execute(&url, "UPDATE moves SET finished_at = NULL").await;
    refusal(arrived(&url).await);
    left.copy(&url).await.unwrap();
    let store = arrived(&url).await.unwrap();
    publish(&store).await;
    let copied = left.copy(&url).await.unwrap();
    assert_eq!(copied.before, rows, "it is not compared any more, as it goes on");
    assert_eq!(store.head().await.unwrap().position.get(), 21);
}

/// Somebody who gives up on one server takes another.
#[tokio::test]
async fn a_copy_may_begin_anew_elsewhere() {
    let (left, first, second) = (Left::with(20).await, empty_database(), empty_database());
    assert!(left.copy_until(&first, |_| true).await);
    assert_eq!(left.copy(&second).await.unwrap().before, 0);
    arrived(&second).await.unwrap().close().await;
    assert!(matches!(left.copy(&first).await, Err(CopyError::Left(_))));
    refusal(arrived(&first).await);
}
