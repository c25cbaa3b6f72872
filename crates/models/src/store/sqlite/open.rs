//! Opening the file: making it, bringing its structure up to date, and the pragmas that all else relies on.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    SqliteStore, StoreError,
    checkpoint::{self, Checkpoints},
    shared::found::found,
    writer::Writer,
};
use crate::{Random, Timestamp};

pub(in crate::store) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// Connections that read. Each is a thread; more than this wait for one another on two cores anyway.
const READERS: u32 = 4;
/// How long anything waits for a connection before the database counts as not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process, a backup for example.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause before another look whether somebody else has finished making the database.
const LOCK_RETRY: Duration = Duration::from_millis(20);
/// What the writer keeps of the database: 16 MiB. With the default of 2 a group of 256 does not fit.
const WRITER_CACHE: &str = "-16384";
/// The WAL is cut back to this after a checkpoint, so one long reader does not cost disk for ever.
const WAL_LIMIT_BYTES: i64 = 64 * 1024 * 1024;

impl SqliteStore {
    /// Opens the database of a URL (`sqlite://path`), makes it when it is not there, and brings its
    /// structure up to date.
    pub async fn open(url: &str, now: Timestamp, random: &dyn Random) -> Result<Self, StoreError> {
        Self::open_which(url, now, random, true).await
    }

    /// The same also of a database whose log went elsewhere. Nothing is to be written to it but what makes it another
    /// log, or lets it [`stay`](Self::stay).
    pub async fn open_moved(url: &str, now: Timestamp, random: &dyn Random) -> Result<Self, StoreError> {
        Self::open_which(url, now, random, false).await
    }

    async fn open_which(url: &str, now: Timestamp, random: &dyn Random, living: bool) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_size_limit", WAL_LIMIT_BYTES.to_string())
            .pragma("trusted_schema", "OFF")
            // Inserting many rows at once keeps copies of pages meanwhile, which would go to a file.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", checkpoint::BACKSTOP_PAGES.to_string());
        prepare_file(options.get_filename())?;
        let _alone = alone(options.get_filename()).await?;
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        MIGRATIONS.run(&pool).await?;
        pool.close().await;
        let writer = Writer::open(options.clone().pragma("cache_size", WRITER_CACHE), ACQUIRE_TIMEOUT).await?;
        let mut turn = writer.turn().await?;
        assert_pragmas(&mut turn.connection).await?;
        let cursors = found(&mut turn, now, random, living).await?;
        turn.end(Ok(())).await?;
        let writer = Arc::new(writer);
        let checkpoints = Checkpoints::begin(&options, Arc::clone(&writer)).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false) // a hop that tells only whether the thread is there
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { writer, checkpoints, readers, cursors: Arc::new(cursors) })
    }
}

/// The file holds secrets: it is for its owner alone, also where a copy of it was put back with other
/// rights, and so is a folder that is made for it.
pub(super) fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let io = |error: std::io::Error| StoreError::Unavailable(sqlx::Error::Io(error));
    let (mut folders, mut options) = (std::fs::DirBuilder::new(), std::fs::OpenOptions::new());
    folders.recursive(true);
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        folders.create(folder).map_err(io)?;
    }
    let file = options.open(path).map_err(io)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(io)?;
    drop(file);
    Ok(())
}

/// Keeps others from making the same database at the same time, for as long as the result is held. It
/// is the folder that is locked: closing a handle of the file itself would end SQLite's own locks.
async fn alone(path: &Path) -> Result<Option<std::fs::File>, StoreError> {
    let io = |error: std::io::Error| StoreError::Unavailable(sqlx::Error::Io(error));
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::fs::File::open(folder).map_err(io)?;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(folder)),
            // Asked again rather than waited for: the other may be of this very thread.
            Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(LOCK_RETRY).await,
            Err(std::fs::TryLockError::Error(error)) => return Err(io(error)),
        }
    }
}

/// Reads back what the rest relies on: a pragma that SQLite does not accept is silently ignored.
async fn assert_pragmas(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    const EXPECTED: [(&str, &str); 4] = [
        ("PRAGMA journal_mode", "wal"),
        ("PRAGMA synchronous", "2"), // FULL
        ("PRAGMA foreign_keys", "1"),
        ("PRAGMA trusted_schema", "0"),
    ];
    for (pragma, expected) in EXPECTED {
        let row = sqlx::query(pragma).fetch_one(&mut *conn).await?;
        let value = sqlx::Row::try_get_unchecked::<String, _>(&row, 0)?;
        if value != expected {
            return Err(StoreError::Corrupt(format!("{pragma} is {value}, and must be {expected}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Log as _, Store as _, SystemRandom};

    #[tokio::test]
    async fn several_at_once_make_one_database() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let open = || SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom);
        let (first, second, third) = tokio::join!(open(), open(), open());
        let epoch = async |store: Result<SqliteStore, StoreError>| store.unwrap().head().await.unwrap().epoch;
        let epochs = [epoch(first).await, epoch(second).await, epoch(third).await];
        assert!(epochs.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_and_its_folder_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let outer = tempfile::tempdir().unwrap();
        let (folder, file) = (outer.path().join("data"), outer.path().join("data/log.db"));
        let url = format!("sqlite://{}", file.display());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for _ in 0..2 {
            let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
            store.close().await;
            assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap(); // a copy put back
        }
    }
}
