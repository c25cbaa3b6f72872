//! The one door to the database.
//!
//! **The database is the log.** [`Store::commit`] is the only way in: it gives positions under the
//! head row, in one transaction, so position order is commit order. Everything else reads, and every
//! answer that will be joined to the stream carries the [`Head`] of the same snapshot.
//!
//! No method keeps a read open after it has returned: nobody waits for a socket with a snapshot held.

use async_trait::async_trait;
use secrecy::SecretBox;

use crate::{
    Account, Cursors, Event, Head, InboxItem, InboxPage, InboxQuery, Mark, Notification, NotificationId, Position,
    Recipients, Timestamp, UserId, Window, password::PasswordHash,
};

#[cfg(test)]
mod contract;
mod retention;
mod sql;
mod sqlite;

pub use retention::{Retention, Trimmed};
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
    /// Its structure could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Something to be written to the log.
#[derive(Clone, Debug)]
pub enum Draft {
    /// A new notification.
    Notify {
        /// What there is to read.
        notification: Box<Notification>,
        /// Who it is for.
        to: Recipients,
        /// What makes a repeat recognisable.
        key: Option<IdempotencyKey>,
    },
    /// A user's first visit: broadcasts are theirs from now on. No event.
    Meet {
        /// Who.
        user: UserId,
        /// When they came.
        at: Timestamp,
    },
    /// A change of a user's inbox.
    Mark {
        /// Whose.
        user: UserId,
        /// Which.
        mark: Mark,
        /// When it was asked for.
        at: Timestamp,
    },
}

impl Draft {
    /// How much of a group it takes: about the rows that it writes.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Notify { to: Recipients::Users(users), .. } => users.len(),
            Self::Mark { mark: Mark::Ids(ids, _), .. } => ids.len().max(1),
            Self::Notify { .. } | Self::Mark { .. } | Self::Meet { .. } => 1,
        }
    }
}

/// A publisher's own name for a request, remembered as long as what it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key: keys of different publishers never meet.
    pub publisher: UserId,
    /// The key.
    pub key: String,
    /// A digest of the request, to tell a repeat from another request under the same key.
    pub fingerprint: [u8; 32],
}

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The notification is in the log.
    Stored(NotificationId),
    /// The key had made this notification before; nothing was written.
    Repeated(NotificationId),
    /// The key belongs to another request; nothing was written.
    KeyConflict,
    /// It would have expired before it was made; nothing was written.
    Expired,
    /// The user is known now, or was already.
    Met,
    /// The mark was taken. `false`: everything was so already, and nothing was written.
    Marked(bool),
    /// A named notification is not in this user's inbox; nothing was written.
    NotFound,
}

/// What a group became.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// What became of each draft, in their order.
    pub outcomes: Vec<Outcome>,
    /// What the log gained, in its order: what [`Store::read_log`] gives for the same positions, so that
    /// nobody in this process has to read it back.
    pub events: Vec<Event>,
}

/// Events to send again, or the news that some of them are gone.
#[derive(Clone, Debug)]
pub enum Replay {
    /// The next events of the windows, in order. Fewer than asked for: there are no more.
    Events(Vec<Event>),
    /// The floor has passed the position that was asked for.
    Expired,
}

/// Everything that is kept. One contract suite holds every implementation to this.
#[async_trait]
pub trait Store: Send + Sync + 'static {
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

    /// One notification of a user's inbox. `None` also for one that belongs to somebody else.
    async fn inbox_item(&self, user: &UserId, id: NotificationId) -> Result<Option<InboxItem>, StoreError>;

    /// A notification with those it was sent to, as admins see it.
    async fn notification(&self, id: NotificationId) -> Result<Option<(Notification, Recipients)>, StoreError>;

    /// Takes one small step towards what is to be kept, at `now`. No event after `up_to` leaves the log:
    /// somebody has yet to read it.
    async fn trim(&self, keep: &Retention, now: Timestamp, up_to: Position) -> Result<Trimmed, StoreError>;

    /// Makes an account and its recipient; `false` when there is one of that name.
    async fn create_account(&self, account: &Account) -> Result<bool, StoreError>;

    /// The account of a user.
    async fn account(&self, user: &UserId) -> Result<Option<Account>, StoreError>;

    /// All accounts, by name.
    async fn accounts(&self) -> Result<Vec<Account>, StoreError>;

    /// Gives an account another password; `false` when there is none.
    async fn set_password(&self, user: &UserId, password: &PasswordHash) -> Result<bool, StoreError>;

    /// Lets an account sign in or not; `false` when there is none.
    async fn set_disabled(&self, user: &UserId, disabled: bool) -> Result<bool, StoreError>;

    /// What seals and opens the cursors of this log.
    fn cursors(&self) -> &std::sync::Arc<Cursors>;

    /// The secret that tokens are signed with when the operator configured none.
    async fn token_secret(&self) -> Result<SecretBox<[u8; 32]>, StoreError>;

    /// Ends all connections.
    async fn close(&self);
}
