//! The file as the log: which of the parts beside this does what the broker asks for.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Committed, DatabaseStore, Draft, Replay, StoreError, access, commit, connections, due, inbox, log, trim};
use crate::{
    Cursors, Event, Head, InboxPage, InboxQuery, Position, Timestamp, UserId, Window,
    store::{Connection, Log, Retention, Trimmed},
};

#[async_trait]
impl Log for DatabaseStore {
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

    async fn states(&self, users: &[UserId]) -> Result<Vec<Option<InboxPage>>, StoreError> {
        inbox::states(&mut *self.readers.acquire().await?, users).await
    }

    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        due::any(&mut *self.readers.acquire().await?, now).await
    }

    async fn trim(&self, keep: &Retention, now: Timestamp, up_to: Position) -> Result<Trimmed, StoreError> {
        let trimmed = trim::step(&self.writer, &self.readers, keep, now, up_to).await?;
        let more = connections::trim(&self.writer, &self.readers, keep, now).await?;
        let mut turn = self.writer.turn().await?;
        let done = access::trim::step(&mut turn, now).await;
        let more_access = turn.end(done).await?;
        Ok(Trimmed { more: trimmed.more || more || more_access, ..trimmed })
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
