//! Copying the write-ahead log into the database, beside whoever writes.
//!
//! SQLite would do it in the thread of the commit that makes the log long: everybody who publishes
//! then waits for it, at a high rate until a hundred milliseconds' worth have piled up. Here another
//! connection copies while the writer goes on, and takes the writer's turn for what came meanwhile
//! alone, so that the next write finds nothing left and begins the log anew.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
};

use super::{StoreError, Writer};

/// Pages of the log that are worth copying. Fewer means the same pages over and over, and two more syncs
/// each time; more means a larger file, and slower reads.
const WORTHWHILE_PAGES: i64 = 4000;
/// How long after a look that found fewer the next one is. Bounds what a busy server asks for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long the writer waits, at most, for reads to leave the log. One that takes longer lets it grow until
/// the next time.
const PATIENCE: Duration = Duration::from_millis(10);
/// The writer copies by itself at so many pages: only if nobody does it here.
pub(super) const BACKSTOP_PAGES: u32 = 16_000;

/// The task that copies. It ends with this.
pub(super) struct Checkpoints {
    task: Mutex<Option<JoinHandle<()>>>,
    stop: Arc<Notify>,
}

impl Checkpoints {
    pub(super) async fn begin(options: &SqliteConnectOptions, writer: Arc<Writer>) -> Result<Self, StoreError> {
        let connection = options.clone().busy_timeout(PATIENCE).connect().await?;
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(connection, writer, Arc::clone(&stop)));
        Ok(Self { task: Mutex::new(Some(task)), stop })
    }

    /// Copies no more. Its connection is closed when this returns: as long as another one is open, the last write
    /// stays in the log, in a file of its own.
    pub(super) async fn end(&self) {
        self.stop.notify_one();
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await; // however it ended
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut() {
            task.abort();
        }
    }
}

async fn run(mut connection: SqliteConnection, writer: Arc<Writer>, stop: Arc<Notify>) {
    loop {
        tokio::select! {
            () = writer.wrote() => {}
            () = stop.notified() => break,
        }
        // What fails here fails for the writer as well, who says so; the log waits where it is.
        if pages(&mut connection).await.unwrap_or(0) >= WORTHWHILE_PAGES {
            let _ = copy(&mut connection, &writer).await;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = stop.notified() => break,
        }
    }
    let _ = connection.close().await; // nothing was written by it
}

/// Pages of the log that are not in the database yet.
async fn pages(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    let (_, log, copied): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(NOOP)").fetch_one(connection).await?;
    Ok(log - copied)
}

async fn copy(connection: &mut SqliteConnection, writer: &Writer) -> Result<(), StoreError> {
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut *connection).await?;
    let turn = writer.turn().await?;
    let rest = sqlx::query("PRAGMA wal_checkpoint(RESTART)").execute(connection).await;
    turn.end(Ok(())).await?;
    rest?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::SqliteStore;
    use crate::{Store as _, SystemRandom, Timestamp};

    /// What is copied elsewhere by its name alone, as `tidings restore` does, must be whole by then.
    #[tokio::test]
    async fn once_it_is_closed_a_database_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.db");
        for _ in 0..20 {
            let url = format!("sqlite://{}", file.display());
            let store = SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
            store.begin_epoch(Timestamp::from_millis(1), &SystemRandom).await.unwrap();
            store.close().await;
            let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
            assert_eq!(names, ["log.db"]);
        }
    }
}
