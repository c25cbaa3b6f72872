//! Copies of the database, and putting them back.

use std::path::Path;

use super::{SqliteStore, StoreError, Turn, open::prepare_file, sql};
use crate::{Epoch, Random, Timestamp};

impl SqliteStore {
    /// Writes a copy of the database, as of one instant, to a file that is not there yet. The server may
    /// go on meanwhile.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let path = to.to_str().ok_or_else(|| StoreError::Corrupt(format!("{} is not UTF-8", to.display())))?;
        prepare_file(to)?; // SQLite fills an empty file, and refuses one that is not
        let mut turn = self.writer.turn().await?;
        let done = sqlx::query(sql::VACUUM_INTO).bind(path).execute(&mut turn.connection).await;
        turn.end(done.map(drop).map_err(StoreError::from)).await
    }

    /// Begins another life of the log: for a copy that is put back. Cursors of what came after the copy
    /// was made must not be taken for places in what comes now. Everybody signs in anew: what was ended since the
    /// copy was made would go on.
    pub async fn begin_epoch(&self, now: Timestamp, random: &dyn Random) -> Result<(), StoreError> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        let epoch = *Epoch::from_random(bytes).as_uuid();
        let mut turn = self.writer.turn().await?;
        let done = begin_epoch(&mut turn, epoch, now).await;
        turn.end(done).await
    }
}

async fn begin_epoch(turn: &mut Turn<'_>, epoch: uuid::Uuid, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = turn.begin().await?;
    sqlx::query(sql::ADD_EPOCH).bind(epoch).bind(now.as_millis()).execute(&mut *tx).await?;
    sqlx::query(sql::SET_EPOCH).bind(epoch).execute(&mut *tx).await?;
    sqlx::query(sql::access::END_ALL_SIGN_INS).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Log as _, Position, Store as _, SystemRandom};

    /// I6: what came after the copy and what comes now have the same positions, and other cursors.
    #[tokio::test]
    async fn a_copy_that_is_put_back_is_another_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let open =
            async |name: &str| SqliteStore::open(&url(name), Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let store = open("log.db").await;
        store.back_up(&folder.path().join("copy.db")).await.unwrap();
        assert!(store.back_up(&folder.path().join("copy.db")).await.is_err(), "nothing is overwritten");
        let place = Position::new(7).unwrap();
        let held = store.cursors().seal(place);
        let copy = open("copy.db").await;
        copy.begin_epoch(Timestamp::from_millis(1), &SystemRandom).await.unwrap();
        copy.close().await;
        let copy = open("copy.db").await;
        assert_eq!(copy.cursors().open(held.as_str().as_bytes()), Err(crate::CursorError::Epoch));
        assert_eq!(copy.cursors().open(copy.cursors().seal(place).as_str().as_bytes()), Ok(place));
        assert_ne!(copy.head().await.unwrap().epoch, store.head().await.unwrap().epoch);
    }
}
