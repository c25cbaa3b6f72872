//! The one door to the database.
//!
//! **The database is the log.** [`Store::commit`] is the only way in: it gives positions under the
//! head row, in one transaction, so position order is commit order. Everything else reads, and every
//! answer that will be joined to the stream carries the [`Head`] of the same snapshot.
//!
//! No method keeps a read open after it has returned: nobody waits for a socket with a snapshot held.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretBox;

use crate::{
    Account, Cursors, Event, Head, InboxItem, InboxPage, InboxQuery, Kind, Mark, Notification, NotificationId,
    Position, Preferences, Recipients, Timestamp, Topic, TopicName, UserId, Window,
    password::PasswordHash,
    topic::{TopicOfUser, TopicWithMembers},
};

#[cfg(test)]
mod contract;
mod ledger;
mod person;
mod retention;
mod sent;
mod sql;
mod sqlite;

pub use ledger::{Connection, Delivery, DeliveryPlace, Given, Left, Reach, Verdict};
pub use person::{Known, Receipt, Stored};
pub use retention::{Retention, Trimmed};
pub use sent::{Deed, Sent, SentQuery, Stage};
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
        /// When it is to be made, if not now.
        deliver_at: Option<Timestamp>,
    },
    /// A typed event that is not an inbox item.
    Signal {
        /// Its type (see [`Kind::signal`]).
        kind: Kind,
        /// Its content: one line of JSON.
        payload: Arc<str>,
        /// Who it is for.
        to: Recipients,
        /// When it was made.
        at: Timestamp,
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
    /// A user joins a topic, or leaves it.
    Subscribe {
        /// Who.
        user: UserId,
        /// Which topic.
        topic: TopicName,
        /// Whether they join.
        join: bool,
        /// Whether an admin says so: users themselves join only topics that are open.
        by_admin: bool,
        /// When it was asked for.
        at: Timestamp,
    },
    /// A user wants to be bothered with other things than before.
    Prefer {
        /// Who.
        user: UserId,
        /// All that they want now.
        preferences: Preferences,
        /// When it was asked for.
        at: Timestamp,
    },
    /// An admin changes a notification, wherever it stands, or one that is yet to be made.
    Correct {
        /// What it is to be now; its id tells which.
        notification: Box<Notification>,
        /// When it is to be made, for one that is scheduled.
        deliver_at: Option<Timestamp>,
        /// The revision that it was made of: nothing that somebody else did meanwhile is undone.
        revision: i64,
        /// Who does it.
        by: UserId,
        /// When it was asked for.
        at: Timestamp,
    },
    /// An admin takes a notification back, or calls off one that is yet to be made.
    Retract {
        /// Which.
        id: NotificationId,
        /// Who does it.
        by: UserId,
        /// When it was asked for.
        at: Timestamp,
    },
    /// Some of what is due by now is done: what is scheduled is made, what expires ends, what was snoozed
    /// comes back. Whatever was done already is not done again.
    Due {
        /// Now.
        at: Timestamp,
    },
    /// All of these or none: when one is refused, nothing of any of them remains.
    Together(Vec<Draft>),
    /// Removes some of what is kept of a person; all of it once nothing more is left to be removed. What they were
    /// told stays in the log without content, as if it had been for somebody of another name.
    Erase {
        /// Who.
        user: UserId,
        /// A name that nobody has, nor had: `erased-` and something that cannot be guessed. Another one each time.
        alias: UserId,
        /// When it was asked for.
        at: Timestamp,
    },
}

impl Draft {
    /// The [weight](Draft::weight) of what may be done together. Everybody else who writes waits for it.
    pub const MOST_TOGETHER: usize = 10_000;
    /// As how many an event counts that may take the place of another: it costs statements of its own.
    pub const GROUPED: usize = 4;

    /// Things of each sort that one [`Draft::Due`] does at most; bounds the transaction that it takes part in.
    pub const DUE_AT_ONCE: usize = 64;

    /// Things of each sort that one [`Draft::Erase`] removes at most.
    pub const ERASED_AT_ONCE: usize = 128;

    /// How much of a group it takes: about the rows that it writes.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Notify { to, notification, .. } => {
                to.count() * if notification.group_key.is_some() { Self::GROUPED } else { 1 }
            }
            Self::Signal { to, .. } => to.count(),
            Self::Mark { mark: Mark::Ids(ids, _), .. } => ids.len().max(1),
            Self::Due { .. } => Self::DUE_AT_ONCE,
            Self::Erase { .. } => Self::ERASED_AT_ONCE,
            Self::Together(drafts) => drafts.iter().map(Self::weight).sum(),
            _ => 1,
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
    /// What was named is not there, or not this user's; nothing was written.
    NotFound,
    /// There is no topic of that name; nothing was written.
    NoTopic,
    /// Its members are the admins' business; nothing was written.
    NotOpen,
    /// The user has belonged to too many topics; nothing was written.
    TooMany,
    /// It is so now. `false`: it was so already, and nothing was written.
    Done(bool),
    /// Somebody else has changed it since it was read, or it has ended; nothing was written.
    Conflict,
    /// So many things were due and are done.
    Did(usize),
    /// What became of drafts that were to be done together: all of them, or none, because some were refused.
    Together(Result<Vec<Outcome>, Vec<Outcome>>),
    /// It would have been done, but another one that it was to be done together with was refused; nothing
    /// was written.
    Undone,
    /// Something of a person is removed.
    Erased {
        /// There is more of them: ask again.
        more: bool,
    },
}

impl Outcome {
    /// Whether nothing was written although something was asked for.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Stored(_)
            | Self::Repeated(_)
            | Self::Met
            | Self::Marked(_)
            | Self::Done(_)
            | Self::Did(_)
            | Self::Erased { .. }
            | Self::Together(Ok(_)) => false,
            Self::KeyConflict
            | Self::Expired
            | Self::NotFound
            | Self::NoTopic
            | Self::NotOpen
            | Self::TooMany
            | Self::Conflict
            | Self::Together(Err(_))
            | Self::Undone => true,
        }
    }
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

/// Everything that is kept, beside the log. One contract suite holds every implementation to this.
#[async_trait]
pub trait Store: Log {
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

    /// All topics, by name.
    async fn topics(&self) -> Result<Vec<TopicWithMembers>, StoreError>;

    /// The topics that a user may join or belongs to, by name.
    async fn topics_of(&self, user: &UserId) -> Result<Vec<TopicOfUser>, StoreError>;

    /// The next members of a topic after one of them, by name.
    async fn members(&self, topic: &TopicName, after: Option<&UserId>, limit: u32) -> Result<Vec<UserId>, StoreError>;

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

    /// The secret that tokens are signed with when the operator configured none.
    async fn token_secret(&self) -> Result<SecretBox<[u8; 32]>, StoreError>;

    /// Ends all connections.
    async fn close(&self);
}
