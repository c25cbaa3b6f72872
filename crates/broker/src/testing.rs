//! What the tests of this crate share: a store in memory that does what it is told, and short ways
//! to make events.

use std::sync::Arc;

use tidings_models::*;

use crate::Entry;

mod fake_nodes;
mod fake_store;

pub(crate) use fake_nodes::FakeNodes;
pub(crate) use fake_store::{FakeStore, NEVER};

pub(crate) fn pos(value: i64) -> Position {
    Position::new(value).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn epoch() -> Epoch {
    Epoch::from_random([3; 16])
}

pub(crate) fn cursors() -> Cursors {
    Cursors::new(&CursorKey::new([7; 16]), epoch(), &[Epoch::from_random([2; 16])])
}

/// A token that lasts for so many milliseconds of the beginning of time.
pub(crate) fn until(millis: i64) -> Grant {
    Grant::of_token(None, Timestamp::from_millis(millis))
}

/// A token that lasts.
pub(crate) fn lasting() -> Grant {
    until(i64::MAX / 2)
}

pub(crate) fn event(position: i64, audience: &str, payload: &str) -> Event {
    Event {
        position: pos(position),
        audience: Audience::parse(audience).unwrap(),
        seq: Seq::new(position),
        kind: Kind::Notification,
        created_at: Timestamp::from_millis(position * 1000),
        effect: Effect::ARRIVED,
        payload: payload.into(),
    }
}

pub(crate) fn entry(position: i64, audience: &str) -> Arc<Entry> {
    Entry::render(event(position, audience, "{}"), &cursors()).unwrap()
}

pub(crate) fn notification(title: &str) -> Notification {
    serde_json::from_value(serde_json::json!({
        "id": NotificationId::new(Timestamp::from_millis(1), &SystemRandom).to_string(), "title": title,
        "level": "info", "critical": false, "created_at": Timestamp::from_millis(1),
    }))
    .unwrap()
}

pub(crate) fn draft(name: &str) -> Draft {
    Draft::Notify {
        notification: Box::new(notification("x")),
        to: Recipients::User(user(name)),
        key: None,
        deliver_at: None,
    }
}

pub(crate) fn page(name: &str, position: i64, counts: Counts) -> InboxPage {
    InboxPage {
        head: Head { epoch: epoch(), position: pos(position), floor: pos(0) },
        windows: vec![Window::since(Audience::User(user(name)), pos(0)), Window::since(Audience::Everyone, pos(0))],
        mutes: Vec::new(),
        counts,
        items: Vec::new(),
        more: false,
    }
}

/// Stands still, except where tokio's time moves it.
pub(crate) struct VirtualClock(tokio::time::Instant);

impl Default for VirtualClock {
    fn default() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0.elapsed().as_millis()).unwrap())
    }
}

/// Counts instead of throwing dice: no two alike, and the same in every run.
#[derive(Default)]
pub(crate) struct Counting(std::sync::atomic::AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        bytes.fill(0);
        let from = bytes.len().saturating_sub(8);
        for (to, byte) in bytes[from..].iter_mut().zip(next.to_be_bytes()) {
            *to = byte;
        }
    }
}
