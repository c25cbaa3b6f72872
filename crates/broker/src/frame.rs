//! What a stream gives its reader, whatever the transport.

use std::{sync::Arc, time::Duration};

use tidings_models::{Counts, Cursor, InboxPage, Timestamp};
use uuid::Uuid;

use crate::{entry::Entry, replay::ResetReason, whisper::Whisper};

/// What of an event is each reader's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Their counts with it.
    pub counts: Counts,
    /// They had it muted when it came.
    pub muted: bool,
}

/// What a stream gives its reader. Becomes a frame of SSE or WebSocket.
#[derive(Clone, Debug)]
pub enum Frame {
    /// An event, with what is the reader's own.
    Event(Arc<Entry>, Own),
    /// A signal that is not in the log.
    Whisper(Arc<Whisper>, Counts),
    /// Continuity cannot be proven: this state replaces what the client holds.
    Reset {
        /// Why.
        reason: ResetReason,
        /// The place of the state.
        cursor: Cursor,
        /// The state.
        page: Box<InboxPage>,
    },
    /// The replay is over, the stream is live.
    Ready {
        /// The place that it is live from.
        cursor: Cursor,
        /// The identity of this stream, for logs.
        connection: Uuid,
        /// The reader's counts there.
        counts: Counts,
        /// How many events were sent before.
        replayed: u64,
        /// Silence after which there is a heartbeat.
        heartbeat: Duration,
        /// When the reader's token ends.
        expires_at: Timestamp,
    },
    /// The stream is alive. With the place of the reader, which moves on even when nothing is for them.
    Heartbeat(Option<Cursor>),
    /// The reader's token ends soon.
    Expiring(Timestamp),
    /// The server closes on purpose; nothing follows.
    Goodbye(Goodbye),
}

/// Why a stream is closed, and when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goodbye {
    /// Why.
    pub reason: GoodbyeReason,
    /// After how many milliseconds the client should come back.
    pub retry_ms: u32,
}

/// Why a stream is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodbyeReason {
    /// The server stops.
    Shutdown,
    /// The token ended.
    TokenExpired,
    /// The server has too much to do.
    Overloaded,
    /// The user has too many streams.
    Limit,
    /// The user may not have it any more.
    Revoked,
}

impl GoodbyeReason {
    /// The word for it, on the stream.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown => "shutdown",
            Self::TokenExpired => "token_expired",
            Self::Overloaded => "overloaded",
            Self::Limit => "limit",
            Self::Revoked => "revoked",
        }
    }
}
