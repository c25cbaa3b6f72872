//! Moving a log from SQLite to PostgreSQL, with everything beside it: epoch, positions, secrets, accounts. Clients go on
//! there with the cursors that they have.
//!
//! - **Nobody writes meanwhile.** The database that is left is locked for this process alone ([`source`]).
//! - **A log has one life.** Before the first row is copied, both databases say that it is on its way; after the last,
//!   the one that is left says so for good, and then the other no more. Whoever opens either of them in between is refused
//!   ([`StoreError::Moved`](super::StoreError::Moved)).
//! - **It can be gone on with.** Rows are added in the order of their keys, some thousand at a time, so the last row of a
//!   table says how far it has come. There is nothing else that could be wrong about that.
//! - **All of it is read again** on both sides before the log may go on, and compared byte by byte ([`verify`]).

mod failure;
mod row;
mod source;
mod tables;
mod target;
#[cfg(test)]
mod tests;
mod verify;

use uuid::Uuid;

pub use failure::CopyError;
use source::{Source, next};
use tables::{TABLES, Table};
use target::{Arrival, Target};

use crate::{Clock, Head, Random};

/// How many rows, and how many bytes, are committed at once, at most: what is lost when a copy is interrupted. Also bounds
/// what the other server does for one statement.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// Rows.
    pub rows: usize,
    /// Bytes of them. One row more than this may be in a page.
    pub bytes: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self { rows: 20_000, bytes: 8 * 1024 * 1024 }
    }
}

/// Where a database is, and how it may be shown: without a password.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// With all that is secret in it.
    pub url: &'a str,
    /// Without.
    pub shown: &'a str,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Rows are copied.
    Copying,
    /// They are read again, and compared.
    Verifying,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// With which table.
    pub table: &'static str,
    /// Rows of all tables so far, those of an earlier attempt too.
    pub rows: u64,
    /// Of so many.
    pub of: u64,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Copied {
    /// How many rows of each table are the same in both.
    pub tables: Vec<(&'static str, u64)>,
    /// How many were there already when this began.
    pub before: u64,
    /// Where the log stands, in both.
    pub head: Head,
}

/// A copy that has begun: both databases say so.
pub struct Copying {
    source: Source,
    target: Target,
    id: Uuid,
    head: Head,
    pages: Pages,
    counts: Vec<u64>,
    whole: bool,
}

impl Copying {
    /// Begins to move the log of one database to another, or takes up what was begun.
    pub async fn begin(
        from: Place<'_>,
        to: Place<'_>,
        pages: Pages,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<Self, CopyError> {
        let mut source = Source::open(from.url).await?;
        let head = source.head().await?.ok_or(CopyError::Nothing)?;
        let mut target = Target::open(to.url).await?;
        let before = source.moved().await?;
        let id = before.as_ref().map_or(Uuid::nil(), |(id, _)| *id);
        let arrival = target.arrival(id).await;
        let arrival = match (arrival, before) {
            // A copy that is whole elsewhere is the only one.
            (Ok(Arrival::Nothing) | Err(CopyError::NotEmpty | CopyError::Another(_)), Some((_, moved)))
                if moved.finished =>
            {
                return Err(CopyError::Left(moved));
            }
            (arrival, _) => arrival?,
        };
        let id = if arrival == Arrival::Nothing {
            let mut bytes = [0; 16];
            random.fill(&mut bytes);
            let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
            // What was begun elsewhere is not to be gone on with: its id is forgotten here.
            source.begin(id, to.shown, clock.now()).await?;
            target.begin(id, from.shown, clock.now()).await?;
            id
        } else {
            id
        };
        let counts = source.counts().await?;
        Ok(Self { source, target, id, head, pages, counts, whole: arrival == Arrival::Whole })
    }

    /// Copies what is not there yet, compares all of it, and lets the log go on in the other database alone.
    ///
    /// Dropped on the way, or failed, it is taken up by another [`begin`](Self::begin).
    pub async fn run(mut self, clock: &dyn Clock, mut tell: impl FnMut(Progress)) -> Result<Copied, CopyError> {
        let tables = TABLES.iter().map(|table| table.name).zip(self.counts.iter().copied()).collect();
        let of = self.counts.iter().sum();
        if self.whole {
            return Ok(Copied { tables, before: of, head: self.head });
        }
        let (mut rows, mut before) = (0, 0);
        for table in TABLES {
            let there = self.target.count(table).await?;
            (before, rows) = (before + there, rows + there);
            let mut tell = |rows| tell(Progress { stage: Stage::Copying, table: table.name, rows, of });
            self.copy(table, &mut rows, &mut tell).await?;
        }
        let mut rows = 0;
        for (table, count) in TABLES.iter().zip(&self.counts) {
            let mut tell = |rows| tell(Progress { stage: Stage::Verifying, table: table.name, rows, of });
            verify::table(&mut self.source, &mut self.target, table, *count, &mut rows, &mut tell).await?;
        }
        self.target.analyze().await?;
        // In this order: at no time may the log go on in both.
        self.source.finish(self.id, clock.now()).await?;
        self.target.finish(self.id, clock.now()).await?;
        self.target.close().await?;
        self.source.close().await?;
        Ok(Copied { tables, before, head: self.head })
    }

    /// Copies what a table lacks. `rows` counts on.
    async fn copy(&mut self, table: &Table, rows: &mut u64, tell: &mut impl FnMut(u64)) -> Result<(), CopyError> {
        let last = self.target.last(table).await?;
        let mut left = self.source.rows(table, last.as_ref());
        let mut first = next(&mut left).await?;
        while let Some(row) = first.take() {
            let mut adding = self.target.add(table).await?;
            let (mut added, mut bytes) = (0, 0);
            let mut row = Some(row);
            while let Some(one) = row.take() {
                bytes += adding.row(|into| row::of_sqlite(table, &one, into)).await?;
                added += 1;
                let next = next(&mut left).await?;
                if added >= self.pages.rows || bytes >= self.pages.bytes {
                    first = next;
                } else {
                    row = next;
                }
            }
            adding.end().await?;
            *rows += added as u64;
            tell(*rows);
        }
        Ok(())
    }
}
