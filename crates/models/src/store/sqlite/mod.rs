//! The embedded database: one file, one writer, a few readers.
//!
//! - One connection writes, with `BEGIN IMMEDIATE`, so writers queue in this process and never meet
//!   `SQLITE_BUSY`. Readers are opened read-only and see the snapshot of their first statement.
//! - WAL with `synchronous = FULL`: a commit is on disk when it returns, and survives the loss of
//!   power. Group commit pays for it.
//! - Every pragma that this relies on is set, then read back: a database that cannot have them is
//!   refused at start rather than trusted.

use std::sync::Arc;

use sqlx::{Sqlite, SqlitePool, Transaction};

use super::{StoreError, failure::Failure};
use crate::Cursors;

mod backup;
mod checkpoint;
#[macro_use]
mod dialect;
mod insert;
mod inspect;
mod open;
#[cfg(test)]
mod plans;
#[allow(clippy::duplicate_mod, reason = "compiled once for each database: see there")]
#[path = "../shared/mod.rs"]
mod shared;
mod writer;

use checkpoint::Checkpoints;
pub(super) use inspect::inspect;
pub(super) use open::MIGRATIONS;
use shared::sql;
pub(super) use shared::{log::head, moves::moved, sql::moves as sql_of_moves};
use writer::{Turn, Writer};

type Database = Sqlite;
type DatabaseArguments = sqlx::sqlite::SqliteArguments;
type DatabaseConnection = sqlx::SqliteConnection;
type DatabaseStore = SqliteStore;
type Pool = SqlitePool;

/// The store in a SQLite file.
pub struct SqliteStore {
    writer: Arc<Writer>,
    checkpoints: Checkpoints,
    readers: SqlitePool,
    cursors: Arc<Cursors>,
}

impl SqliteStore {
    /// One instant of the database to read from.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    /// Ends all connections.
    async fn end(&self) {
        self.checkpoints.end().await;
        self.readers.close().await;
        self.writer.close().await; // the last: it leaves one file behind
    }
}

/// What SQLite's result codes say (<https://www.sqlite.org/rescode.html>): the low byte is the class.
pub(super) fn failure(code: &str) -> Failure {
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const CONSTRAINT: i32 = 19;
    const NOT_A_DATABASE: i32 = 26;
    match code.parse().map(|code: i32| code & 0xFF) {
        Ok(FULL) => Failure::Full,
        Ok(CORRUPT | CONSTRAINT | NOT_A_DATABASE) => Failure::Corrupt,
        _ => Failure::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Executor as _, SqlStr};

    use super::*;
    use crate::{SystemRandom, Timestamp};

    #[tokio::test]
    async fn every_statement_prepares() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        for (_, statement) in sql::every() {
            let prepared = store.readers.prepare(SqlStr::from_static(statement)).await;
            assert!(prepared.is_ok(), "{statement}: {:?}", prepared.err());
        }
    }
}
