//! Reads of the database for readers: so many at once, and no more.

use std::sync::Arc;

use tidings_models::{Head, InboxPage, InboxQuery, Log, Position, Replay, StoreError, UserId, Window};
use tokio::sync::Semaphore;

use crate::entry::Entry;

/// Reads that may be under way at once. A fleet that reconnects waits here in memory, where waiting is
/// cheap, and the database stays quick for everybody else.
pub(crate) const CONCURRENT_READS: usize = 8;

/// The store, as streams and inboxes read it. A permit is for the read alone: nobody holds one while
/// waiting for a commit, or for a socket.
pub(crate) struct Reads {
    store: Arc<dyn Log>,
    permits: Semaphore,
}

impl Reads {
    pub(crate) fn new(store: Arc<dyn Log>) -> Self {
        Self { store, permits: Semaphore::new(CONCURRENT_READS) }
    }

    /// Whatever else is read for a reader.
    pub(crate) async fn one<T>(&self, read: impl Future<Output = T>) -> T {
        let _permit = self.permits.acquire().await;
        read.await
    }

    /// Where the log stands.
    pub(crate) async fn head(&self) -> Result<Head, StoreError> {
        let _permit = self.permits.acquire().await;
        self.store.head().await
    }

    /// A part of the inbox of a user. `None`: they are not known yet.
    pub(crate) async fn inbox(&self, user: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        let _permit = self.permits.acquire().await;
        self.store.inbox(user, query).await
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
        let _permit = self.permits.acquire().await;
        match self.store.replay(windows, after, up_to, limit).await? {
            Replay::Events(events) => Entry::render_all(events, self.store.cursors()).map(Some),
            Replay::Expired => Ok(None),
        }
    }
}
