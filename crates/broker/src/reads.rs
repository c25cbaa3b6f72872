//! Reads of the database for readers: so many at once, and no more.

use std::sync::Arc;

use tidings_models::{Head, InboxPage, InboxQuery, Log, Position, Replay, StoreError, UserId, Window};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::{entry::Entry, tally::Tally};

/// Reads that may be under way at once. A fleet that reconnects waits here in memory, where waiting is
/// cheap, and the database stays quick for everybody else.
pub(crate) const CONCURRENT_READS: usize = 8;

/// The store, as streams and inboxes read it. A permit is for the read alone: nobody holds one while
/// waiting for a commit, or for a socket.
pub(crate) struct Reads {
    store: Arc<dyn Log>,
    permits: Semaphore,
    tally: Arc<Tally>,
}

impl Reads {
    pub(crate) fn new(store: Arc<dyn Log>, tally: Arc<Tally>) -> Self {
        Self { store, permits: Semaphore::new(CONCURRENT_READS), tally }
    }

    /// A place among those who read. `None` if there are no places any more, which does not happen.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.tally.reads.add(1);
        if let Ok(permit) = self.permits.try_acquire() {
            return Some(permit);
        }
        let begun = Instant::now();
        let permit = self.permits.acquire().await.ok();
        self.tally.read_waits.took(begun.elapsed());
        permit
    }

    /// Passes on how a read went.
    fn note<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        if read.is_err() {
            self.tally.failed_reads.add(1);
        }
        read
    }

    /// Whatever else is read for a reader.
    pub(crate) async fn one<T>(&self, read: impl Future<Output = T>) -> T {
        let _permit = self.turn().await;
        read.await
    }

    /// Where the log stands.
    pub(crate) async fn head(&self) -> Result<Head, StoreError> {
        let _permit = self.turn().await;
        self.note(self.store.head().await)
    }

    /// A part of the inbox of a user. `None`: they are not known yet.
    pub(crate) async fn inbox(&self, user: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        let _permit = self.turn().await;
        self.note(self.store.inbox(user, query).await)
    }

    /// Up to `limit` entries of `windows` after one position and up to another. `None`: some of them are
    /// gone.
    pub(crate) async fn replay(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Option<Vec<Arc<Entry>>>, StoreError> {
        let _permit = self.turn().await;
        match self.note(self.store.replay(windows, after, up_to, limit).await)? {
            Replay::Events(events) => Entry::render_all(events, self.store.cursors()).map(Some),
            Replay::Expired => Ok(None),
        }
    }
}
