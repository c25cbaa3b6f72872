//! How a copy is begun, interrupted, gone on with, refused and undone. What is copied is judged by `contract/copy.rs`.

use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::sync::Notify;

use super::*;
use crate::{
    CursorError, Draft, Log as _, Notification, NotificationId, Outcome, Recipients, Store as _, StoreError,
    SystemClock, SystemRandom, Timestamp, UserId,
    store::{PostgresStore, SqliteStore, contract::server::empty_database},
};

mod interrupted;
mod moved;
mod refused;
mod structure;
mod verified;

const FEW: Pages = Pages { rows: 7, bytes: 1 << 20 };
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

/// A log in a file.
struct Left {
    _folder: tempfile::TempDir,
    url: String,
}

impl Left {
    async fn with(notifications: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("log.db").display());
        let left = Self { _folder: folder, url };
        let store = left.open().await.unwrap();
        for _ in 0..notifications {
            publish(&store).await;
        }
        store.close().await;
        left
    }

    async fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.url, NOW, &SystemRandom).await
    }

    /// Begins to copy it. One that was just given up may still be about to let go of the file.
    async fn begin(&self, to: &str) -> Result<Copying, CopyError> {
        loop {
            let from = Place { url: &self.url, shown: "the file" };
            let begun =
                Copying::begin(from, Place { url: to, shown: "the server" }, FEW, &SystemClock, &SystemRandom).await;
            if !matches!(begun, Err(CopyError::InUse)) {
                return begun;
            }
        }
    }

    async fn copy(&self, to: &str) -> Result<Copied, CopyError> {
        self.begin(to).await?.run(&SystemClock, |_| {}).await
    }

    /// Copies until `enough` says so, and is given up then, as by a kill. Whether it was.
    async fn copy_until(&self, to: &str, mut enough: impl FnMut(Progress) -> bool) -> bool {
        let stop = Notify::new();
        let copying = self.begin(to).await.unwrap().run(&SystemClock, |progress| {
            if enough(progress) {
                stop.notify_one();
            }
        });
        tokio::select! {
            biased;
            () = stop.notified() => true,
            done = copying => done.map(|_| false).unwrap(),
        }
    }

    async fn execute(&self, statement: &'static str) {
        let mut file = SqliteConnection::connect(&self.url).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    }
}

async fn publish(store: &dyn crate::Store) {
    let id = NotificationId::new(NOW, &SystemRandom).to_string();
    let json = serde_json::json!({"id": id, "title": "x", "level": "info", "critical": false, "created_at": NOW});
    let notification: Box<Notification> = serde_json::from_value(json).unwrap();
    let to = Recipients::User(UserId::parse("ann").unwrap());
    let done = store.commit(vec![Draft::Notify { notification, to, key: None, deliver_at: None }]).await.unwrap();
    assert!(matches!(done.outcomes[..], [Outcome::Stored(_)]));
}

async fn arrived(url: &str) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(url, NOW, &SystemRandom).await
}

async fn execute(url: &str, statement: &'static str) {
    let mut server = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut server).await.unwrap();
    server.close().await.unwrap();
}

/// What refuses to go on with a log, in words.
fn refusal<T>(opened: Result<T, StoreError>) -> String {
    match opened {
        Err(StoreError::Moved(moved)) => moved.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened"),
    }
}
