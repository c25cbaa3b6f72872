//! The one connection of this node that writes.

use std::{sync::OnceLock, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, Postgres, Transaction, error::Error, postgres::PgConnectOptions,
};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, timeout},
};

use super::{
    StoreError,
    life::Life,
    shared::{seqs::Seqs, sql},
};

/// Begins a transaction and takes the head row, in one round trip. The row is taken by a statement of its own: what
/// comes after it sees what its last holder has committed, while a statement that had to wait itself would go on with
/// what it saw before.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT position FROM head WHERE id = 1 FOR UPDATE";
/// A connection that nobody used for so long is asked whether it is still there. Without it the first write after a
/// restart of the database would fail.
const TRUSTED: Duration = Duration::from_secs(1);

/// How long anything that is asked for may take in all: what the server bounds for a statement, and more.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// Begins a group, and tells what asks for the head and for seqs first.
pub(super) async fn begin_group(conn: &mut PgConnection) -> Result<&'static str, StoreError> {
    sqlx::raw_sql(BEGIN).execute(conn).await?;
    Ok(sql::HEAD_AND_SEQS)
}

/// Bounds how long anything waits for the database: when it was cut off in the middle of an answer, nobody tells. Until
/// the kernel gave up, after a quarter of an hour, nothing else would be written here.
pub(super) async fn bounded<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
where
    StoreError: From<E>,
{
    Ok(timeout(ANSWER_TIMEOUT, work).await.map_err(|_| Error::Io(std::io::ErrorKind::TimedOut.into()))??)
}

pub(super) struct Writer {
    options: PgConnectOptions,
    /// How long anything waits for its turn, or for a connection, before the database counts as not available.
    patience: Duration,
    /// The life of the server, where it tells: set once the log was found.
    life: OnceLock<Life>,
    place: Mutex<Place>,
}

/// Where the connection is between two writes.
enum Place {
    /// Since when.
    Ready(PgConnection, Seqs, Instant),
    /// Made anew by the next write.
    Empty,
    Closed,
}

/// The connection, for one write. Whoever drops it on the way ends the connection, and with it the
/// transaction that was under way.
pub(super) struct Turn<'a> {
    place: MutexGuard<'a, Place>,
    pub(super) connection: PgConnection,
    pub(super) seqs: Seqs,
}

impl Writer {
    pub(super) fn new(options: PgConnectOptions, patience: Duration) -> Self {
        Self { options, patience, life: OnceLock::new(), place: Mutex::new(Place::Empty) }
    }

    /// Waits until nobody else of this node writes.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let waiting = timeout(self.patience, self.place.lock());
        let mut place = waiting.await.map_err(|_| Error::PoolTimedOut)?;
        let (connection, seqs) = match std::mem::replace(&mut *place, Place::Empty) {
            Place::Ready(connection, seqs, since) if since.elapsed() < TRUSTED => (connection, seqs),
            Place::Ready(mut connection, seqs, _) => match timeout(self.patience, connection.ping()).await {
                Ok(Ok(())) => (connection, seqs),
                _ => (self.connect().await?, Seqs::new()),
            },
            Place::Empty => (self.connect().await?, Seqs::new()),
            Place::Closed => {
                *place = Place::Closed;
                return Err(Error::PoolClosed.into());
            }
        };
        Ok(Turn { place, connection, seqs })
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            Life::assert(self.life.get(), &mut connection).await?;
            Ok(connection)
        };
        timeout(self.patience, connecting).await.map_err(|_| Error::PoolTimedOut)?
    }

    /// From now on nothing is written to a server in another life.
    pub(super) fn stay_in(&self, life: Life) {
        let _ = self.life.set(life); // once
    }

    pub(super) async fn close(&self) {
        let before = std::mem::replace(&mut *self.place.lock().await, Place::Closed);
        if let Place::Ready(connection, ..) = before {
            let _ = connection.close().await; // what was written is on disk
        }
    }
}

impl Turn<'_> {
    /// Begins a transaction that holds the head row, like every other that writes. So no two nodes ever wait for each
    /// other.
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_, Postgres>, StoreError> {
        Ok(self.connection.begin_with(BEGIN).await?)
    }

    /// Begins one that touches nothing but what is this node's own, and waits for nobody.
    pub(super) async fn begin_beside(&mut self) -> Result<Transaction<'_, Postgres>, StoreError> {
        Ok(self.connection.begin().await?)
    }

    /// Gives the connection back, and passes on how the write went. After a failure it is not used again.
    #[expect(clippy::unused_async, reason = "as SQLite has it, which waits for its thread")]
    pub(super) async fn end<T>(mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.is_ok() {
            *self.place = Place::Ready(self.connection, self.seqs, Instant::now());
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::{super::PostgresStore, *};
    use crate::{
        Draft, Log as _, Outcome, Store as _, SystemRandom, Timestamp, UserId, store::contract::server::database,
    };

    async fn open(url: &str) -> PostgresStore {
        PostgresStore::open(url, Timestamp::from_millis(0), &SystemRandom).await.unwrap()
    }

    fn meet(name: &str) -> Draft {
        Draft::Meet { user: UserId::parse(name).unwrap(), at: Timestamp::from_millis(0) }
    }

    #[tokio::test]
    async fn a_write_that_is_given_up_leaves_nothing_behind() {
        let store = open(&database()).await;
        for i in 0..40 {
            let given_up = store.commit(vec![meet(&i.to_string())]);
            let _ = tokio::time::timeout(Duration::from_micros(i * 150), given_up).await;
            let done = store.commit(vec![meet(&(i + 100).to_string())]).await;
            assert_eq!(done.unwrap().outcomes, [Outcome::Met], "the next one goes on");
        }
        store.close().await;
        assert!(matches!(store.commit(vec![meet("1")]).await, Err(StoreError::Unavailable(_))), "closed is closed");
    }

    /// A node that stands still in the middle of a write holds the others up for a while, and then no longer.
    #[tokio::test]
    async fn nobody_waits_for_ever_for_the_head() {
        let url = database();
        let (stuck, other) = (open(&url).await, open(&url).await);
        let mut turn = stuck.writer.turn().await.unwrap();
        sqlx::raw_sql("SET idle_in_transaction_session_timeout = 7000").execute(&mut turn.connection).await.unwrap();
        let held = turn.begin().await.unwrap();
        let refused = other.commit(vec![meet("ann")]).await.unwrap_err();
        assert!(
            matches!(&refused, StoreError::Unavailable(error) if error.to_string().contains("lock timeout")),
            "{refused}"
        );
        let done = other.commit(vec![meet("ann")]).await.unwrap();
        assert_eq!(done.outcomes, [Outcome::Met], "the session that stood still was ended");
        assert!(held.commit().await.is_err(), "and cannot end what it had begun");
    }

    /// A connection that the server has ended costs nobody an error, once it was not used for a moment.
    #[tokio::test]
    async fn a_write_after_a_restart_of_the_database_succeeds() {
        const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let url = database();
        let (store, other) = (open(&url).await, open(&url).await);
        store.commit(vec![meet("ann")]).await.unwrap();
        sqlx::query(END).fetch_all(&other.readers).await.unwrap();
        if let Place::Ready(_, _, since) = &mut *store.writer.place.lock().await {
            *since -= TRUSTED;
        }
        assert_eq!(store.commit(vec![meet("bob")]).await.unwrap().outcomes, [Outcome::Met]);
        assert_eq!(store.head().await.unwrap().floor, crate::Position::START);
    }

    /// A server that says nothing any more is given up, and what it was asked for was not done.
    #[tokio::test]
    async fn nobody_waits_for_ever_for_an_answer() {
        let store = open(&database()).await;
        let mut turn = store.writer.turn().await.unwrap();
        let id: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut turn.connection).await.unwrap();
        turn.end(Ok(())).await.unwrap();
        let signal = |name: &str| {
            let sent = std::process::Command::new("kill").args([name, &id.to_string()]).status();
            assert!(sent.unwrap().success());
        };
        signal("-STOP");
        tokio::time::pause(); // goes on at once when there is nothing to do but to wait
        let refused = store.commit(vec![meet("ann")]).await.unwrap_err();
        tokio::time::resume();
        signal("-CONT");
        assert!(matches!(&refused, StoreError::Unavailable(Error::Io(_))), "{refused}");
        assert_eq!(store.commit(vec![meet("bob")]).await.unwrap().outcomes, [Outcome::Met]);
    }
}
