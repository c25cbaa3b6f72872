//! What is to be written to the log.

use std::sync::Arc;

use crate::{
    AccessChange, Kind, Mark, Notification, NotificationId, Preferences, Recipients, Timestamp, TopicName, UserId,
};

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
        /// What makes a repeat recognisable.
        key: Option<IdempotencyKey>,
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
        /// What makes a repeat recognisable: it must not undo what was done since.
        key: Option<IdempotencyKey>,
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
    /// Something changes about who may come in.
    Access {
        /// What.
        change: AccessChange,
        /// When it was asked for.
        at: Timestamp,
    },
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

/// Somebody's own name for a request, remembered as long as what it made: a notification, or events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key: those of different people never meet.
    pub publisher: UserId,
    /// The key.
    pub key: String,
    /// A digest of the request, to tell a repeat from another request under the same key.
    pub fingerprint: [u8; 32],
}
