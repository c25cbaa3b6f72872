//! The embedded database: one file, one writer, a few readers.
//!
//! - One connection writes, with `BEGIN IMMEDIATE`, so writers queue in this process and never meet
//!   `SQLITE_BUSY`. Readers are opened read-only and see the snapshot of their first statement.
//! - WAL with `synchronous = FULL`: a commit is on disk when it returns, and survives the loss of
//!   power. Group commit pays for it.
//! - Every pragma that this relies on is set, then read back: a database that cannot have them is
//!   refused at start rather than trusted.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::SecretBox;
use sqlx::{
    Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Committed, Connection, Delivery, Draft, Known, Log, Reach, Receipt, Replay, Retention, Sent, SentQuery, Store,
    StoreError, Stored, Trimmed, sql,
};
use crate::{
    Account, CursorKey, Cursors, Epoch, Event, Head, InboxItem, InboxPage, InboxQuery, Notification, NotificationId,
    Position, Preferences, Random, Timestamp, Topic, TopicName, UserId, Window,
    password::PasswordHash,
    topic::{TopicOfUser, TopicWithMembers},
};

mod accounts;
mod admin;
mod checkpoint;
mod commit;
mod connections;
mod due;
mod erase;
mod inbox;
mod insert;
mod leave;
mod log;
mod marks;
mod people;
mod preferences;
mod seqs;
mod together;
mod topics;
mod trim;
mod write;
mod writer;

use checkpoint::Checkpoints;
use writer::{Turn, Writer};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

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

/// The store in a SQLite file.
pub struct SqliteStore {
    writer: Arc<Writer>,
    checkpoints: Checkpoints,
    readers: SqlitePool,
    cursors: Arc<Cursors>,
}

impl SqliteStore {
    /// Opens the database of a URL (`sqlite://path`), makes it when it is not there, and brings its
    /// structure up to date.
    pub async fn open(url: &str, now: Timestamp, random: &dyn Random) -> Result<Self, StoreError> {
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
        let cursors = found(&mut turn.connection, now, random).await?;
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
    /// was made must not be taken for places in what comes now.
    pub async fn begin_epoch(&self, now: Timestamp, random: &dyn Random) -> Result<(), StoreError> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        let epoch = *Epoch::from_random(bytes).as_uuid();
        let mut turn = self.writer.turn().await?;
        let done = begin_epoch(&mut turn, epoch, now).await;
        turn.end(done).await
    }

    /// One instant of the database to read from.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }
}

/// The file holds secrets: it is for its owner alone, also where a copy of it was put back with other
/// rights, and so is a folder that is made for it.
fn prepare_file(path: &Path) -> Result<(), StoreError> {
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

async fn begin_epoch(turn: &mut Turn<'_>, epoch: uuid::Uuid, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = turn.begin().await?;
    sqlx::query(sql::ADD_EPOCH).bind(epoch).bind(now.as_millis()).execute(&mut *tx).await?;
    sqlx::query(sql::SET_EPOCH).bind(epoch).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a new log its epoch and its secrets, or takes those that it has.
async fn found(conn: &mut SqliteConnection, now: Timestamp, random: &dyn Random) -> Result<Cursors, StoreError> {
    let mut bytes = [0; 16 + CursorKey::LEN + 32];
    random.fill(&mut bytes);
    let (epoch, secrets) = bytes.split_at(16);
    let (cursor, token) = secrets.split_at(CursorKey::LEN);

    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    let epoch = uuid::Builder::from_random_bytes(array(epoch)?).into_uuid();
    if sqlx::query(sql::FIRST_HEAD).bind(epoch).execute(&mut *tx).await?.rows_affected() == 1 {
        sqlx::query(sql::ADD_EPOCH).bind(epoch).bind(now.as_millis()).execute(&mut *tx).await?;
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

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt(format!("a secret of {} bytes instead of {N}", bytes.len())))
}

impl From<sqlx::Error> for StoreError {
    /// By SQLite's result codes (<https://www.sqlite.org/rescode.html>): the low byte is the class.
    fn from(error: sqlx::Error) -> Self {
        const CORRUPT: i32 = 11;
        const FULL: i32 = 13;
        const CONSTRAINT: i32 = 19;
        const NOT_A_DATABASE: i32 = 26;
        let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        match (code.map(|code| code & 0xFF), &error) {
            (Some(FULL), _) => Self::Full(error),
            (Some(CORRUPT | CONSTRAINT | NOT_A_DATABASE), _)
            | (None, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound) => {
                Self::Corrupt(error.to_string())
            }
            _ => Self::Unavailable(error),
        }
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A number of the database that must be a position.
fn position(value: i64) -> Result<Position, StoreError> {
    Position::new(value).ok_or_else(|| StoreError::Corrupt(format!("the position {value}")))
}

#[async_trait]
impl Log for SqliteStore {
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = commit::commit(&mut turn, drafts).await;
        turn.end(done).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        log::head(&mut *self.readers.acquire().await?).await
    }

    async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        log::read_log(&mut *self.readers.acquire().await?, after, limit).await
    }

    async fn replay(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Replay, StoreError> {
        log::replay(self.snapshot().await?, windows, after, up_to, limit).await
    }

    async fn inbox(&self, user: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        if query.limit == 0 {
            return inbox::counts(&mut *self.readers.acquire().await?, user).await;
        }
        inbox::page(self.snapshot().await?, user, query).await
    }

    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        due::any(&mut *self.readers.acquire().await?, now).await
    }

    async fn trim(&self, keep: &Retention, now: Timestamp, up_to: Position) -> Result<Trimmed, StoreError> {
        let trimmed = trim::step(&self.writer, &self.readers, keep, now, up_to).await?;
        let more = connections::trim(&self.writer, &self.readers, keep, now).await?;
        Ok(Trimmed { more: trimmed.more || more, ..trimmed })
    }

    async fn note_connections(&self, connections: &[Connection]) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = connections::note(&mut turn, connections).await;
        turn.end(done).await
    }

    fn cursors(&self) -> &Arc<Cursors> {
        &self.cursors
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn inbox_item(&self, user: &UserId, id: NotificationId) -> Result<Option<InboxItem>, StoreError> {
        inbox::item(self.snapshot().await?, user, id).await
    }

    async fn notification(&self, id: NotificationId) -> Result<Option<Sent>, StoreError> {
        admin::find(self.snapshot().await?, id).await
    }

    async fn notifications(&self, query: SentQuery, limit: u32) -> Result<Vec<Sent>, StoreError> {
        admin::list(self.snapshot().await?, query, limit).await
    }

    async fn delivery(&self, id: NotificationId, user: &UserId) -> Result<Delivery, StoreError> {
        connections::delivery(self.snapshot().await?, id, user).await
    }

    async fn reach(&self, id: NotificationId) -> Result<Reach, StoreError> {
        connections::reach(self.snapshot().await?, id).await
    }

    async fn stored(&self) -> Result<Stored, StoreError> {
        people::stored(&mut *self.readers.acquire().await?).await
    }

    async fn known(&self, user: &UserId) -> Result<Option<Known>, StoreError> {
        people::known(&mut *self.readers.acquire().await?, user).await
    }

    async fn receipts(&self, user: &UserId, after: Position, limit: u32) -> Result<Vec<Receipt>, StoreError> {
        people::receipts(&mut *self.readers.acquire().await?, user, after, limit).await
    }

    async fn connections(
        &self,
        user: &UserId,
        after: Option<&Connection>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        people::connections(&mut *self.readers.acquire().await?, user, after, limit).await
    }

    async fn former(
        &self,
        user: &UserId,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, Notification)>, StoreError> {
        people::former(&mut *self.readers.acquire().await?, user, after, limit).await
    }

    async fn preferences(&self, user: &UserId) -> Result<Preferences, StoreError> {
        preferences::of(&mut *self.readers.acquire().await?, user).await
    }

    async fn put_topic(&self, topic: &Topic) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = topics::put(&mut turn, topic).await;
        turn.end(done).await
    }

    async fn drop_topic(&self, topic: &TopicName) -> Result<Option<bool>, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = topics::remove(&mut turn, topic).await;
        turn.end(done).await
    }

    async fn topic(&self, topic: &TopicName) -> Result<Option<Topic>, StoreError> {
        topics::find(&mut *self.readers.acquire().await?, topic).await
    }

    async fn topics(&self) -> Result<Vec<TopicWithMembers>, StoreError> {
        topics::all(&self.readers).await
    }

    async fn topics_of(&self, user: &UserId) -> Result<Vec<TopicOfUser>, StoreError> {
        topics::of_user(&self.readers, user).await
    }

    async fn members(&self, topic: &TopicName, after: Option<&UserId>, limit: u32) -> Result<Vec<UserId>, StoreError> {
        topics::members(&self.readers, topic, after, limit).await
    }

    async fn create_account(&self, account: &Account) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = accounts::create(&mut turn, account).await;
        turn.end(done).await
    }

    async fn account(&self, user: &UserId) -> Result<Option<Account>, StoreError> {
        accounts::find(&self.readers, user).await
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        accounts::all(&self.readers).await
    }

    async fn set_password(&self, user: &UserId, password: &PasswordHash) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = accounts::set_password(&mut turn.connection, user, password).await;
        turn.end(done).await
    }

    async fn set_disabled(&self, user: &UserId, disabled: bool) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = accounts::set_disabled(&mut turn.connection, user, disabled).await;
        turn.end(done).await
    }

    async fn token_secret(&self) -> Result<SecretBox<[u8; 32]>, StoreError> {
        let secret: Vec<u8> = sqlx::query_scalar(sql::SECRET).bind("token").fetch_one(&self.readers).await?;
        Ok(SecretBox::new(Box::new(array(&secret)?)))
    }

    async fn close(&self) {
        self.checkpoints.end();
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Executor as _, SqlStr};

    use super::*;
    use crate::SystemRandom;

    #[tokio::test]
    async fn every_statement_prepares() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        for statement in sql::ALL.iter().chain(sql::ledger::ALL).chain(sql::people::ALL) {
            let prepared = store.readers.prepare(SqlStr::from_static(statement)).await;
            assert!(prepared.is_ok(), "{statement}: {:?}", prepared.err());
        }
    }

    /// What is asked for all the time costs as much as it finds, however much else there is.
    #[tokio::test]
    async fn nothing_is_searched_from_end_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let plan = async |statement: &str| {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained).fetch_all(&store.readers).await.unwrap();
            plan.into_iter().map(|step| step.3).collect::<Vec<_>>()
        };
        for statement in [sql::LOG, sql::REPLAY, sql::INBOX, sql::INBOX_ITEM, sql::STATE, sql::TRIM_OTHER_EVENTS] {
            let plan = plan(statement).await;
            let made = ["places", "below", "own", "shared", "joined"].map(|name| format!("SCAN {name}"));
            let searches = |step: &String| made.contains(step) || !step.starts_with("SCAN ");
            assert!(plan.iter().all(searches), "{statement}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "sorted: {statement}: {plan:#?}");
        }
        // Other people's events are not passed over.
        let plan = plan(sql::REPLAY).await;
        for step in [
            "SEARCH entries USING PRIMARY KEY (audience=? AND position>? AND position<?)",
            "SEARCH other_events USING PRIMARY KEY (audience=? AND position>? AND position<?)",
            "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
        ] {
            assert!(plan.iter().any(|taken| taken == step), "{step}: {plan:#?}");
        }
    }

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

    #[tokio::test]
    async fn a_write_that_is_given_up_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let meet = |i: u64| Draft::Meet { user: UserId::parse(&i.to_string()).unwrap(), at: Timestamp::from_millis(0) };
        for i in 0..40 {
            let _ = tokio::time::timeout(Duration::from_micros(i * 25), store.commit(vec![meet(i)])).await;
            let done = store.commit(vec![meet(i + 100)]).await;
            assert_eq!(done.unwrap().outcomes, [crate::Outcome::Met], "the next one goes on");
        }
        store.close().await;
        assert!(matches!(store.commit(vec![meet(1)]).await, Err(StoreError::Unavailable(_))), "closed is closed");
    }

    #[tokio::test]
    async fn a_full_disk_is_told_from_a_database_that_is_away() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
        let user = |i: usize| UserId::parse(&format!("{i}{}", "x".repeat(200))).unwrap();
        for _ in 0..3 {
            let mut turn = store.writer.turn().await.unwrap();
            sqlx::query("PRAGMA max_page_count = 1").execute(&mut turn.connection).await.unwrap();
            turn.end(Ok(())).await.unwrap();
            let meet = (0..1000).map(|i| Draft::Meet { user: user(i), at: Timestamp::from_millis(0) }).collect();
            assert!(matches!(store.commit(meet).await, Err(StoreError::Full(_))));
        }
        let meet = vec![Draft::Meet { user: user(0), at: Timestamp::from_millis(0) }];
        assert_eq!(
            store.commit(meet).await.unwrap().outcomes,
            [crate::Outcome::Met],
            "no restart is needed once there is room"
        );
    }
}
