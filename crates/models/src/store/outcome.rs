//! What became of what was to be written.

use crate::{Event, NotificationId};

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
    /// The mark was taken. `false`: everything was so already, there was no key to remember, and nothing was written.
    Marked(bool),
    /// What was named is not there, or not this user's; nothing was written.
    NotFound,
    /// There is no topic of that name; nothing was written.
    NoTopic,
    /// Its members are the admins' business; nothing was written.
    NotOpen,
    /// The user has belonged to too many topics; nothing was written.
    TooMany,
    /// It is so now. `false`: it was so already, or its key had done it before; nothing was written.
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
