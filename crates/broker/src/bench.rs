//! Handles for benchmarks, and for what fuzzing looks at, on what is private here. Only with the feature `bench`, and no
//! promise.

use std::sync::Arc;

use serde_json::value::RawValue;
use tidings_models::{
    Audience, Cursors, Event, Grant, InboxPage, Kind, Position, StoreError, Timestamp, UserId, Window,
};
use tokio::time::Instant;

use crate::{
    Entry, Own, Sink, Whisper,
    census::Limits,
    hub::{self, Joined},
    hubs::Hubs,
    outlet::Expires,
    session,
    sizes::Sizes,
};

/// Renders an event, as the follower does.
pub fn render(event: Event, cursors: &Cursors) -> Result<Arc<Entry>, StoreError> {
    Entry::render(event, cursors)
}

/// Renders a signal that is not logged, as the broker does.
pub fn whisper(
    kind: Kind,
    audience: Audience,
    payload: &RawValue,
    at: Timestamp,
) -> Result<Whisper, serde_json::Error> {
    Whisper::render(kind, audience, payload, at)
}

/// The reducer.
#[derive(Clone, Debug)]
pub struct Session(session::Session);

impl Session {
    /// The state of an inbox.
    #[must_use]
    pub fn of(page: &InboxPage) -> Self {
        Self(session::Session::of(page))
    }

    /// Takes the next event of the log.
    pub fn apply(&mut self, entry: &Entry) -> Option<Own> {
        self.0.apply(entry)
    }
}

/// A hub with a feed of its own, that anybody may join.
pub struct Hub {
    hubs: Hubs,
    hub: Arc<hub::Hub>,
}

impl Default for Hub {
    fn default() -> Self {
        let limits = Limits { per_user: usize::MAX, per_address: usize::MAX, per_node: usize::MAX };
        let hubs = Hubs::new(Position::START, limits, Sizes::default());
        Self { hub: hubs.open(), hubs }
    }
}

impl Hub {
    /// Lets a stream join. `None`: it was refused.
    #[must_use]
    pub fn join(&self, user: &UserId, page: &InboxPage) -> Option<Listener> {
        let forever = Grant::of_token(None, Timestamp::FOREVER);
        self.hub.join(&(user.clone(), forever).into(), Some(session::Session::of(page))).ok().map(Listener)
    }

    /// Adds entries to the feed alone.
    pub fn extend(&self, entries: Vec<Arc<Entry>>) {
        self.hubs.extend(entries);
    }

    /// Hands entries on. Whether all of them went.
    pub fn dispatch(&self, entries: &[Arc<Entry>]) -> bool {
        self.hub.dispatch(entries).is_ok()
    }

    /// What a replay takes from the feed.
    #[must_use]
    pub fn recent(&self, windows: &[Window], after: Position, up_to: Position, most: usize) -> Option<Vec<Arc<Entry>>> {
        self.hub.recent(windows, after, up_to, most)
    }

    /// Wakes who is due.
    pub fn tick(&self, now: Instant) {
        self.hub.tick(now);
    }
}

/// A stream that has joined. Dropping it leaves.
#[derive(Debug)]
pub struct Listener(Joined);

impl Listener {
    /// Lets events go straight to a connection.
    pub fn pass_to(&self, sink: &Arc<dyn Sink>) {
        self.0.outlet.pass_on(sink, self.0.position);
    }

    /// Sets when its token ends, and when it is to be woken.
    pub fn due(&self, at: Instant) {
        self.0.outlet.expires(Expires { at, time: Timestamp::from_millis(0) });
        self.0.outlet.wake_at(at);
    }

    /// Takes all that waits.
    pub fn take(&self, into: &mut Vec<(Arc<Entry>, Own)>) {
        self.0.outlet.take(usize::MAX, into);
    }
}
