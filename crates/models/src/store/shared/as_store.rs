//! The database as the store: which of the parts beside this does what is asked for beside the log.

use async_trait::async_trait;

use super::{DatabaseStore, StoreError, admin, bounded, connections, inbox, people, preferences, topics};
use crate::{
    Audience, InboxItem, Notification, NotificationId, Position, Preferences, Topic, TopicName, UserId,
    store::{Connection, Delivery, Known, Reach, Receipt, Sent, SentQuery, Store, Stored},
    topic::{TopicOfUser, TopicWithMembers},
};

#[async_trait]
impl Store for DatabaseStore {
    async fn inbox_item(&self, user: &UserId, id: NotificationId) -> Result<Option<InboxItem>, StoreError> {
        bounded(async { inbox::item(self.snapshot().await?, user, id).await }).await
    }

    async fn notification(&self, id: NotificationId) -> Result<Option<Sent>, StoreError> {
        bounded(async { admin::find(self.snapshot().await?, id).await }).await
    }

    async fn notifications(&self, query: SentQuery, limit: u32) -> Result<Vec<Sent>, StoreError> {
        bounded(async { admin::list(self.snapshot().await?, query, limit).await }).await
    }

    async fn delivery(&self, id: NotificationId, user: &UserId) -> Result<Delivery, StoreError> {
        bounded(async { connections::delivery(self.snapshot().await?, id, user).await }).await
    }

    async fn reach(&self, id: NotificationId) -> Result<Reach, StoreError> {
        bounded(async { connections::reach(self.snapshot().await?, id).await }).await
    }

    async fn stored(&self) -> Result<Stored, StoreError> {
        bounded(async { people::stored(&mut *self.readers.acquire().await?).await }).await
    }

    async fn known(&self, user: &UserId) -> Result<Option<Known>, StoreError> {
        bounded(async { people::known(&mut *self.readers.acquire().await?, user).await }).await
    }

    async fn receipts(&self, user: &UserId, after: Position, limit: u32) -> Result<Vec<Receipt>, StoreError> {
        bounded(async { people::receipts(&mut *self.readers.acquire().await?, user, after, limit).await }).await
    }

    async fn connections(
        &self,
        user: &UserId,
        after: Option<&Connection>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        bounded(async { people::connections(&mut *self.readers.acquire().await?, user, after, limit).await }).await
    }

    async fn former(
        &self,
        user: &UserId,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, Notification)>, StoreError> {
        bounded(async { people::former(&mut *self.readers.acquire().await?, user, after, limit).await }).await
    }

    async fn preferences(&self, user: &UserId) -> Result<Preferences, StoreError> {
        bounded(async { preferences::of(&mut *self.readers.acquire().await?, user).await }).await
    }

    async fn put_topic(&self, topic: &Topic) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(topics::put(&mut turn, topic)).await;
        turn.end(done).await
    }

    async fn drop_topic(&self, topic: &TopicName) -> Result<Option<bool>, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(topics::remove(&mut turn, topic)).await;
        turn.end(done).await
    }

    async fn topic(&self, topic: &TopicName) -> Result<Option<Topic>, StoreError> {
        bounded(async { topics::find(&mut *self.readers.acquire().await?, topic).await }).await
    }

    async fn topics(&self, after: Option<&TopicName>, limit: u32) -> Result<Vec<TopicWithMembers>, StoreError> {
        bounded(topics::all(&self.readers, after, limit)).await
    }

    async fn topics_of(
        &self,
        user: &UserId,
        after: Option<&TopicName>,
        limit: u32,
    ) -> Result<Vec<TopicOfUser>, StoreError> {
        bounded(topics::of_user(&self.readers, user, after, limit)).await
    }

    async fn topic_of(&self, user: &UserId, topic: &TopicName) -> Result<Option<TopicOfUser>, StoreError> {
        bounded(topics::seen_by(&self.readers, user, topic)).await
    }

    async fn recipients_of(&self, audience: &Audience) -> Result<Option<i64>, StoreError> {
        bounded(topics::recipients_of(&self.readers, audience)).await
    }

    async fn members(&self, topic: &TopicName, after: Option<&UserId>, limit: u32) -> Result<Vec<UserId>, StoreError> {
        bounded(topics::members(&self.readers, topic, after, limit)).await
    }

    async fn close(&self) {
        self.end().await;
    }
}
