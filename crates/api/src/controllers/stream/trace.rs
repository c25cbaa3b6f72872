//! A span for each stream that lives as long as the stream does.
//!
//! The span of the request ends when the handler returns, which for a stream is its beginning.

use std::time::Instant;

use tidings_broker::Stream;
use tidings_models::UserId;
use tracing::Span;

/// Logs the opening of a stream, and when it is dropped its end.
pub(crate) struct StreamTrace {
    span: Span,
    opened: Instant,
    pub(crate) bytes: u64,
}

impl StreamTrace {
    /// The stream was opened. The user's name is written with escapes: it stays on its line.
    pub(crate) fn new(stream: &Stream, user: &UserId) -> Self {
        let span = tracing::info_span!(parent: None, "stream", stream = %stream.id(), user = ?user.as_str());
        span.in_scope(|| tracing::debug!("opened"));
        Self { span, opened: Instant::now(), bytes: 0 }
    }

    /// What happens on behalf of the stream happens in here.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Drop for StreamTrace {
    fn drop(&mut self) {
        let seconds = self.opened.elapsed().as_secs();
        self.span.in_scope(|| tracing::debug!(seconds, bytes = self.bytes, "closed"));
    }
}
