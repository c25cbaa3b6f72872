//! How long things are kept. Everything that grows has a bound.

use crate::Timestamp;

/// How long things are kept, and how much of them at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Age at which events leave the log, in milliseconds. A client that was away for longer gets a
    /// reset.
    pub events_ms: i64,
    /// Events kept at most, whatever their age. Bounds the disk under a flood.
    pub max_events: i64,
    /// Age at which notifications leave inboxes, in milliseconds. Never before their events.
    pub notifications_ms: i64,
    /// Notifications kept at most, whatever their age.
    pub max_notifications: i64,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Default for Retention {
    /// A week of events, three months of notifications, a million of each.
    fn default() -> Self {
        Self {
            events_ms: 7 * DAY_MS,
            max_events: 1_000_000,
            notifications_ms: 90 * DAY_MS,
            max_notifications: 1_000_000,
        }
    }
}

impl Retention {
    /// What was made before this has left the log.
    pub(super) fn events_before(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.events_ms.saturating_neg())
    }

    /// What was made before this has left the inboxes.
    pub(super) fn notifications_before(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.notifications_ms.saturating_neg())
    }
}

/// What one step of trimming removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Events that left the log.
    pub events: i64,
    /// Notifications that left the inboxes.
    pub notifications: i64,
    /// There may be more to remove: take another step.
    pub more: bool,
}
