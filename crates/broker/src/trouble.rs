//! What keeps a part of the broker from going on.

use tidings_models::{Position, StoreError};

use crate::sync::Mutex;

/// Why the follower, or a hub, cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What comes next was removed before it was read here.
    #[error(
        "the log begins after {floor}, and was read up to {position}: this node was away for too long; start it again"
    )]
    Trimmed {
        /// Up to here it was removed.
        floor: Position,
        /// Up to here it was read.
        position: Position,
    },
    /// It ends before what was read of it: it is another one.
    #[error(
        "the log ends at {head}, and was read up to {position}: an older state was put back or promoted; stop all nodes, run `tidings restore`, and start them again"
    )]
    Older {
        /// Its end.
        head: Position,
        /// Up to here it was read.
        position: Position,
    },
    /// Something is missing in it.
    #[error("a hole in the log: {found} follows {after}")]
    Hole {
        /// The last position before it.
        after: Position,
        /// The first position behind it.
        found: Position,
    },
}

impl Trouble {
    /// Whether the log was not read, rather than read and found wanting.
    fn is_unread(&self) -> bool {
        matches!(self, Self::Store(StoreError::Unavailable(_) | StoreError::Full(_)))
    }

    /// Whether no further attempt can go better: the node must not go on with what it has.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Trimmed { .. } | Self::Older { .. } | Self::Store(StoreError::Newer(_)))
    }
}

/// What was wrong, for whoever asks how this node is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) words: String,
    /// It is the database that does not answer, rather than what it answers.
    pub(crate) unread: bool,
}

/// How the last attempt went.
#[derive(Default)]
pub(crate) struct LastTrouble(Mutex<Option<Told>>);

impl LastTrouble {
    /// What is wrong, if anything.
    pub(crate) fn get(&self) -> Option<Told> {
        self.0.lock().clone()
    }

    /// Remembers how it went, and logs when that changed: an outage is not a line per look.
    pub(crate) fn note(&self, who: &str, trouble: Option<&Trouble>, position: Position) {
        let mut last = self.0.lock();
        let trouble = trouble.map(|why| Told { words: why.to_string(), unread: why.is_unread() });
        if trouble != *last {
            if let Some(Told { words, .. }) = &trouble {
                tracing::error!(trouble = words, %position, "{who} cannot go on");
            } else {
                tracing::info!(%position, "{who} goes on");
            }
            *last = trouble;
        }
    }
}
