//! A user's notifications with their receipts and counts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Audience, Effect, Head, Level, Mute, Notification, Position, Seq, Timestamp, TopicName, Window};

/// The two numbers on a bell. Of what is not archived, snoozed or muted: `unread` counts what was not read, `unseen`
/// what was neither read nor shown; so `unseen <= unread`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Not read.
    pub unread: i64,
    /// Not read and never shown.
    pub unseen: i64,
}

impl Counts {
    /// The counts after an event. `None`: only the inbox itself can tell.
    #[must_use]
    pub const fn after(self, effect: Effect) -> Option<Self> {
        match effect {
            Effect::Adds { unread, unseen } => {
                Some(Self { unread: self.unread + unread, unseen: self.unseen + unseen })
            }
            // Who has nothing unread has nothing that could go away.
            Effect::Recounts if self.unread == 0 => Some(self),
            Effect::Recounts | Effect::Reloads => None,
        }
    }
}

/// Which part of an inbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InboxState {
    /// All that is neither archived nor snoozed.
    #[default]
    All,
    /// Of these, what is neither read nor muted.
    Unread,
    /// Of these, what is read.
    Read,
    /// Put away.
    Archived,
    /// Put off until some time.
    Snoozed,
}

/// A question to an inbox. The answer is newest first.
#[derive(Clone, Debug, Default)]
pub struct InboxQuery {
    /// Which part.
    pub state: InboxState,
    /// Only this level.
    pub level: Option<Level>,
    /// Only this category.
    pub category: Option<String>,
    /// Only of this topic.
    pub topic: Option<TopicName>,
    /// Only what has this text in its title or body, in upper or lower case.
    pub search: Option<String>,
    /// Only what is older than this.
    pub before: Option<Position>,
    /// At most this many; 0 asks for the counts alone.
    pub limit: u32,
}

impl InboxQuery {
    /// The counts alone.
    #[must_use]
    pub fn counts() -> Self {
        Self::default()
    }

    /// The newest `limit` of a part.
    #[must_use]
    pub fn newest(state: InboxState, limit: u32) -> Self {
        Self { state, limit, ..Self::default() }
    }
}

/// A notification in a user's inbox.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, and any of them may hold")]
pub struct InboxItem {
    /// What there is to read.
    pub notification: Notification,
    /// The audience that it came through.
    pub audience: Audience,
    /// Its place in the log, and so in the list.
    pub position: Position,
    /// Its place within its audience.
    pub seq: Seq,
    /// It was shown to the user.
    pub seen: bool,
    /// The user read it.
    pub read: bool,
    /// The user put it away.
    pub archived: bool,
    /// When the user first acted on it.
    pub acted_at: Option<Timestamp>,
    /// The user put it off until then.
    pub snoozed_until: Option<Timestamp>,
    /// It came while the user had it muted: it is not counted, and nobody is bothered with it.
    pub muted: bool,
}

/// An answer, with the counts and the state of the log at the same instant.
#[derive(Clone, Debug)]
pub struct InboxPage {
    /// The log at that instant.
    pub head: Head,
    /// The audiences that the user belongs to, and belonged to.
    pub windows: Vec<Window>,
    /// What the user muted, now and before.
    pub mutes: Vec<Mute>,
    /// The user's counts, whatever part was asked for.
    pub counts: Counts,
    /// The notifications, newest first.
    pub items: Vec<InboxItem>,
    /// Whether there are older ones.
    pub more: bool,
}

impl InboxPage {
    /// Most users whose states are read at once; bounds how long one read takes, and what it holds.
    pub const AT_ONCE: usize = 128;
}
