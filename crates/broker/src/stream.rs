//! One stream of one user: opening, replay, ready, live.
//!
//! ```text
//! Opening --(the start can be continued from)--> Replaying --> Live
//!    |                                             ^   |        |
//!    +--(it cannot, or there is none)--> state ----|---|------> Live
//!                                                  +---|--(the outlet overflowed)
//! any of them --(told to, or the token ended)--> Ended <+
//! ```
//!
//! The stream is pulled: nothing is read or rendered for a reader that does not take it. It holds
//! only its place, so a slow reader costs no more than a quick one.

use std::{sync::Arc, time::Duration};

use tidings_models::{
    Counts, Cursor, InboxPage, InboxQuery, InboxState, Position, StoreError, Timestamp, UserId, Window,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    broker::Broker,
    entry::Entry,
    error::Error,
    hub::{Joined, Seat},
    outlet::{Next, Outlet},
    replay::{self, ResetReason, Start},
};

/// Unread notifications that a stream without a start begins with. The rest is in the list.
const UNREAD_AT_START: u32 = 100;
/// Notifications that a reset carries.
const NEWEST_AT_RESET: u32 = 50;
/// Events of one read of a replay. Bounds what a reader that stops reading has cost by then.
const REPLAY_PAGE: usize = 64;
/// Bytes of live events that are handed out at once, so that what has queued up is one write.
const BATCH_BYTES: usize = 64 * 1024;
/// How long before its end a token is said to be expiring.
const EXPIRY_WARNING: Duration = Duration::from_mins(1);
/// How long a stream whose read failed waits before the next attempt.
const READ_RETRY: Duration = Duration::from_secs(1);

/// What a stream gives its reader. Becomes a frame of SSE or WebSocket.
#[derive(Clone, Debug)]
pub enum Frame {
    /// An event, with the reader's counts.
    Event(Arc<Entry>, Counts),
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
        }
    }
}

/// An open stream. Dropping it leaves the hub.
pub struct Stream {
    broker: Arc<Broker>,
    user: UserId,
    id: Uuid,
    windows: Vec<Window>,
    outlet: Arc<Outlet>,
    _seat: Seat,
    phase: Phase,
    /// The reader has everything up to here. `None` before the start is settled.
    place: Option<Position>,
    sent: u64,
    heartbeat_at: Instant,
    expiry: Expiry,
}

enum Phase {
    /// Nothing was sent yet. The position and counts are those of joining.
    Opening(Start, Replaying),
    Replaying(Replaying),
    Live,
    Ended,
}

/// Catching up with where the outlet begins.
#[derive(Clone, Copy)]
struct Replaying {
    up_to: Position,
    /// The reader's counts at `up_to`: an earlier event never shows older ones than it knows of.
    counts: Counts,
    /// Whether this is the first time, which ends with `ready`.
    announced: bool,
}

struct Expiry {
    at: Timestamp,
    warn: Option<Instant>,
    end: Instant,
}

impl Stream {
    pub(crate) fn new(broker: Arc<Broker>, user: UserId, start: Start, expires_at: Timestamp, joined: Joined) -> Self {
        let now = Instant::now();
        let left = expires_at.as_millis() - broker.clock.now().as_millis();
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        // `checked_add`: a token may last longer than an `Instant` can say.
        let end = now.checked_add(left).unwrap_or_else(|| now + Duration::from_hours(10 * 365 * 24));
        let expiry = Expiry { at: expires_at, warn: Some(end.checked_sub(EXPIRY_WARNING).unwrap_or(now)), end };
        let mut id = [0; 16];
        broker.random.fill(&mut id);
        let replaying = Replaying { up_to: joined.position, counts: joined.counts, announced: false };
        Self {
            heartbeat_at: now + broker.settings.heartbeat,
            broker,
            user,
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            windows: joined.windows,
            outlet: joined.outlet,
            _seat: joined.seat,
            phase: Phase::Opening(start, replaying),
            place: None,
            sent: 0,
            expiry,
        }
    }

    /// The identity of this stream, for logs.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The next frames, in order: at least one. `None`: the stream has ended.
    pub async fn next(&mut self) -> Option<Vec<Frame>> {
        loop {
            if matches!(self.phase, Phase::Ended) {
                return None;
            }
            if let Some(reason) = self.ending() {
                self.phase = Phase::Ended;
                return Some(vec![self.goodbye(reason)]);
            }
            let frames = match &self.phase {
                Phase::Opening(start, replaying) => self.begin(start.clone(), *replaying).await,
                Phase::Replaying(replaying) => self.replay(*replaying).await,
                Phase::Live => Ok(self.live().await),
                Phase::Ended => return None,
            };
            let frames = frames.unwrap_or_else(|error| {
                tracing::warn!(%error, stream = %self.id, "a replay waits for the database");
                Vec::new()
            });
            if !frames.is_empty() {
                self.heartbeat_at = Instant::now() + self.broker.settings.heartbeat;
                return Some(frames);
            }
        }
    }

    fn ending(&self) -> Option<GoodbyeReason> {
        let expired = Instant::now() >= self.expiry.end;
        self.outlet.ending().or(expired.then_some(GoodbyeReason::TokenExpired))
    }

    fn goodbye(&self, reason: GoodbyeReason) -> Frame {
        Frame::Goodbye(Goodbye { reason, retry_ms: self.broker.retry_ms() })
    }

    fn seal(&self, position: Position) -> Cursor {
        self.broker.store.cursors().seal(position)
    }

    /// Settles where the stream starts.
    async fn begin(&mut self, start: Start, replaying: Replaying) -> Result<Vec<Frame>, Error> {
        let Start::After(cursor) = start else { return self.unread().await };
        let place = match replay::place(self.broker.store.cursors(), &cursor) {
            Ok(place) if self.broker.hub.covers(place) => Ok(place), // the ring proves it: no read
            Ok(place) => {
                let head = self.broker.store.head().await;
                match head {
                    Ok(head) => replay::continues(place, head).map(|()| place),
                    Err(error) => return self.wait_for_the_store(error.into()).await,
                }
            }
            Err(reason) => Err(reason),
        };
        match place {
            Ok(place) => {
                self.place = Some(place);
                self.phase = Phase::Replaying(replaying);
                Ok(Vec::new())
            }
            Err(reason) => self.reset(reason).await,
        }
    }

    /// Starts with the unread notifications: for a client that has nothing.
    async fn unread(&mut self) -> Result<Vec<Frame>, Error> {
        let page = match self.page(InboxQuery::newest(InboxState::Unread, UNREAD_AT_START)).await {
            Ok(page) => page,
            Err(error) => return self.wait_for_the_store(error).await,
        };
        let cursors = self.broker.store.cursors();
        let mut frames = Vec::with_capacity(page.items.len() + 1);
        for item in page.items.iter().rev() {
            let entry = Entry::of_item(item, cursors).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            frames.push(Frame::Event(entry, page.counts));
        }
        self.sent += frames.len() as u64;
        self.go_live(page.head.position, page.counts, &mut frames);
        Ok(frames)
    }

    /// Gives the current state in place of a continuation.
    async fn reset(&mut self, reason: ResetReason) -> Result<Vec<Frame>, Error> {
        let page = match self.page(InboxQuery::newest(InboxState::All, NEWEST_AT_RESET)).await {
            Ok(page) => page,
            Err(error) => return self.wait_for_the_store(error).await,
        };
        let (position, counts) = (page.head.position, page.counts);
        let mut frames = vec![Frame::Reset { reason, cursor: self.seal(position), page: Box::new(page) }];
        self.go_live(position, counts, &mut frames);
        Ok(frames)
    }

    /// The state that the database has now. It was read after joining, so it is of the place of
    /// joining or later, and what the outlet has of it already is passed over.
    async fn page(&self, query: InboxQuery) -> Result<InboxPage, Error> {
        let _permit = self.broker.reads.acquire().await;
        self.broker.inbox(&self.user, &query).await
    }

    /// Sends the next part of what lies between the reader's place and the outlet's beginning.
    async fn replay(&mut self, replaying: Replaying) -> Result<Vec<Frame>, Error> {
        let after = self.place.unwrap_or_default();
        let entries = match self.broker.hub.recent(&self.windows, after, replaying.up_to, REPLAY_PAGE) {
            Some(entries) => entries,
            None => match self.read(after, replaying.up_to).await {
                Ok(Some(entries)) => entries,
                Ok(None) => return self.reset(ResetReason::Expired).await,
                Err(error) => return self.wait_for_the_store(error).await,
            },
        };
        let done = entries.len() < REPLAY_PAGE;
        if let Some(last) = entries.last() {
            self.place = Some(last.position());
        }
        self.sent += entries.len() as u64;
        let mut frames: Vec<_> = entries.into_iter().map(|entry| Frame::Event(entry, replaying.counts)).collect();
        if done {
            let place = after.max(replaying.up_to);
            if replaying.announced {
                self.place = Some(place);
                self.phase = Phase::Live;
            } else {
                self.go_live(place, replaying.counts, &mut frames);
            }
        }
        Ok(frames)
    }

    /// A page of the reader's events from the database. `None`: some of them are gone. The read is
    /// over before anything is written.
    async fn read(&self, after: Position, up_to: Position) -> Result<Option<Vec<Arc<Entry>>>, Error> {
        let _permit = self.broker.reads.acquire().await;
        let limit = u32::try_from(REPLAY_PAGE).unwrap_or(u32::MAX);
        let tidings_models::Replay::Events(events) =
            self.broker.store.replay(&self.windows, after, up_to, limit).await?
        else {
            return Ok(None);
        };
        let cursors = self.broker.store.cursors();
        let entries = events.into_iter().map(|event| Entry::render(event, cursors)).collect::<Result<_, _>>();
        entries.map(Some).map_err(|error: serde_json::Error| StoreError::Corrupt(error.to_string()).into())
    }

    fn go_live(&mut self, place: Position, counts: Counts, frames: &mut Vec<Frame>) {
        self.place = Some(place);
        self.phase = Phase::Live;
        frames.push(Frame::Ready {
            cursor: self.seal(place),
            connection: self.id,
            counts,
            replayed: self.sent,
            heartbeat: self.broker.settings.heartbeat,
            expires_at: self.expiry.at,
        });
    }

    /// Waits for what comes next: entries, a goodbye, or time.
    async fn live(&mut self) -> Vec<Frame> {
        let place = self.place.unwrap_or_default();
        let mut entries = Vec::new();
        match self.outlet.take(BATCH_BYTES, &mut entries) {
            Next::Entries => {}
            Next::End(_) => return Vec::new(),
            Next::Overflow => {
                let (up_to, counts) = self.broker.hub.rejoin(&self.user, &self.outlet);
                self.phase = Phase::Replaying(Replaying { up_to, counts, announced: true });
                return Vec::new();
            }
        }
        entries.retain(|(entry, _)| entry.position() > place);
        if let Some((last, _)) = entries.last() {
            self.place = Some(last.position());
            self.sent += entries.len() as u64;
            return entries.into_iter().map(|(entry, counts)| Frame::Event(entry, counts)).collect();
        }
        self.wait().await
    }

    /// Waits until the outlet changes, or it is time to say something. What there is to say may be
    /// nothing.
    async fn wait(&mut self) -> Vec<Frame> {
        let warn = self.expiry.warn.unwrap_or(self.expiry.end);
        tokio::select! {
            biased;
            () = self.outlet.changed() => Vec::new(),
            () = tokio::time::sleep_until(warn) => {
                if self.expiry.warn.take().is_some() { vec![Frame::Expiring(self.expiry.at)] } else { Vec::new() }
            }
            () = tokio::time::sleep_until(self.heartbeat_at) => {
                if let Some(position) = self.broker.hub.caught_up(&self.outlet) {
                    self.place = self.place.map(|place| place.max(position));
                }
                vec![Frame::Heartbeat(self.place.map(|place| self.seal(place)))]
            }
        }
    }

    /// The database cannot be read: the stream stays, with heartbeats, and tries again.
    async fn wait_for_the_store(&mut self, error: Error) -> Result<Vec<Frame>, Error> {
        let retry = Instant::now() + READ_RETRY;
        if retry < self.heartbeat_at {
            tokio::select! {
                () = tokio::time::sleep_until(retry) => {}
                () = self.outlet.changed() => {}
            }
            return Err(error);
        }
        tokio::time::sleep_until(self.heartbeat_at).await;
        Ok(vec![Frame::Heartbeat(self.place.map(|place| self.seal(place)))])
    }
}

#[cfg(test)]
mod tests;
