//! What a log is known by: the epoch of its life, and the secrets that belong to it.

use super::{DatabaseConnection, DatabaseStore, StoreError, Turn, array, bounded, log, moves::moved, sql};
use crate::{CursorKey, Cursors, Epoch, Random, Timestamp};

/// Gives a new log its epoch and its secrets, or takes those that it has. `living`: one that does not go on here is
/// refused.
pub(in crate::store) async fn found(
    turn: &mut Turn<'_>,
    now: Timestamp,
    random: &dyn Random,
    living: bool,
) -> Result<Cursors, StoreError> {
    let mut bytes = [0; 16 + CursorKey::LEN + 32];
    random.fill(&mut bytes);
    let (epoch, secrets) = bytes.split_at(16);
    let (cursor, token) = secrets.split_at(CursorKey::LEN);

    let mut tx = turn.begin().await?;
    let epoch = uuid::Builder::from_random_bytes(array(epoch)?).into_uuid();
    // Whoever is there second waits here for the first, and then finds all that the first has made.
    if sqlx::query(sql::FIRST_HEAD).bind(epoch).execute(&mut *tx).await?.rows_affected() == 1 {
        sqlx::query(sql::ADD_EPOCH).bind(epoch).bind(now).execute(&mut *tx).await?;
    }
    // Asked with the head in hand: whoever begins to copy a log to here makes sure that there is none yet.
    if living && let Some((_, moved)) = moved(&mut tx).await? {
        return Err(StoreError::Moved(moved));
    }
    for (name, value) in [("cursor", cursor), ("token", token)] {
        sqlx::query(sql::ADD_SECRET).bind(name).bind(value).execute(&mut *tx).await?;
    }
    let head = log::head(&mut tx).await?;
    let epochs: Vec<uuid::Uuid> = sqlx::query_scalar(sql::EPOCHS).fetch_all(&mut *tx).await?;
    let key: Vec<u8> = sqlx::query_scalar(sql::SECRET).bind("cursor").fetch_one(&mut *tx).await?;
    tx.commit().await?;

    let past: Vec<_> = epochs.into_iter().map(Epoch::from_uuid).filter(|epoch| *epoch != head.epoch).collect();
    Ok(Cursors::new(&CursorKey::new(array(&key)?), head.epoch, &past))
}

impl DatabaseStore {
    /// Begins another life of the log: for a copy that is put back. Cursors of what came after the copy
    /// was made must not be taken for places in what comes now. Everybody signs in anew: what was ended since the
    /// copy was made would go on. Whatever log was moved elsewhere is another one now.
    pub async fn begin_epoch(&self, now: Timestamp, random: &dyn Random) -> Result<(), StoreError> {
        let epoch = new_epoch(random);
        let mut turn = self.writer.turn().await?;
        let done = bounded(begin_epoch(&mut turn, epoch, now)).await;
        turn.end(done).await
    }
}

/// A name for another life of the log.
pub(in crate::store) fn new_epoch(random: &dyn Random) -> uuid::Uuid {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    *Epoch::from_random(bytes).as_uuid()
}

async fn begin_epoch(turn: &mut Turn<'_>, epoch: uuid::Uuid, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = turn.begin().await?;
    begin_epoch_in(&mut tx, epoch, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The same in a transaction that holds the head row.
pub(in crate::store) async fn begin_epoch_in(
    conn: &mut DatabaseConnection,
    epoch: uuid::Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(sql::ADD_EPOCH).bind(epoch).bind(now).execute(&mut *conn).await?;
    sqlx::query(sql::SET_EPOCH).bind(epoch).execute(&mut *conn).await?;
    sqlx::query(sql::access::END_ALL_SIGN_INS).execute(&mut *conn).await?;
    sqlx::query(sql::moves::DROP_MOVES_AWAY).execute(&mut *conn).await?;
    Ok(())
}
