//! Why a database is not copied.

use super::super::{Moved, StoreError};

/// Why a copy was not begun, or not ended. What was copied by then stays, and is gone on from.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Somebody has the database that is to be left open: a server that runs, or a command.
    #[error("it is in use")]
    InUse,
    /// There is no log in it.
    #[error("there is nothing in it")]
    Nothing,
    /// Its log went elsewhere by another copy.
    #[error("{0}")]
    Left(Moved),
    /// The other database has something in it that is not of this copy.
    #[error("it is not empty")]
    NotEmpty,
    /// The other database has a part of what another copy brings.
    #[error("{0}")]
    Another(Moved),
    /// Somebody else copies into it at this moment.
    #[error("somebody else copies into it")]
    AnotherRuns,
    /// What was read back is not what was written.
    #[error("row {row} of {table} is not the same in both")]
    Differs {
        /// The table.
        table: &'static str,
        /// Which, in the order of the key, from 1.
        row: u64,
    },
    /// The copy has more rows than what it is of, or fewer.
    #[error("{table} has {here} rows, and {there} in the copy")]
    Count {
        /// The table.
        table: &'static str,
        /// In the database that is left.
        here: u64,
        /// In the copy.
        there: u64,
    },
    /// The other database cannot be had.
    #[error("{0}")]
    There(StoreError),
    /// One of the databases does not do as it is asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
