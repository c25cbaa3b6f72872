//! What a user does to their inbox: sees, reads, acts on, archives, takes some of that back, and deletes.

use serde::{Deserialize, Serialize};

use crate::{NotificationId, Position, Preferences, Timestamp, TopicName};

/// The states that a mark gives; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// It was shown to the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<bool>,
    /// The user read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<bool>,
    /// The user did what it asks for, with one of its actions for example. Never taken back; of notifications by name
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acted: Option<bool>,
    /// The user put it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The user put it off until then: it is out of sight, and comes back unread. `None` within: it is back.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "given")]
    pub snoozed_until: Option<Option<Timestamp>>,
    /// The user removed it from their inbox. Never taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl Flags {
    /// Whether no state is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Flags {
    /// What comes back from being snoozed is as if it were new.
    pub const AWAKE: Self = Self {
        seen: Some(false),
        read: Some(false),
        acted: None,
        archived: None,
        snoozed_until: Some(None),
        deleted: None,
    };

    /// As the log tells it. What was acted on is read, also for whoever does not know what acting is.
    #[must_use]
    pub fn told(self) -> Self {
        Self { read: if self.acted == Some(true) { Some(true) } else { self.read }, ..self }
    }

    /// The same with what follows from it: what was acted on is read; what is read was seen, and stays so when it is unread again; what
    /// is put away, or removed, is not put off; and what is put off is no longer put away, for it is to come back.
    #[must_use]
    pub fn with_implied(self) -> Self {
        let ends = self.archived.or(self.deleted) == Some(true);
        let read = self.told().read;
        let puts_off = matches!(self.snoozed_until, Some(Some(_)));
        Self {
            seen: if read == Some(true) { Some(true) } else { self.seen },
            read,
            archived: if puts_off { self.archived.or(Some(false)) } else { self.archived },
            snoozed_until: if ends { Some(None) } else { self.snoozed_until },
            ..self
        }
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
    /// One notification.
    #[must_use]
    pub fn one(id: NotificationId, flags: Flags) -> Self {
        Self::Ids(vec![id], flags)
    }

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

/// What changed for one user, as the log keeps it: the content of `inbox.changed`. `ids` names only what
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
    /// The user joined this topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<TopicName>,
    /// The user left this topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<TopicName>,
    /// What the user wants to be bothered with has changed to this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<Preferences>,
}

/// A field that is absent is not the same as one that is null.
mod given {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Timestamp;

    #[expect(clippy::option_option, clippy::ref_option, reason = "what serde asks for")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Option<Timestamp>>, to: S) -> Result<S::Ok, S::Error> {
        value.flatten().serialize(to)
    }

    #[expect(clippy::option_option, reason = "what serde asks for")]
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Timestamp>>, D::Error> {
        Option::deserialize(from).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_what() {
        let flags = Flags::default();
        let then = Some(Some(Timestamp::from_millis(1)));
        for (asked, implied) in [
            (Flags { read: Some(true), ..flags }, Flags { read: Some(true), seen: Some(true), ..flags }),
            (Flags { read: Some(false), ..flags }, Flags { read: Some(false), ..flags }),
            (
                Flags { acted: Some(true), ..flags },
                Flags { acted: Some(true), read: Some(true), seen: Some(true), ..flags },
            ),
            (
                Flags { archived: Some(true), snoozed_until: then, ..flags },
                Flags { archived: Some(true), snoozed_until: Some(None), ..flags },
            ),
            (Flags { snoozed_until: then, ..flags }, Flags { snoozed_until: then, archived: Some(false), ..flags }),
            (Flags { snoozed_until: Some(None), ..flags }, Flags { snoozed_until: Some(None), ..flags }),
        ] {
            assert_eq!(asked.with_implied(), implied, "{asked:?}");
        }
    }
}
