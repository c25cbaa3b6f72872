//! A notification as admins see it.

use crate::{Notification, NotificationId, Recipients, Timestamp, UserId};

/// A notification, whom it is for, and what became of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What there is to read.
    pub notification: Notification,
    /// Who it is for.
    pub to: Recipients,
    /// How far it is.
    pub stage: Stage,
    /// Changes with each correction: a correction names what it was made of.
    pub revision: i64,
    /// What admins did to it, the oldest first.
    pub history: Vec<Deed>,
}

/// How far a notification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is going to be made at this time.
    Scheduled(Timestamp),
    /// It stands in inboxes.
    Delivered,
    /// Newer ones of its group took its place in all inboxes. The last of them, unless that was not noted yet.
    Replaced(Option<Replacement>),
    /// It left all inboxes when its time had come.
    Expired(Timestamp),
    /// An admin took it back.
    Retracted(Timestamp),
}

/// What took the place of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// Which.
    pub by: NotificationId,
    /// When.
    pub at: Timestamp,
}

/// Something that an admin did to a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// What: `corrected`, `retracted`.
    pub action: String,
    /// The notification as it was before, in JSON.
    pub before: Option<String>,
}

/// Which notifications an admin asks for.
#[derive(Clone, Copy, Debug)]
pub enum SentQuery {
    /// Those that were made, newest first: what is older than this one.
    Made(Option<NotificationId>),
    /// Those that are scheduled, the next first: what is due after this one.
    Scheduled(Option<(Timestamp, NotificationId)>),
}
