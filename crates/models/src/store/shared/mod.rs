//! What a store does, whatever its database. sqlx is generic over databases only by bounds that nobody can read, so
//! the same text is compiled once for each instead: `sqlite` and `postgres` mount this folder, and what it takes from
//! `super` is theirs. The statements are written here too, with the macros of `dialect.rs` for where they differ.

use super::super::{Committed, Draft, Replay, StoreError};
use super::{
    Database, DatabaseArguments, DatabaseConnection, DatabaseStore, Pool, Turn, Writer, insert,
    writer::{begin_group, bounded},
};
use crate::{Position, Timestamp};

mod access;
mod admin;
mod as_log;
mod as_store;
mod commit;
mod connections;
mod due;
mod erase;
pub(super) mod found;
mod inbox;
mod keys;
mod leave;
pub(super) mod log;
mod marks;
pub(super) mod moves;
mod nodes;
mod people;
mod preferences;
pub(super) mod seqs;
pub(super) mod sql;
pub(super) mod table;
mod together;
mod topics;
mod trim;
mod write;

/// Stands for no time where NULL means "as it was": see `never!`.
const NEVER: Timestamp = Timestamp::from_millis(0);
/// Before any other time.
const BEGINNING: Timestamp = Timestamp::from_millis(i64::MIN);

/// One instant of the database to read from.
type Snapshot = sqlx::Transaction<'static, Database>;

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt(format!("a secret of {} bytes instead of {N}", bytes.len())))
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A number of the database that must be a position.
fn position(value: i64) -> Result<Position, StoreError> {
    Position::new(value).ok_or_else(|| StoreError::Corrupt(format!("the position {value}")))
}
