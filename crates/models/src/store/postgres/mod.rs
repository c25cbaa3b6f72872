//! PostgreSQL: one database that several nodes share.
//!
//! - Each node writes by one connection, which takes the head row before anything else: so nodes write one after the
//!   other, and position order is commit order. Whoever waited for the row sees what its last holder committed.
//! - A commit is on disk when it returns: `synchronous_commit` is set, and read back.
//! - A node that stops in the middle of a write, for whatever reason, does not stop the others: the server ends its
//!   transaction after a while.
//! - Readers are a few connections. What takes more than one statement reads one snapshot.

use std::sync::Arc;

use sqlx::{PgPool, Postgres};

use super::{StoreError, failure::Failure};
use crate::Cursors;

mod bells;
#[macro_use]
mod dialect;
mod insert;
mod inspect;
mod life;
mod open;
#[cfg(test)]
mod plans;
#[allow(clippy::duplicate_mod, reason = "compiled once for each database: see there")]
#[path = "../shared/mod.rs"]
mod shared;
#[cfg(test)]
mod tests;
mod writer;

pub use bells::{BellListener, BellRope, Bells};
pub(super) use inspect::inspect;
pub(super) use open::{migrate, options};
pub(super) use shared::{moves::moved, sql::moves as sql_of_moves};
use writer::{Turn, Writer};

type Database = Postgres;
type DatabaseArguments = sqlx::postgres::PgArguments;
type DatabaseConnection = sqlx::PgConnection;
type DatabaseStore = PostgresStore;
type Pool = PgPool;

/// One instant to read from, however many statements that takes.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The store in a PostgreSQL database.
pub struct PostgresStore {
    writer: Writer,
    readers: PgPool,
    cursors: Arc<Cursors>,
}

impl PostgresStore {
    /// One instant of the database to read from.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, Postgres>, StoreError> {
        // In a task of its own, which goes on when nobody waits for it: a transaction that sqlx was still beginning then
        // would stay open, and whoever is given that connection next would read the past.
        let readers = self.readers.clone();
        let begun = tokio::spawn(async move { readers.begin_with(SNAPSHOT).await });
        Ok(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
    }

    /// Ends all connections.
    async fn end(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// What a SQLSTATE says (<https://www.postgresql.org/docs/current/errcodes-appendix.html>): its first two characters are
/// the class.
pub(super) fn failure(sqlstate: &str) -> Failure {
    match (sqlstate, sqlstate.get(..2).unwrap_or_default()) {
        ("53100", _) => Failure::Full,
        // Values that do not fit, broken constraints, tables that are not there; pages and indexes that are damaged.
        (_, "22" | "23" | "42") | ("XX001" | "XX002", _) => Failure::Corrupt,
        // Among them: 08 connections, 57P0 shutting down or starting, 25006 read-only, 53300 too many connections,
        // 55P03 and 57014 took too long, 40001 and 40P01 in each other's way, 28 and 3D not let in.
        _ => Failure::Unavailable,
    }
}
