//! A span for each stream that lives as long as the stream does.
//!
//! The span of the request ends when the handler returns, which for a stream is its beginning.

use std::time::Instant;

use tidings_broker::Stream;
use tracing::Span;

/// Logs the opening of a stream, and when it is dropped its end.
pub(crate) struct StreamTrace {
    span: Span,
    opened: Instant,
    pub(crate) bytes: u64,
}

impl StreamTrace {
    /// The stream was opened. The user's name is written with escapes: it stays on its line. The span is
    /// for those who want to see streams come and go; to everybody else it costs nothing.
    pub(crate) fn new(stream: &Stream) -> Self {
        let user = stream.user().as_str();
        let span = tracing::debug_span!(parent: None, "stream", stream = %stream.id(), ?user);
        span.in_scope(|| tracing::debug!("opened"));
        Self { span, opened: Instant::now(), bytes: 0 }
    }

    /// The stream has a connection of its own. Where this is missing it is served in the body of its
    /// answer, which costs more.
    pub(super) fn taken_over(&self) {
        self.span.in_scope(|| tracing::debug!("took its connection over"));
    }
}

impl Drop for StreamTrace {
    fn drop(&mut self) {
        let seconds = self.opened.elapsed().as_secs();
        self.span.in_scope(|| tracing::debug!(seconds, bytes = self.bytes, "closed"));
    }
}
