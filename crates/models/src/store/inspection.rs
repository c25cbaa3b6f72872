//! A look at a database from outside: whether a node could work with it. Nothing is made, and nothing changed.

use std::time::Duration;

use sqlx::migrate::Migrator;

use super::{StoreError, postgres, sqlite};
use crate::{Position, Timestamp};

/// What was found.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// What it is, and of which version.
    pub version: String,
    /// Why no node can work with it, if none can.
    pub refusal: Option<String>,
    /// Changes of its structure that the next start makes.
    pub pending: usize,
    /// Changes of its structure that this version does not know: a later one made them.
    pub unknown: usize,
    /// What is damaged in it. Only a file is asked.
    pub damage: Vec<String>,
    /// Where its log ends, and when the last event was accepted. `None`: it has none.
    pub last: Option<(Position, Timestamp)>,
    /// What its own clock says, if it has one, and how long that took to be said.
    pub clock: Option<(Timestamp, Duration)>,
}

impl Inspection {
    /// Looks at the database of a URL (`sqlite://path`).
    pub async fn of_file(url: &str) -> Result<Self, StoreError> {
        sqlite::inspect(url).await
    }

    /// Looks at the database of a URL (`postgres://...`).
    pub async fn of_server(url: &str) -> Result<Self, StoreError> {
        postgres::inspect(url).await
    }
}

/// The last event of a log.
pub(super) const LAST: &str = "SELECT position, created_at FROM events ORDER BY position DESC LIMIT 1";
/// What was done to its structure.
pub(super) const APPLIED: &str = "SELECT version FROM _sqlx_migrations";

/// How many changes of the structure are pending, and how many are unknown here.
pub(super) fn compare(known: &Migrator, applied: &[i64]) -> (usize, usize) {
    let pending = known.iter().filter(|migration| !applied.contains(&migration.version)).count();
    let unknown = applied.iter().filter(|version| !known.version_exists(**version)).count();
    (pending, unknown)
}

/// As the database has it.
pub(super) fn last((position, at): (i64, Timestamp)) -> Option<(Position, Timestamp)> {
    Some((Position::new(position)?, at))
}
