//! The database that the log is moved to. Until all of it is there, nobody goes on with it.

use std::time::Duration;

use futures_util::stream::BoxStream;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _,
    postgres::{PgCopyIn, PgRow},
};
use uuid::Uuid;

use super::{
    super::postgres::{migrate, moved, options, sql_of_moves as sql},
    CopyError,
    row::{HEADER, Key, TRAILER},
    tables::{Kind, TABLES, Table},
};
use crate::Timestamp;

/// Names the lock that whoever copies into a database holds: one at a time. The server ends the session of one that was
/// killed, perhaps after the statement that it was at.
const LOCK: i64 = 0x7469_6469_6e67_7363;
/// How long the one before is waited for.
const LOCK_TIMEOUT: &str = "10s";
/// How long the server is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Rows are handed to the driver in parts of this size, each a message: few, and none of them large.
const PART: usize = 256 * 1024;

/// For as long as this copies. A commit is on disk when it returns: what is then said of it holds. Tables are read from
/// end to end, which takes as long as it takes.
const SETTINGS: [(&str, &str); 5] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", LOCK_TIMEOUT),
    ("statement_timeout", "0"),
    ("jit", "off"),
    ("standard_conforming_strings", "on"),
];

pub(super) struct Target {
    connection: PgConnection,
}

/// How far a copy has come here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Arrival {
    /// Nothing is here.
    Nothing,
    /// A part of it.
    Part,
    /// All of it.
    Whole,
}

impl Target {
    /// Connects, brings the structure up to date, and keeps other copies out.
    pub(super) async fn open(url: &str) -> Result<Self, CopyError> {
        Self::connect(url).await.map_err(|error| match error {
            CopyError::Store(error) => CopyError::There(error),
            other => other,
        })
    }

    async fn connect(url: &str) -> Result<Self, CopyError> {
        let options = options(url)?;
        migrate(&options).await?;
        let options = options.options(SETTINGS);
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await;
        let mut connection = connecting.map_err(|_| sqlx::Error::PoolTimedOut)??;
        let locked = sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut connection).await;
        locked.map_err(|error| {
            match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
                Some("55P03") => CopyError::AnotherRuns,
                _ => error.into(),
            }
        })?;
        Ok(Self { connection })
    }

    /// How far the copy of this id has come. Refuses a database that has anything else.
    pub(super) async fn arrival(&mut self, id: Uuid) -> Result<Arrival, CopyError> {
        const ARRIVAL: &str = "SELECT finished_at FROM moves WHERE id = $1 AND outward = FALSE";
        let finished: Option<Option<Timestamp>> =
            sqlx::query_scalar(ARRIVAL).bind(id).fetch_optional(&mut self.connection).await?;
        match finished {
            Some(Some(_)) => Ok(Arrival::Whole),
            Some(None) => Ok(Arrival::Part),
            None => match (moved(&mut self.connection).await?, self.is_empty().await?) {
                (Some((_, other)), _) => Err(CopyError::Another(other)),
                (None, true) => Ok(Arrival::Nothing),
                (None, false) => Err(CopyError::NotEmpty),
            },
        }
    }

    async fn is_empty(&mut self) -> Result<bool, CopyError> {
        let any: Vec<_> = TABLES.iter().map(|table| format!("EXISTS (SELECT 1 FROM {})", table.name)).collect();
        let any = AssertSqlSafe(format!("SELECT {}", any.join(" OR ")));
        let any: bool = sqlx::query_scalar(any).fetch_one(&mut self.connection).await?;
        Ok(!any)
    }

    /// Says that a part of a log is here. From now on nobody begins or goes on with one here.
    pub(super) async fn begin(&mut self, id: Uuid, other: &str, now: Timestamp) -> Result<(), CopyError> {
        let mut tx = self.connection.begin().await?;
        // Who begins a log here adds its head: before this, and then it is seen, or after this, and then they see this.
        sqlx::query("LOCK TABLE head IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await?;
        let head: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM head)").fetch_one(&mut *tx).await?;
        if head {
            return Err(CopyError::NotEmpty);
        }
        sqlx::query(sql::ADD_MOVE).bind(id).bind(false).bind(other).bind(now).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Says that all of it is here.
    pub(super) async fn finish(&mut self, id: Uuid, now: Timestamp) -> Result<(), CopyError> {
        sqlx::query(sql::FINISH_MOVE).bind(id).bind(now).execute(&mut self.connection).await?;
        Ok(())
    }

    /// The last row of a table. Rows come in the order of their keys, so this is how far the table has come.
    pub(super) async fn last(&mut self, table: &Table) -> Result<Option<Key>, CopyError> {
        let (name, columns) = (table.name, names(table.key.iter()));
        let last = format!("SELECT {columns} FROM {name} ORDER BY {} LIMIT 1", order(table, " DESC"));
        let row = sqlx::query(AssertSqlSafe(last)).fetch_optional(&mut self.connection).await?;
        Ok(row.map(|row| Key::of_postgres(table, &row)).transpose()?)
    }

    /// How many rows a table has.
    pub(super) async fn count(&mut self, table: &Table) -> Result<u64, CopyError> {
        let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM {}", table.name));
        let row = sqlx::query(count).fetch_one(&mut self.connection).await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// Begins to add rows to a table: all of them when it ends, or none.
    pub(super) async fn add(&mut self, table: &Table) -> Result<Adding<'_>, CopyError> {
        let columns = names(table.columns());
        let copy = format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", table.name);
        let copy = self.connection.copy_in_raw(&copy).await?;
        Ok(Adding { copy, part: HEADER.to_vec() })
    }

    /// All rows of a table, in the order of its key.
    pub(super) fn rows(&mut self, table: &Table) -> BoxStream<'_, Result<PgRow, sqlx::Error>> {
        let (name, columns) = (table.name, names(table.columns()));
        let rows = format!("SELECT {columns} FROM {name} ORDER BY {}", order(table, ""));
        sqlx::query(AssertSqlSafe(rows)).fetch(&mut self.connection)
    }

    /// Lets the server look what it has been given, so that the first questions are not answered by guesses.
    pub(super) async fn analyze(&mut self) -> Result<(), CopyError> {
        for table in TABLES {
            sqlx::query(AssertSqlSafe(format!("ANALYZE {}", table.name))).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    pub(super) async fn close(self) -> Result<(), CopyError> {
        Ok(self.connection.close().await?)
    }
}

fn names<'a>(columns: impl Iterator<Item = &'a (&'static str, Kind)>) -> String {
    columns.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// By bytes, as SQLite orders text.
fn order(table: &Table, direction: &str) -> String {
    let by = |(name, kind): &(&str, Kind)| match kind {
        Kind::Text => format!("{name} COLLATE \"C\"{direction}"),
        _ => format!("{name}{direction}"),
    };
    table.key.iter().map(by).collect::<Vec<_>>().join(", ")
}

/// Rows on their way into a table.
pub(super) struct Adding<'a> {
    copy: PgCopyIn<&'a mut PgConnection>,
    part: Vec<u8>,
}

impl Adding<'_> {
    /// Adds a row, which `write` writes.
    pub(super) async fn row(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), sqlx::Error>,
    ) -> Result<usize, CopyError> {
        let before = self.part.len();
        write(&mut self.part)?;
        let size = self.part.len() - before;
        if self.part.len() >= PART {
            self.copy.send(self.part.as_slice()).await?;
            self.part.clear();
        }
        Ok(size)
    }

    pub(super) async fn end(mut self) -> Result<(), CopyError> {
        self.part.extend(TRAILER);
        self.copy.send(self.part.as_slice()).await?;
        self.copy.finish().await?;
        Ok(())
    }
}
