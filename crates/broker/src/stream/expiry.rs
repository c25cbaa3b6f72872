//! The end of the reader's token.

use std::time::Duration;

use tidings_models::Timestamp;
use tokio::time::Instant;

/// How long before its end a token is said to be expiring.
const WARNING: Duration = Duration::from_mins(1);
/// Ten years, for a token that lasts longer than an [`Instant`] can say.
const FOREVER: Duration = Duration::from_hours(10 * 365 * 24);

/// When the reader's token ends.
pub(super) struct Expiry {
    /// For the reader,
    pub(super) at: Timestamp,
    /// and for the stream.
    pub(super) end: Instant,
    /// When to warn of it. `None`: that was done.
    pub(super) warn: Option<Instant>,
}

impl Expiry {
    /// The end at some time, as seen from `today` on.
    pub(super) fn new(at: Timestamp, today: Timestamp) -> Self {
        let now = Instant::now();
        let left = at.as_millis().saturating_sub(today.as_millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        let end = now.checked_add(left).unwrap_or_else(|| now + FOREVER);
        Self { at, end, warn: Some(end.checked_sub(WARNING).unwrap_or(now)) }
    }

    /// Whether it has come.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.end
    }
}
