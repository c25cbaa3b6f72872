//! The one door to the database.
//!
//! **The database is the log.** [`Store::commit`] is the only way in: it gives positions under the
//! head row, in one transaction, so position order is commit order. Everything else reads, and every
//! answer that will be joined to the stream carries the [`Head`] of the same snapshot.
//!
//! No method keeps a read open after it has returned: nobody waits for a socket with a snapshot held.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Audience, Cursors, Event, Head, InboxItem, InboxPage, InboxQuery, Notification, NotificationId, Position,
    Preferences, Timestamp, Topic, TopicName, UserId, Window,
    topic::{TopicOfUser, TopicWithMembers},
};

mod access;
#[cfg(test)]
mod contract;
pub mod copy;
mod draft;
mod failure;
mod inspection;
mod ledger;
mod moved;
mod nodes;
mod outcome;
mod person;
mod postgres;
mod retention;
mod sent;
mod sqlite;
mod timestamp;

pub use access::Access;
pub use draft::{Draft, IdempotencyKey};
pub use inspection::Inspection;
pub use ledger::{Connection, Delivery, DeliveryPlace, Given, Left, Reach, Verdict};
pub use moved::Moved;
pub use nodes::{ListedStream, Node, Nodes, Overheard, StreamChange, Whispered};
pub use outcome::{Committed, Outcome};
pub use person::{Known, Receipt, Stored};
pub use postgres::{BellListener, BellRope, Bells, PostgresStore};
pub use retention::{Retention, Trimmed};
pub use sent::{Deed, Replacement, Sent, SentQuery, Stage};
pub use sqlite::SqliteStore;

/// Why the store did not do what it was asked. The answer to the caller never says more than this.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is read-only, or took too long. Nothing was stored, unless
    /// it happened at commit: then the idempotency key of a retry finds out.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// There is no room left on its disk.
    #[error("the disk of the database is full: {0}")]
    Full(#[source] sqlx::Error),
    /// It holds something that this version cannot read, or is not set up as it must be.
    #[error("the database is damaged or of another version: {0}")]
    Corrupt(String),
    /// It was promoted, or put back, since this node opened it: what this node knows of the log may not be so.
    #[error(
        "the database was promoted or put back, and may lack what was seen: start this node again, it begins another epoch"
    )]
    AnotherLife,
    /// There is something in the log that this version does not know. To pass it over would be to lose it in silence.
    #[error("the log has {0}, which this version does not know: a later one wrote it; update this node")]
    Newer(String),
    /// Its structure could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Its log goes on elsewhere, or is not wholly here yet.
    #[error("{0}")]
    Moved(Moved),
}

/// Events to send again, or the news that some of them are gone.
#[derive(Clone, Debug)]
pub enum Replay {
    /// The next events of the windows, in order. Fewer than asked for: there are no more.
    Events(Vec<Event>),
    /// The floor has passed the position that was asked for.
    Expired,
}

/// The log, and the inboxes that follow from it: what the broker knows of the database.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Writes a group of drafts in one transaction. When it returns, they are on disk, or none is.
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError>;

    /// Where the log stands.
    async fn head(&self) -> Result<Head, StoreError>;

    /// The log after a position, whoever it is for: what a follower reads.
    async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// The part of the log after `after` and up to `up_to` that belongs to `windows`. The floor is
    /// read in the same snapshot as the events.
    async fn replay(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Replay, StoreError>;

    /// A part of a user's inbox with counts and head of the same snapshot. `None`: not known yet
    /// (see [`Draft::Meet`]).
    async fn inbox(&self, user: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError>;

    /// The [counts](InboxQuery::counts) of some users, in their order and all of one snapshot: at most
    /// [`InboxPage::AT_ONCE`] of them. `None` for who is not known.
    async fn states(&self, users: &[UserId]) -> Result<Vec<Option<InboxPage>>, StoreError>;

    /// Whether anything is due at `now` (see [`Draft::Due`]).
    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError>;

    /// Takes one small step towards what is to be kept, at `now`. No event after `up_to` leaves the log:
    /// somebody has yet to read it.
    async fn trim(&self, keep: &Retention, now: Timestamp, up_to: Position) -> Result<Trimmed, StoreError>;

    /// Takes note of how far streams have come: at most [`Connection::AT_ONCE`] of them.
    async fn note_connections(&self, connections: &[Connection]) -> Result<(), StoreError>;

    /// What seals and opens the cursors of this log.
    fn cursors(&self) -> &Arc<Cursors>;
}

/// Everything that is kept, beside the log, who may come in, and what nodes tell each other. One contract suite holds every implementation to this.
#[async_trait]
pub trait Store: Log + Access + Nodes {
    /// One notification of a user's inbox. `None` also for one that belongs to somebody else.
    async fn inbox_item(&self, user: &UserId, id: NotificationId) -> Result<Option<InboxItem>, StoreError>;

    /// A notification as admins see it.
    async fn notification(&self, id: NotificationId) -> Result<Option<Sent>, StoreError>;

    /// The next notifications as admins see them, at most `limit`.
    async fn notifications(&self, query: SentQuery, limit: u32) -> Result<Vec<Sent>, StoreError>;

    /// What is known of a notification and one user.
    async fn delivery(&self, id: NotificationId, user: &UserId) -> Result<Delivery, StoreError>;

    /// What is known of a notification that went to a topic or to everyone, without a look at each reader.
    async fn reach(&self, id: NotificationId) -> Result<Reach, StoreError>;

    /// How much is kept.
    async fn stored(&self) -> Result<Stored, StoreError>;

    /// What is known of a user beside their inbox. `None`: they are not known.
    async fn known(&self, user: &UserId) -> Result<Option<Known>, StoreError>;

    /// The next receipts of a user after a position, in the order of the log.
    async fn receipts(&self, user: &UserId, after: Position, limit: u32) -> Result<Vec<Receipt>, StoreError>;

    /// The next streams of a user that were noted after this one, in the order of their opening.
    async fn connections(
        &self,
        user: &UserId,
        after: Option<&Connection>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError>;

    /// The next notifications, after a position, that a user was sent by name and that left their inbox before
    /// their time, in the order of the log.
    async fn former(
        &self,
        user: &UserId,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, Notification)>, StoreError>;

    /// What a user wants to be bothered with.
    async fn preferences(&self, user: &UserId) -> Result<Preferences, StoreError>;

    /// Makes a topic, or changes the one of that name. Whether it was made.
    async fn put_topic(&self, topic: &Topic) -> Result<bool, StoreError>;

    /// Removes a topic that nobody belongs to. `None`: there is none. `false`: somebody does.
    async fn drop_topic(&self, topic: &TopicName) -> Result<Option<bool>, StoreError>;

    /// One topic.
    async fn topic(&self, topic: &TopicName) -> Result<Option<Topic>, StoreError>;

    /// The next topics after one of them, by name.
    async fn topics(&self, after: Option<&TopicName>, limit: u32) -> Result<Vec<TopicWithMembers>, StoreError>;

    /// The next topics that a user may join or belongs to, after one of them, by name.
    async fn topics_of(
        &self,
        user: &UserId,
        after: Option<&TopicName>,
        limit: u32,
    ) -> Result<Vec<TopicOfUser>, StoreError>;

    /// One topic, if a user may join it or belongs to it.
    async fn topic_of(&self, user: &UserId, topic: &TopicName) -> Result<Option<TopicOfUser>, StoreError>;

    /// How many users something for this audience would be for now. A user is one, known or not. `None`: there is
    /// no such topic.
    async fn recipients_of(&self, audience: &Audience) -> Result<Option<i64>, StoreError>;

    /// The next members of a topic after one of them, by name.
    async fn members(&self, topic: &TopicName, after: Option<&UserId>, limit: u32) -> Result<Vec<UserId>, StoreError>;

    /// Ends all connections.
    async fn close(&self);
}
