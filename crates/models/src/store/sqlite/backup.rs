//! Copies of the database, and putting them back.

use std::path::Path;

use super::{SqliteStore, StoreError, open::prepare_file};

/// A copy of one instant.
const VACUUM_INTO: &str = "VACUUM INTO $1";

impl SqliteStore {
    /// Writes a copy of the database, as of one instant, to a file that is not there yet. The server may
    /// go on meanwhile.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let path = to.to_str().ok_or_else(|| StoreError::Corrupt(format!("{} is not UTF-8", to.display())))?;
        prepare_file(to)?; // SQLite fills an empty file, and refuses one that is not
        let mut turn = self.writer.turn().await?;
        let done = sqlx::query(VACUUM_INTO).bind(path).execute(&mut turn.connection).await;
        turn.end(done.map(drop).map_err(StoreError::from)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Log as _, Position, Store as _, SystemRandom, Timestamp};

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
