//! What is kept of a person beside their inbox, for whoever must hand it out; and how much is kept of all.

use crate::{NotificationId, Position, Timestamp};

/// A user as the log knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Since when.
    pub since: Timestamp,
    /// Broadcasts after this position are theirs.
    pub from: Position,
    /// They saw everything up to here.
    pub seen: Position,
    /// They read everything up to here.
    pub read: Position,
    /// They put everything up to here away.
    pub archived: Position,
}

/// What a user made of what stands at a position. `None`: as the watermarks say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Where.
    pub position: Position,
    /// Of what, as long as it is kept.
    pub notification: Option<NotificationId>,
    /// It was shown to them.
    pub seen: Option<bool>,
    /// They read it.
    pub read: Option<bool>,
    /// When they first acted on it.
    pub acted_at: Option<Timestamp>,
    /// They put it away.
    pub archived: Option<bool>,
    /// They put it off until then.
    pub snoozed_until: Option<Timestamp>,
    /// They removed it.
    pub deleted: bool,
    /// When the last of this was said.
    pub updated_at: Timestamp,
}

/// How much is kept, of what can be told without counting far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Events in the log.
    pub events: i64,
    /// Notifications, up to [`Stored::COUNTED`].
    pub notifications: i64,
    /// Notifications that are to be made later, up to [`Stored::COUNTED`].
    pub scheduled: i64,
    /// Users who are known, up to [`Stored::COUNTED`].
    pub recipients: i64,
    /// Topics, up to [`Stored::COUNTED`].
    pub topics: i64,
}

impl Stored {
    /// Nobody counts further than this: bounds what one answer reads.
    pub const COUNTED: i64 = 100_000;
}
