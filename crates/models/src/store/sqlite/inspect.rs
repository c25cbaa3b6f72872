//! A look at a file.

use std::{path::Path, str::FromStr, time::Duration};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{
    super::inspection::{APPLIED, Inspection, LAST, compare, last},
    StoreError, moved,
    open::MIGRATIONS,
};

/// How long SQLite waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Of what is damaged, so much is told.
const DAMAGE: &str = "PRAGMA quick_check(5)";
const HAS_STRUCTURE: &str = "SELECT COUNT(*) = 1 FROM sqlite_master WHERE name = '_sqlx_migrations'";

pub(in crate::store) async fn inspect(url: &str) -> Result<Inspection, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?.busy_timeout(BUSY_TIMEOUT).read_only(true);
    // Who only reads leaves the write-ahead log of a process that was killed as it is. Where there is none, nothing is made.
    let mut log = options.get_filename().as_os_str().to_owned();
    log.push("-wal");
    let options = options.immutable(!Path::new(&log).exists());
    let mut connection = options.connect().await?;
    let found = look(&mut connection).await;
    connection.close().await?;
    found
}

async fn look(connection: &mut SqliteConnection) -> Result<Inspection, StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let damage: Vec<String> = sqlx::query_scalar(DAMAGE).fetch_all(&mut *connection).await?;
    let damage: Vec<_> = damage.into_iter().filter(|line| line != "ok").collect();
    let (mut applied, mut end) = (Vec::new(), None);
    if sqlx::query_scalar(HAS_STRUCTURE).fetch_one(&mut *connection).await? {
        applied = sqlx::query_scalar(APPLIED).fetch_all(&mut *connection).await?;
        end = sqlx::query_as(LAST).fetch_optional(&mut *connection).await?.and_then(last);
    }
    let (pending, unknown) = compare(&MIGRATIONS, &applied);
    let version = format!("SQLite {version}");
    let refusal = if (pending, unknown) == (0, 0) { moved(connection).await? } else { None };
    let refusal = refusal.map(|(_, moved)| moved.to_string());
    Ok(Inspection { version, refusal, pending, unknown, damage, last: end, clock: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Store as _, SystemRandom, Timestamp, store::SqliteStore};

    #[tokio::test]
    async fn a_file_is_looked_at_and_neither_made_nor_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let url = format!("sqlite://{}", path.display());
        assert!(inspect(&url).await.is_err() && !path.exists(), "it is not made");
        std::fs::write(&path, "").unwrap();
        let empty = inspect(&url).await.unwrap();
        assert_eq!((empty.pending, empty.unknown, empty.last), (MIGRATIONS.iter().count(), 0, None));
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let open = inspect(&url).await.unwrap();
        assert_eq!((open.pending, open.unknown, open.damage), (0, 0, Vec::<String>::new()));
        // As a process that is killed leaves it.
        let left = tempfile::tempdir().unwrap();
        for name in ["log.db", "log.db-wal"] {
            std::fs::copy(folder.path().join(name), left.path().join(name)).unwrap();
        }
        let files = || ["log.db", "log.db-wal"].map(|name| std::fs::read(left.path().join(name)).unwrap());
        let (before, url_of_left) = (files(), format!("sqlite://{}/log.db", left.path().display()));
        let looked = inspect(&url_of_left).await.unwrap();
        assert_eq!((looked.pending, looked.damage), (0, Vec::<String>::new()));
        assert!(files() == before, "what it left was changed");
        store.close().await;
        // Another page in the place of one that is needed.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..8192].fill(7);
        std::fs::write(&path, bytes).unwrap();
        assert!(inspect(&url).await.map_or(true, |found| !found.damage.is_empty()));
    }
}
