//! What a user does to their inbox: sees, reads, archives, takes any of that back, and deletes.

use serde::{Deserialize, Serialize};

use crate::{NotificationId, Position};

/// The states that a mark gives; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// It was shown to the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<bool>,
    /// The user read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// The user put it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The user removed it from their inbox. Never taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl Flags {
    /// Whether no state is given.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.seen.is_none() && self.read.is_none() && self.archived.is_none() && self.deleted.is_none()
    }
}

impl Flags {
    /// The same with what follows from it: what is read was seen. It stays so when it is unread again.
    #[must_use]
    pub fn with_implied(self) -> Self {
        Self { seen: if self.read == Some(true) { Some(true) } else { self.seen }, ..self }
    }
}

/// A change that a user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Of these notifications. At most [`Mark::MAX_IDS`].
    Ids(Vec<NotificationId>, Flags),
    /// Of everything up to and with a position: a watermark. What arrived since stays as it is.
    UpTo(Position, Flags),
}

impl Mark {
    /// Most notifications that one mark names; bounds the transaction that it takes part in.
    pub const MAX_IDS: usize = 1000;

    /// The states that are asked for.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        match self {
            Self::Ids(_, flags) | Self::UpTo(_, flags) => *flags,
        }
    }
}

/// What a mark did, as the log keeps it: the content of `inbox.changed`. `ids` names only what
/// changed; a watermark has a position instead, which is sealed into a cursor when it is rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The notifications that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<NotificationId>,
    /// Everything up to and with this position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
    /// The states that were given.
    #[serde(flatten)]
    pub flags: Flags,
}
