//! The ways that events come to a client.

/// One of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Server-sent events: one answer that does not end.
    #[default]
    Sse,
    /// Messages of a WebSocket.
    WebSocket,
    /// One request after the other, each waiting for at most so many seconds.
    LongPoll { wait: u32 },
}
