//! The database that is left: nobody else has it open, from before the first row is read until it says where its log went.

use std::{str::FromStr, time::Duration};

use futures_util::{TryStreamExt as _, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteRow, SqliteSynchronous},
};
use uuid::Uuid;

use super::{
    super::{
        Moved, StoreError,
        sqlite::{MIGRATIONS, head, moved, sql_of_moves as sql},
    },
    CopyError,
    row::Key,
    tables::{TABLES, Table},
};
use crate::{Head, Timestamp};

/// How long a command that has the database open for a moment is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);
/// What is kept of the database in memory: 64 MiB, as whole tables are read.
const CACHE: &str = "-65536";

pub(super) struct Source {
    connection: SqliteConnection,
}

/// The rows of a table, in the order of its key.
pub(super) type Rows<'a> = BoxStream<'a, Result<SqliteRow, sqlx::Error>>;

impl Source {
    /// Opens a database that is there, and keeps everybody else out for as long as this lives: every process that has it
    /// open holds a lock, which this takes alone.
    pub(super) async fn open(url: &str) -> Result<Self, CopyError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(StoreError::from)?
            .create_if_missing(false)
            .locking_mode(SqliteLockingMode::Exclusive)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("trusted_schema", "OFF")
            .pragma("cache_size", CACHE)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(in_use)?;
        // The lock is taken by the first that is asked.
        sqlx::query("SELECT COUNT(*) FROM sqlite_schema").execute(&mut connection).await.map_err(in_use)?;
        MIGRATIONS.run(&mut connection).await.map_err(StoreError::from)?;
        Ok(Self { connection })
    }

    /// Where its log stands. `None`: there is none.
    pub(super) async fn head(&mut self) -> Result<Option<Head>, CopyError> {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM head");
        let there: i64 = count.fetch_one(&mut self.connection).await?;
        Ok(if there == 0 { None } else { Some(head(&mut self.connection).await?) })
    }

    /// Where its log went already, and by which copy.
    pub(super) async fn moved(&mut self) -> Result<Option<(Uuid, Moved)>, CopyError> {
        Ok(moved(&mut self.connection).await?)
    }

    /// Says that its log is being moved elsewhere. From now on nobody goes on with it here.
    pub(super) async fn begin(&mut self, id: Uuid, other: &str, now: Timestamp) -> Result<(), CopyError> {
        let mut tx = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(sql::DROP_MOVES_AWAY).execute(&mut *tx).await?;
        sqlx::query(sql::ADD_MOVE).bind(id).bind(true).bind(other).bind(now).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Says that all of it is there.
    pub(super) async fn finish(&mut self, id: Uuid, now: Timestamp) -> Result<(), CopyError> {
        sqlx::query(sql::FINISH_MOVE).bind(id).bind(now).execute(&mut self.connection).await?;
        Ok(())
    }

    /// How many rows each table has.
    pub(super) async fn counts(&mut self) -> Result<Vec<u64>, CopyError> {
        let mut counts = Vec::new();
        for table in TABLES {
            let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM {}", table.name));
            let rows: i64 = sqlx::query_scalar(count).fetch_one(&mut self.connection).await?;
            counts.push(rows.unsigned_abs());
        }
        Ok(counts)
    }

    /// The rows of a table after one of them, or all.
    pub(super) fn rows(&mut self, table: &Table, after: Option<&Key>) -> Rows<'_> {
        let columns: Vec<_> = table.columns().map(|(name, _)| *name).collect();
        let key: Vec<_> = table.key.iter().map(|(name, _)| *name).collect();
        let given: Vec<_> = (1..=key.len()).map(|number| format!("${number}")).collect();
        let (name, columns, key, given) = (table.name, columns.join(", "), key.join(", "), given.join(", "));
        let rest = match after {
            Some(_) => format!("WHERE ({key}) > ({given}) ORDER BY {key}"),
            None => format!("ORDER BY {key}"),
        };
        let query = sqlx::query(AssertSqlSafe(format!("SELECT {columns} FROM {name} {rest}")));
        match after {
            Some(after) => after.bind(query),
            None => query,
        }
        .fetch(&mut self.connection)
    }

    /// What is written stands in the one file afterwards.
    pub(super) async fn close(self) -> Result<(), CopyError> {
        Ok(self.connection.close().await?)
    }
}

/// SQLite says of the lock only that somebody has it.
fn in_use(error: sqlx::Error) -> CopyError {
    const BUSY: i32 = 5;
    let code = error.as_database_error().and_then(|told| told.code()?.parse::<i32>().ok());
    if code.is_some_and(|code| code & 0xFF == BUSY) { CopyError::InUse } else { error.into() }
}

/// The next row, if there is one.
pub(super) async fn next(rows: &mut Rows<'_>) -> Result<Option<SqliteRow>, CopyError> {
    Ok(rows.try_next().await?)
}
