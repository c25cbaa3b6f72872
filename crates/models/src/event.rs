//! An entry of the log.

use std::{borrow::Cow, sync::Arc};

use crate::{Audience, Counts, Position, Seq, Timestamp};

/// What kind of thing happened. Becomes the event's name on the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A notification was made.
    Notification,
    /// A user saw, read, archived or deleted something, on any device.
    InboxChanged,
    /// A notification is no longer kept.
    NotificationExpired,
    /// A kind that this version does not know: written by a newer node, passed on as it is.
    Other(Arc<str>),
}

impl Kind {
    /// The word for it, in the log and on the stream.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Notification => "notification",
            Self::InboxChanged => "inbox.changed",
            Self::NotificationExpired => "notification.expired",
            Self::Other(name) => name,
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(name: Cow<'_, str>) -> Self {
        match name.as_ref() {
            "notification" => Self::Notification,
            "inbox.changed" => Self::InboxChanged,
            "notification.expired" => Self::NotificationExpired,
            _ => Self::Other(name.into()),
        }
    }
}

/// What an event does to the counts of a reader in its audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The same for each reader.
    Adds {
        /// Added to `unread`.
        unread: i64,
        /// Added to `unseen`.
        unseen: i64,
    },
    /// Another one for each: whoever has something unread must be counted anew. Seldom: when something
    /// that was sent to everyone goes away.
    Recounts,
}

impl Effect {
    /// One more that is neither read nor seen.
    pub const ARRIVED: Self = Self::Adds { unread: 1, unseen: 1 };

    /// What leads from `before` to `after`.
    #[must_use]
    pub const fn between(before: Counts, after: Counts) -> Self {
        Self::Adds { unread: after.unread - before.unread, unseen: after.unseen - before.unseen }
    }
}

/// An entry of the log. Never changes once it has its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log.
    pub position: Position,
    /// Who it is for.
    pub audience: Audience,
    /// Its place within its audience.
    pub seq: Seq,
    /// What kind of thing happened.
    pub kind: Kind,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it does to its readers' counts.
    pub effect: Effect,
    /// Its content: one line of JSON.
    pub payload: Arc<str>,
}
