//! The database as the log: which of the parts beside this does what the broker asks for.

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    Committed, DatabaseStore, Draft, Replay, StoreError, access, bounded, commit, connections, due, inbox, log, trim,
};
use crate::{
    Cursors, Event, Head, InboxPage, InboxQuery, Position, Timestamp, UserId, Window,
    store::{Connection, Log, Retention, Trimmed},
};

#[async_trait]
impl Log for DatabaseStore {
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(commit::commit(&mut turn, drafts)).await;
        turn.end(done).await
    }

    async fn head(&self) -> Result<Head, StoreError> {
        bounded(async { log::head(&mut *self.readers.acquire().await?).await }).await
    }

    async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        bounded(async { log::read_log(&mut *self.readers.acquire().await?, after, limit).await }).await
    }

    async fn replay(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Replay, StoreError> {
        bounded(async { log::replay(self.snapshot().await?, windows, after, up_to, limit).await }).await
    }

    async fn inbox(&self, user: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        if query.limit == 0 {
            return bounded(async { inbox::counts(&mut *self.readers.acquire().await?, user).await }).await;
        }
        bounded(async { inbox::page(self.snapshot().await?, user, query).await }).await
    }

    async fn states(&self, users: &[UserId]) -> Result<Vec<Option<InboxPage>>, StoreError> {
        bounded(async { inbox::states(&mut *self.readers.acquire().await?, users).await }).await
    }

    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        bounded(async { due::any(&mut *self.readers.acquire().await?, now).await }).await
    }

    async fn trim(&self, keep: &Retention, now: Timestamp, up_to: Position) -> Result<Trimmed, StoreError> {
        let trimmed = bounded(trim::step(&self.writer, &self.readers, keep, now, up_to)).await?;
        let more = bounded(connections::trim(&self.writer, &self.readers, keep, now)).await?;
        let mut turn = self.writer.turn().await?;
        let done = bounded(access::trim::step(&mut turn, now)).await;
        let more_access = turn.end(done).await?;
        Ok(Trimmed { more: trimmed.more || more || more_access, ..trimmed })
    }

    async fn note_connections(&self, connections: &[Connection]) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(connections::note(&mut turn, connections)).await;
        turn.end(done).await
    }

    fn cursors(&self) -> &Arc<Cursors> {
        &self.cursors
    }
}
