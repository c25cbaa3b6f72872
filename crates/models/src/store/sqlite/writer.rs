//! The one connection that writes.
//!
//! It is kept here rather than in a pool, which asks the thread of the connection twice per loan
//! whether it is well: that costs more than a small group.

use std::{
    future::{Ready, ready},
    sync::LazyLock,
    time::Duration,
};

use sqlx::{ConnectOptions as _, Connection as _, Sqlite, SqliteConnection, Transaction, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex, MutexGuard, Notify};

use super::{StoreError, shared::seqs::Seqs, sql};

/// The question that a group begins with, as the beginning of its transaction: it costs no hop of its own.
static BEGIN_WITH_HEAD_AND_SEQS: LazyLock<String> =
    LazyLock::new(|| format!("BEGIN IMMEDIATE; {}", sql::HEAD_AND_SEQS));

/// Begins a group, and tells what asks for the head and for seqs first. Here the first question begins it.
pub(super) fn begin_group(_: &mut SqliteConnection) -> Ready<Result<&'static str, StoreError>> {
    ready(Ok(&BEGIN_WITH_HEAD_AND_SEQS))
}

/// Bounds how long anything waits for the database. Here a lock is all that one waits for, which SQLite bounds itself.
pub(super) async fn bounded<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
where
    StoreError: From<E>,
{
    Ok(work.await?)
}

pub(super) struct Writer {
    options: SqliteConnectOptions,
    /// How long anything waits for its turn before the database counts as not available.
    patience: Duration,
    place: Mutex<Place>,
    wrote: Notify,
}

/// Where the connection is between two writes.
enum Place {
    Ready(SqliteConnection, Seqs),
    /// Made anew by the next write.
    Empty,
    Closed,
}

/// The connection, for one write. Whoever drops it on the way ends the connection, and with it the
/// transaction that was under way.
pub(super) struct Turn<'a> {
    writer: &'a Writer,
    place: MutexGuard<'a, Place>,
    pub(super) connection: SqliteConnection,
    pub(super) seqs: Seqs,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions, patience: Duration) -> Result<Self, StoreError> {
        let place = Mutex::new(Place::Ready(options.connect().await?, Seqs::new()));
        Ok(Self { options, patience, place, wrote: Notify::new() })
    }

    /// Waits until nobody else writes.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let waiting = tokio::time::timeout(self.patience, self.place.lock());
        let mut place = waiting.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let (connection, seqs) = match std::mem::replace(&mut *place, Place::Empty) {
            Place::Ready(connection, seqs) => (connection, seqs),
            Place::Empty => (self.options.connect().await?, Seqs::new()),
            Place::Closed => {
                *place = Place::Closed;
                return Err(sqlx::Error::PoolClosed.into());
            }
        };
        Ok(Turn { writer: self, place, connection, seqs })
    }

    /// Waits until something was written since the last time.
    pub(super) async fn wrote(&self) {
        self.wrote.notified().await;
    }

    pub(super) async fn close(&self) {
        let before = std::mem::replace(&mut *self.place.lock().await, Place::Closed);
        if let Place::Ready(connection, _) = before {
            let _ = connection.close().await; // what was written is on disk
        }
    }
}

impl Turn<'_> {
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        Ok(self.connection.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The same: here nobody writes beside others.
    pub(super) async fn begin_beside(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        self.begin().await
    }

    /// Gives the connection back, and passes on how the write went. After a failure it is not used again:
    /// SQLite rolls back by itself on a full disk or a failed write, and sqlx would believe in that
    /// transaction for ever.
    pub(super) async fn end<T>(mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.is_ok() {
            *self.place = Place::Ready(self.connection, self.seqs);
            self.writer.wrote.notify_one();
        } else {
            let _ = self.connection.close_hard().await;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::{super::SqliteStore, *};
    use crate::{Draft, Log as _, Outcome, Store as _, SystemRandom, Timestamp, UserId};

    #[tokio::test]
    async fn a_write_that_is_given_up_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let meet = |i: u64| Draft::Meet { user: UserId::parse(&i.to_string()).unwrap(), at: Timestamp::from_millis(0) };
        for i in 0..40 {
            let _ = tokio::time::timeout(Duration::from_micros(i * 25), store.commit(vec![meet(i)])).await;
            let done = store.commit(vec![meet(i + 100)]).await;
            assert_eq!(done.unwrap().outcomes, [Outcome::Met], "the next one goes on");
        }
        store.close().await;
        assert!(matches!(store.commit(vec![meet(1)]).await, Err(StoreError::Unavailable(_))), "closed is closed");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_from_a_database_that_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let user = |i: usize| UserId::parse(&format!("{i}{}", "x".repeat(200))).unwrap();
        for _ in 0..3 {
            let mut turn = store.writer.turn().await.unwrap();
            sqlx::query("PRAGMA max_page_count = 1").execute(&mut turn.connection).await.unwrap();
            turn.end(Ok(())).await.unwrap();
            let meet = (0..1000).map(|i| Draft::Meet { user: user(i), at: Timestamp::from_millis(0) }).collect();
            assert!(matches!(store.commit(meet).await, Err(StoreError::Full(_))));
        }
        let meet = vec![Draft::Meet { user: user(0), at: Timestamp::from_millis(0) }];
        assert_eq!(
            store.commit(meet).await.unwrap().outcomes,
            [Outcome::Met],
            "no restart is needed once there is room"
        );
    }
}
