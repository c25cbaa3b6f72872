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

use super::{Committed, Draft, Replay, StoreError, sql};
use crate::{Cursors, Position};

mod access;
mod admin;
mod as_log;
mod as_store;
mod backup;
mod checkpoint;
mod commit;
mod connections;
mod due;
mod erase;
mod inbox;
mod insert;
mod keys;
mod leave;
mod log;
mod marks;
mod open;
mod people;
#[cfg(test)]
mod plans;
mod preferences;
mod seqs;
mod together;
mod topics;
mod trim;
mod write;
mod writer;

use checkpoint::Checkpoints;
use writer::{Turn, Writer};

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
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt(format!("a secret of {} bytes instead of {N}", bytes.len())))
}

impl From<sqlx::Error> for StoreError {
    /// By SQLite's result codes (<https://www.sqlite.org/rescode.html>): the low byte is the class.
    fn from(error: sqlx::Error) -> Self {
        const CORRUPT: i32 = 11;
        const FULL: i32 = 13;
        const CONSTRAINT: i32 = 19;
        const NOT_A_DATABASE: i32 = 26;
        let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        match (code.map(|code| code & 0xFF), &error) {
            (Some(FULL), _) => Self::Full(error),
            (Some(CORRUPT | CONSTRAINT | NOT_A_DATABASE), _)
            | (None, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Unavailable(error),
        }
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A number of the database that must be a position.
fn position(value: i64) -> Result<Position, StoreError> {
    Position::new(value).ok_or_else(|| StoreError::Corrupt(format!("the position {value}")))
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
