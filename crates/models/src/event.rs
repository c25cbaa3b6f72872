//! An entry of the log.

use std::{borrow::Cow, sync::Arc};

use crate::{
    Audience, Counts, Position, Seq, Subject, Timestamp,
    text::{Invalid, Rule},
};

/// What kind of thing happened. Becomes the event's name on the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A notification was made.
    Notification,
    /// A user saw, read, archived or deleted something, on any device.
    InboxChanged,
    /// A notification was corrected.
    NotificationUpdated,
    /// A notification was taken back.
    NotificationRetracted,
    /// A notification is no longer of interest, or no longer kept.
    NotificationExpired,
    /// Who may come in has changed: for the nodes alone.
    Access,
    /// A signal of this type: passed on as it is.
    Other(Arc<str>),
}

impl Kind {
    /// The word for it, in the log and on the stream.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Notification => "notification",
            Self::InboxChanged => "inbox.changed",
            Self::NotificationUpdated => "notification.updated",
            Self::NotificationRetracted => "notification.retracted",
            Self::NotificationExpired => "notification.expired",
            Self::Access => "access",
            Self::Other(name) => name,
        }
    }

    /// Names of what the server itself says on a stream, which no signal may take. Neither may one begin
    /// like ours (`notification`, `inbox.`).
    pub const RESERVED: [&'static str; 13] = [
        "access", "message", "open", "error", "reset", "ready", "ping", "pong", "expiring", "goodbye", "retry",
        "marked", "renewed",
    ];

    /// The type of a signal: `[a-z][a-z0-9_.-]{0,63}`, and none of ours.
    pub fn signal(name: &str) -> Result<Self, Invalid> {
        let bytes = name.as_bytes();
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
        if bytes.len() > 64 || !bytes.first().is_some_and(u8::is_ascii_lowercase) || !bytes.iter().all(|&b| word(b)) {
            let rule = "1 to 64 of a-z, 0-9, '_', '.' and '-', and begins with a letter";
            return Err(Invalid::new(Rule::Value, rule));
        }
        if is_ours(name) || Self::RESERVED.contains(&name) {
            return Err(Invalid::new(Rule::Value, format!("{name} is a name of the server's own")));
        }
        Ok(Self::Other(name.into()))
    }

    /// Reads the word back. `None`: a later version says it, and what it means nobody knows here. (So a new kind of ours
    /// must be called as no signal can be.)
    #[must_use]
    pub fn parse(name: Cow<'_, str>) -> Option<Self> {
        Some(match name.as_ref() {
            "notification" => Self::Notification,
            "inbox.changed" => Self::InboxChanged,
            "notification.updated" => Self::NotificationUpdated,
            "notification.retracted" => Self::NotificationRetracted,
            "notification.expired" => Self::NotificationExpired,
            "access" => Self::Access,
            ours if is_ours(ours) => return None,
            _ => Self::Other(name.into()),
        })
    }
}

/// Whether it is called as only what the server itself makes can be.
fn is_ours(name: &str) -> bool {
    name == "notification" || name.starts_with("notification.") || name.starts_with("inbox.")
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
    /// that was sent to many goes away.
    Recounts,
    /// What else is known of the reader changes with it: what they belong to, and what they muted.
    Reloads,
}

impl Effect {
    /// It changes no counts.
    pub const NONE: Self = Self::Adds { unread: 0, unseen: 0 };

    /// One more that is neither read nor seen.
    pub const ARRIVED: Self = Self::Adds { unread: 1, unseen: 1 };

    /// The same for a reader who muted what it brings: it is not counted.
    #[must_use]
    pub const fn unnoticed(self) -> Self {
        match self {
            Self::Adds { .. } => Self::NONE,
            Self::Recounts | Self::Reloads => self,
        }
    }

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

impl Event {
    /// What of it readers may have muted. `None`: it cannot be muted.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        if self.kind != Kind::Notification {
            return None;
        }
        serde_json::from_str(&self.payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_never_look_like_what_the_server_says() {
        for good in ["status-update", "command", "a", "x.y_z-9", "notifications", &"x".repeat(64)] {
            assert_eq!(Kind::signal(good).unwrap().as_str(), good);
        }
        let refused = ["", "Status", "9x", "a b", "a\n", "ready", "reset", "message", "error", "notification"];
        let ours = ["notification.mine", "inbox.changed", "inbox.x", &"x".repeat(65)];
        for bad in refused.iter().chain(&ours) {
            assert!(Kind::signal(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_later_version_says_is_not_taken_for_a_signal() {
        for (name, known) in [
            ("notification", true),
            ("inbox.changed", true),
            ("status-update", true),
            ("notifications", true),
            ("notification.pinned", false),
            ("inbox.merged", false),
        ] {
            let kind = Kind::parse(name.into());
            assert_eq!(kind.as_ref().map(Kind::as_str), known.then_some(name), "{name}");
        }
    }
}
