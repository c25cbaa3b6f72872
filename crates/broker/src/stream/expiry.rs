//! The end of what the reader is believed by.

use std::time::Duration;

use tidings_models::Timestamp;
use tokio::time::Instant;

use crate::outlet::Expires;

/// How long before its end a token is said to be expiring.
const WARNING: Duration = Duration::from_mins(1);
/// Ten years, for a token that lasts longer than an [`Instant`] can say.
const FOREVER: Duration = Duration::from_hours(10 * 365 * 24);

/// When the reader's token ends.
pub(super) struct Expiry {
    /// For the reader, and for the stream.
    pub(super) end: Expires,
    /// When to warn of it. `None`: that was done.
    pub(super) warn: Option<Instant>,
}

impl Expiry {
    /// The end at some time, as seen from `today` on.
    pub(super) fn new(time: Timestamp, today: Timestamp) -> Self {
        let now = Instant::now();
        let left = time.as_millis().saturating_sub(today.as_millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        Self::at(Expires { at: now.checked_add(left).unwrap_or_else(|| now + FOREVER), time }, now)
    }

    /// An end that is known, as seen from `now` on.
    pub(super) fn at(end: Expires, now: Instant) -> Self {
        Self { end, warn: Some(end.at.checked_sub(WARNING).unwrap_or(now)) }
    }

    /// Whether it has come.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.end.at
    }
}
