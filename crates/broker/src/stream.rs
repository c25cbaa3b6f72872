//! One stream of one user: opening, replay, ready, live.
//!
//! ```text
//! Opening --(the start can be continued from)--> Replaying --> Live
//!    |                                             ^   |        |
//!    +--(it cannot, or there is none)--> state ----|---|------> Live
//!                                                  +---|--(the outlet overflowed)
//! any of them --(told to, or the token ended)--> Ended
//! ```
//!
//! The stream is pulled: nothing is read or rendered for a reader that does not take it. It holds
//! only its place, so a slow reader costs no more than a quick one. A transport whose connection takes
//! bytes at once may have events handed to it while the stream waits ([`Stream::pass_to`]).
//!
//! While it waits for the database it goes on to say that it is alive, and to hear that it must end.

use std::sync::Arc;

use tidings_models::{Counts, Cursor, Position, Timestamp, UserId};
use tokio::time::Instant;
use uuid::Uuid;

use self::{batch::BATCH_BYTES, expiry::Expiry, reading::Reading, replaying::Replaying};
use crate::{
    broker::Broker,
    frame::{Frame, Goodbye, GoodbyeReason},
    hub::{Joined, Seat},
    ledger::{Begun, Opened, Transport, Written},
    outlet::{Next, Outlet, Sink},
    peers::Listed,
    replay::{ResetReason, Start},
    sabotage::{self, Bug},
    session::Scope,
};

mod batch;
mod expiry;
mod opening;
mod reading;
mod replaying;
mod state;

/// Events of one read of a replay. Bounds what a reader that stops reading has cost by then.
pub(crate) const REPLAY_PAGE: usize = 64;

/// An open stream. Dropping it leaves the hub.
pub struct Stream {
    broker: Arc<Broker>,
    id: Uuid,
    scope: Arc<Scope>,
    outlet: Arc<Outlet>,
    seat: Seat,
    /// Where the other nodes see it, should there be any.
    _listed: Option<Listed>,
    /// Takes events while the stream waits.
    sink: Option<Arc<dyn Sink>>,
    phase: Phase,
    /// A read that is under way. Kept while heartbeats are sent, with its place among those who wait.
    reading: Option<Reading>,
    /// The reader has everything up to here. `None` before the start is settled.
    place: Option<Position>,
    /// The counts that the reader was shown last.
    shown: Counts,
    sent: u64,
    transport: Transport,
    /// Where what it gives begins, and how many events it had given by then.
    begun: Option<(Begun, u64)>,
    heartbeat_at: Instant,
    expiry: Expiry,
}

enum Phase {
    /// Nothing was sent yet. The position and counts are those of joining.
    Opening(Start, Replaying),
    Replaying(Replaying),
    Resetting(ResetReason),
    Live,
    Ended,
}

impl Stream {
    pub(crate) fn new(
        broker: Arc<Broker>,
        start: Start,
        expires_at: Timestamp,
        joined: Joined,
        transport: Transport,
    ) -> Self {
        let opened_at = broker.clock.now();
        let expiry = Expiry::new(expires_at, opened_at);
        joined.outlet.expires(expiry.end);
        let mut id = [0; 16];
        broker.random.fill(&mut id);
        let id = uuid::Builder::from_random_bytes(id).into_uuid();
        let opened = Opened { id, at: opened_at, transport, address: joined.address };
        joined.outlet.open(opened);
        let listed = broker.peers.as_ref().map(|peers| peers.list(&joined.seat.user, &opened));
        broker.tally().opened.add(transport);
        let replaying = Replaying { up_to: joined.position, counts: joined.counts, announced: false };
        Self {
            heartbeat_at: Instant::now() + broker.settings.heartbeat,
            broker,
            id,
            scope: joined.scope,
            outlet: joined.outlet,
            seat: joined.seat,
            _listed: listed,
            sink: None,
            phase: Phase::Opening(start, replaying),
            reading: None,
            place: None,
            shown: joined.counts,
            sent: 0,
            transport,
            begun: None,
            expiry,
        }
    }

    /// The identity of this stream, for logs and for renewing it.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// When the reader's token ends. Nothing is sent after that but a goodbye.
    #[must_use]
    pub fn ends_at(&self) -> Instant {
        self.expiry.end.at
    }

    /// Whether nothing but a goodbye is to come: what its reader says from then on is not listened to.
    #[must_use]
    pub fn is_over(&mut self) -> bool {
        self.renewed();
        self.ending().is_some()
    }

    /// Whose stream it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.seat.user
    }

    /// Hands events to `sink`, for as long as it takes them, while the stream waits for something to
    /// give: that is when [`Stream::next`] is waited for, after all that it gave before was sent.
    pub fn pass_to(&mut self, sink: Arc<dyn Sink>) {
        self.sink = Some(sink);
    }

    /// All that it gave was sent, and it is not going to be asked for more.
    pub fn all_sent(&mut self) {
        self.resume();
    }

    /// The next frames, in order: at least one. `None`: the stream has ended. Nothing is lost when it
    /// is not waited for to its end.
    pub async fn next(&mut self) -> Option<Vec<Frame>> {
        loop {
            self.resume();
            let frames = match self.phase {
                Phase::Ended => return None,
                _ if let Some(reason) = self.ending() => self.end(reason),
                Phase::Live => self.live().await,
                // Boxed: it is large, short, and would be kept room for as long as the stream lives.
                _ => {
                    let frames = Box::pin(self.catch_up()).await;
                    if self.outlet.ending() == Some(GoodbyeReason::Revoked) {
                        continue; // what was read meanwhile is no longer theirs
                    }
                    frames
                }
            };
            if !frames.is_empty() {
                self.heartbeat_at = Instant::now() + self.broker.settings.heartbeat;
                return Some(frames);
            }
        }
    }

    /// Takes the next step towards being live.
    async fn catch_up(&mut self) -> Vec<Frame> {
        if let Some(reading) = self.reading.take() {
            return self.go_on(reading).await;
        }
        match &self.phase {
            Phase::Opening(start, replaying) => self.begin(start.clone(), *replaying),
            Phase::Resetting(reason) => self.reset(*reason),
            Phase::Replaying(replaying) => return self.replay(*replaying),
            Phase::Live | Phase::Ended => {}
        }
        Vec::new()
    }

    /// The stream is live from `place` on.
    fn go_live(&mut self, place: Position, counts: Counts) -> Frame {
        (self.place, self.shown) = (Some(place), counts);
        self.phase = Phase::Live;
        if sabotage::is(Bug::RegisterAfterReplay) {
            self.outlet.reopen(); // what came before is as if it had never been pushed
        }
        Frame::Ready {
            cursor: self.seal(place),
            connection: self.id,
            counts,
            replayed: self.sent,
            heartbeat: self.broker.settings.heartbeat,
            expires_at: self.expiry.end.time,
        }
    }

    /// Gives what waits, or waits for what comes next: entries, a goodbye, or time.
    async fn live(&mut self) -> Vec<Frame> {
        let place = self.place.unwrap_or_default();
        let mut entries = Vec::new();
        match self.outlet.take(BATCH_BYTES, &mut entries) {
            Next::Entries => {}
            Next::End(_) => return Vec::new(),
            Next::Overflow => {
                let (up_to, counts) = self.rejoin();
                self.phase = Phase::Replaying(Replaying { up_to, counts, announced: true });
                return Vec::new();
            }
        }
        let came = !entries.is_empty();
        entries.retain(|(entry, _)| entry.position() > place || sabotage::is(Bug::LiveBehindThePlace));
        if let Some((last, own)) = entries.last() {
            (self.place, self.shown) = (Some(last.position()), own.counts);
            self.sent += entries.len() as u64;
            return entries.into_iter().map(|(entry, own)| Frame::Event(entry, own)).collect();
        }
        let whispers = self.outlet.whispers();
        if !whispers.is_empty() {
            // Not those of when it was said: the reader may have seen newer ones since.
            let shown = if sabotage::is(Bug::WhisperedOldCounts) { Counts::default() } else { self.shown };
            return whispers.into_iter().map(|whisper| Frame::Whisper(whisper, shown)).collect();
        }
        if came {
            return Vec::new(); // the reader has these; there may be more behind them, which nobody rings for again
        }
        if let Some(sink) = &self.sink {
            self.outlet.pass_on(sink, place);
        }
        self.wait().await
    }

    /// Waits until the outlet changes, or it is time to say something. What there is to say may be
    /// nothing.
    async fn wait(&mut self) -> Vec<Frame> {
        self.outlet.wake_at(self.due());
        self.outlet.changed().await;
        self.resume();
        let now = Instant::now();
        if now < self.due() || self.expiry.is_over(now) {
            return Vec::new();
        }
        if self.warning().is_some_and(|warn| warn <= now) {
            self.expiry.warn = None;
            return vec![Frame::Expiring(self.expiry.end.time)];
        }
        // Before it is live, what is missing does not come through the outlet.
        if (matches!(self.phase, Phase::Live) || sabotage::is(Bug::HeartbeatOverReplay))
            && let Some(position) = self.seat.hub.caught_up(&self.outlet)
        {
            self.place = self.place.map(|place| place.max(position));
        }
        vec![Frame::Heartbeat(self.place.map(|place| self.seal(place)))]
    }

    /// When there will be something to say in any case.
    fn due(&self) -> Instant {
        self.heartbeat_at.min(self.warning().unwrap_or(self.expiry.end.at)).min(self.expiry.end.at)
    }

    /// When to warn of the token's end: once the stream is live, not in the middle of a replay.
    fn warning(&self) -> Option<Instant> {
        self.expiry.warn.filter(|_| matches!(self.phase, Phase::Live))
    }

    /// Takes its place in the hub anew: where, and with which counts.
    fn rejoin(&mut self) -> (Position, Counts) {
        let (position, counts, scope) = self.seat.hub.rejoin(&self.seat.user, &self.outlet);
        if !sabotage::is(Bug::ScopeOfOpening) {
            self.scope = scope;
        }
        (position, counts)
    }

    /// Takes note of what was handed to the connection in the meantime, and of a later end.
    fn resume(&mut self) {
        self.renewed();
        let written = self.begun.as_ref().zip(self.place);
        let written =
            written.map(|((begun, before), place)| Written { begun: *begun, place, sent: self.sent - before });
        if let Some(passed) = self.outlet.resume(written)
            && passed.sent > 0
            && !sabotage::is(Bug::PassedIsForgotten)
        {
            (self.place, self.shown) = (Some(passed.place), passed.counts);
            self.sent += passed.sent;
            self.heartbeat_at = passed.at + self.broker.settings.heartbeat;
        }
    }

    /// It may have been given more time.
    fn renewed(&mut self) {
        if let Some(end) = self.outlet.renewed() {
            self.expiry = Expiry::at(end, Instant::now());
        }
    }

    /// Why the stream must end, once it must.
    fn ending(&self) -> Option<GoodbyeReason> {
        let expired = self.expiry.is_over(Instant::now());
        self.outlet.ending().or(expired.then_some(GoodbyeReason::TokenExpired))
    }

    /// Says goodbye, whatever is under way.
    fn end(&mut self, reason: GoodbyeReason) -> Vec<Frame> {
        self.phase = Phase::Ended;
        self.reading = None;
        self.broker.tally().goodbyes.add(reason);
        vec![Frame::Goodbye(Goodbye { reason, retry_ms: self.broker.retry_ms() })]
    }

    fn seal(&self, position: Position) -> Cursor {
        self.broker.store.cursors().seal(position)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.broker.tally().closed.add(self.transport);
    }
}

#[cfg(test)]
mod tests;
