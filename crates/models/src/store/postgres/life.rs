//! Which life of a server the log is in. A standby that was promoted, and a copy that was put back elsewhere, may lack
//! what clients have seen, and would give its positions to something else. So it begins another epoch, and a node that
//! was connected before does not go on.
//!
//! PostgreSQL begins another timeline with each promotion and each recovery of a base backup, and a server that was made
//! anew has another identifier (<https://www.postgresql.org/docs/current/continuous-archiving.html>, "Timelines"). A dump
//! that is put back into the same server has neither: for that there is `tidings restore`.

use std::sync::Arc;

use sqlx::{PgConnection, error::Error};

use super::{
    StoreError, Turn,
    shared::found::{begin_epoch_in, new_epoch},
};
use crate::{Random, Timestamp};

const ASK: &str = "SELECT CAST(system_identifier AS text) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) \
                   FROM pg_control_system()";
const LAST: &str = "SELECT life FROM head WHERE id = 1";
const SET: &str = "UPDATE head SET life = $1 WHERE id = 1";

/// The life of a server: its identifier and its timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Life(Arc<str>);

impl Life {
    /// Asks for it. `None`: this server tells nobody like us, as some do that are rented.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Option<Self>, Error> {
        const NOT_ALLOWED: [&str; 3] = ["42501", "0A000", "42883"];
        match sqlx::query_scalar::<_, String>(ASK).fetch_one(connection).await {
            Ok(life) => Ok(Some(Self(life.into()))),
            Err(Error::Database(told)) if told.code().is_some_and(|code| NOT_ALLOWED.contains(&&*code)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fails on a connection to a server in another life.
    pub(super) async fn assert(this: Option<&Self>, connection: &mut PgConnection) -> Result<(), StoreError> {
        match this {
            Some(life) if Self::of(connection).await?.as_ref() != Some(life) => Err(StoreError::AnotherLife),
            _ => Ok(()),
        }
    }

    /// Begins another epoch, if the log was written in another life last. The first node to come does so.
    pub(super) async fn take_up(
        &self,
        turn: &mut Turn<'_>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), StoreError> {
        let mut tx = turn.begin().await?;
        let last: Option<String> = sqlx::query_scalar(LAST).fetch_one(&mut *tx).await?;
        if last.as_deref().is_some_and(|last| *last != *self.0) {
            begin_epoch_in(&mut tx, new_epoch(random), now).await?;
        }
        if last.as_deref() != Some(&*self.0) {
            sqlx::query(SET).bind(&*self.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
