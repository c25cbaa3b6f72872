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

use std::{pin::Pin, sync::Arc, time::Duration};

use tidings_models::{
    Counts, Cursor, Head, InboxPage, InboxQuery, InboxState, Position, Replay, StoreError, Timestamp, UserId, Window,
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    broker::Broker,
    entry::Entry,
    error::Error,
    frame::{Frame, Goodbye, GoodbyeReason},
    hub::{Joined, Seat},
    outlet::{Next, Outlet, Sink},
    replay::{self, ResetReason, Start},
    sabotage::{self, Bug},
    session::Session,
};

/// Unread notifications that a stream without a start begins with at most. The rest is in the list.
const UNREAD_AT_START: u32 = 100;
/// Notifications that a reset carries at most.
const NEWEST_AT_RESET: u32 = 50;
/// Events of one read of a replay. Bounds what a reader that stops reading has cost by then.
pub(crate) const REPLAY_PAGE: usize = 64;
/// Bytes that are handed out at once: what has queued up is one write, and a reader that stops reading
/// has cost no more than this, and one event, beyond what the kernel holds for it.
const BATCH_BYTES: usize = 64 * 1024;
/// How long before its end a token is said to be expiring.
const EXPIRY_WARNING: Duration = Duration::from_mins(1);
/// How long a stream whose read failed waits before the next attempt.
const READ_RETRY: Duration = Duration::from_secs(1);

/// The first of `all` that fit in one batch, at least one, and whether some do not.
fn fitting<T>(mut all: Vec<T>, size: impl Fn(&T) -> usize) -> (Vec<T>, bool) {
    let mut bytes = 0;
    let fit = all.iter().take_while(|one| {
        let first = bytes == 0;
        bytes += size(one);
        first || bytes <= BATCH_BYTES
    });
    let fit = fit.count();
    let cut = fit < all.len();
    all.truncate(fit);
    (all, cut)
}

/// An open stream. Dropping it leaves the hub.
pub struct Stream {
    broker: Arc<Broker>,
    id: Uuid,
    windows: Arc<[Window]>,
    outlet: Arc<Outlet>,
    seat: Seat,
    /// Takes events while the stream waits.
    sink: Option<Arc<dyn Sink>>,
    phase: Phase,
    /// A read that is under way. Kept while heartbeats are sent, with its place among those who wait.
    reading: Option<Reading>,
    /// The reader has everything up to here. `None` before the start is settled.
    place: Option<Position>,
    sent: u64,
    heartbeat_at: Instant,
    expiry: Expiry,
}

/// A read of the database on its way.
type Reading = Pin<Box<dyn Future<Output = Result<Read, Error>> + Send>>;

enum Phase {
    /// Nothing was sent yet. The position and counts are those of joining.
    Opening(Start, Replaying),
    Replaying(Replaying),
    Resetting(ResetReason),
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

/// What was read from the database. No read is open any more when it is here.
enum Read {
    Head(Head),
    Page(Box<InboxPage>),
    /// A part of the replay, or `None`: some of it is gone.
    Events(Option<Vec<Arc<Entry>>>),
    /// Nothing, for a while: it failed, and is to be tried again.
    Nothing,
}

struct Expiry {
    at: Timestamp,
    warn: Option<Instant>,
    end: Instant,
}

impl Stream {
    pub(crate) fn new(broker: Arc<Broker>, start: Start, expires_at: Timestamp, joined: Joined) -> Self {
        let now = Instant::now();
        let left = expires_at.as_millis() - broker.clock.now().as_millis();
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        // `checked_add`: a token may last longer than an `Instant` can say.
        let end = now.checked_add(left).unwrap_or_else(|| now + Duration::from_hours(10 * 365 * 24));
        joined.outlet.expires(end);
        let expiry = Expiry { at: expires_at, warn: Some(end.checked_sub(EXPIRY_WARNING).unwrap_or(now)), end };
        let mut id = [0; 16];
        broker.random.fill(&mut id);
        let replaying = Replaying { up_to: joined.position, counts: joined.counts, announced: false };
        Self {
            heartbeat_at: now + broker.settings.heartbeat,
            broker,
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            windows: joined.windows,
            outlet: joined.outlet,
            seat: joined.seat,
            sink: None,
            phase: Phase::Opening(start, replaying),
            reading: None,
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

    /// When the reader's token ends. Nothing is sent after that but a goodbye.
    #[must_use]
    pub fn ends_at(&self) -> Instant {
        self.expiry.end
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

    /// The next frames, in order: at least one. `None`: the stream has ended. Nothing is lost when it
    /// is not waited for to its end.
    pub async fn next(&mut self) -> Option<Vec<Frame>> {
        loop {
            self.resume();
            if matches!(self.phase, Phase::Ended) {
                return None;
            }
            if let Some(reason) = self.ending() {
                self.phase = Phase::Ended;
                return Some(vec![self.goodbye(reason)]);
            }
            let frames = match &self.phase {
                Phase::Live => self.live().await,
                Phase::Ended => return None,
                // Boxed: it is large, short, and would be kept room for as long as the stream lives.
                _ => Box::pin(self.catch_up()).await,
            };
            if !frames.is_empty() {
                self.heartbeat_at = Instant::now() + self.broker.settings.heartbeat;
                return Some(frames);
            }
        }
    }

    /// Takes the next step towards being live.
    async fn catch_up(&mut self) -> Vec<Frame> {
        match &self.phase {
            Phase::Opening(start, replaying) => self.begin(start.clone(), *replaying).await,
            Phase::Replaying(replaying) => self.replay(*replaying).await,
            Phase::Resetting(reason) => self.reset(*reason).await,
            Phase::Live | Phase::Ended => Vec::new(),
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
    async fn begin(&mut self, start: Start, mut replaying: Replaying) -> Vec<Frame> {
        let Start::After(cursor) = start else { return self.unread().await };
        let place = match replay::place(self.broker.store.cursors(), &cursor) {
            Ok(place) if self.seat.hub.covers(place) => Ok(place), // the ring proves it: no read
            // This node has not come as far as the client, and neither have its counts.
            Ok(place) if place > self.seat.hub.position() => match self.page(InboxQuery::counts()).await {
                Ok(page) => {
                    self.seat.hub.recount(&self.seat.user, Session::of(&page));
                    replay::continues(place, page.head).map(|()| place)
                }
                Err(frames) => return frames,
            },
            Ok(place) => match self.read(|broker| async move { Ok(Read::Head(broker.store.head().await?)) }).await {
                Ok(Read::Head(head)) => replay::continues(place, head).map(|()| place),
                Ok(_) => return Vec::new(),
                Err(frames) => return frames,
            },
            Err(reason) => Err(reason),
        };
        match place {
            Ok(place) => {
                if place > replaying.up_to && !sabotage::is(Bug::CountsBehindTheClient) {
                    // What was known at joining is older than what the client has.
                    (replaying.up_to, replaying.counts) = self.seat.hub.rejoin(&self.seat.user, &self.outlet);
                }
                self.place = Some(place);
                self.phase = Phase::Replaying(replaying);
            }
            Err(reason) => self.phase = Phase::Resetting(reason),
        }
        Vec::new()
    }

    /// Starts with the unread notifications: for a client that has nothing.
    async fn unread(&mut self) -> Vec<Frame> {
        let page = match self.page(InboxQuery::newest(InboxState::Unread, UNREAD_AT_START)).await {
            Ok(page) => page,
            Err(frames) => return frames,
        };
        let cursors = self.broker.store.cursors();
        let entries = page.items.iter().filter_map(|item| {
            let entry = Entry::of_item(item, cursors);
            entry.inspect_err(|error| tracing::error!(%error, "a notification that is not JSON")).ok()
        });
        let (newest, _) = fitting(entries.collect(), |entry| entry.envelope.len());
        let mut frames: Vec<_> = newest.into_iter().rev().map(|entry| Frame::Event(entry, page.counts)).collect();
        self.sent += frames.len() as u64;
        self.go_live(page.head.position, page.counts, &mut frames);
        frames
    }

    /// Gives the current state in place of a continuation.
    async fn reset(&mut self, reason: ResetReason) -> Vec<Frame> {
        let mut page = match self.page(InboxQuery::newest(InboxState::All, NEWEST_AT_RESET)).await {
            Ok(page) => page,
            Err(frames) => return frames,
        };
        let (newest, cut) = fitting(std::mem::take(&mut page.items), |item| item.notification.size());
        page.items = newest;
        page.more |= cut;
        let (position, counts) = (page.head.position, page.counts);
        let mut frames = vec![Frame::Reset { reason, cursor: self.seal(position), page }];
        self.go_live(position, counts, &mut frames);
        frames
    }

    /// The state that the database has now. It was read after joining, so it is of the place of
    /// joining or later, and what the outlet has of it already is passed over.
    async fn page(&mut self, query: InboxQuery) -> Result<Box<InboxPage>, Vec<Frame>> {
        let user = self.seat.user.clone();
        let read = |broker: Arc<Broker>| async move { Ok(Read::Page(Box::new(broker.inbox(&user, &query).await?))) };
        match self.read(read).await? {
            Read::Page(page) => Ok(page),
            Read::Head(_) | Read::Events(_) | Read::Nothing => Err(Vec::new()),
        }
    }

    /// Sends the next part of what lies between the reader's place and the outlet's beginning.
    async fn replay(&mut self, replaying: Replaying) -> Vec<Frame> {
        let after = self.place.unwrap_or_default();
        let up_to = if sabotage::is(Bug::RepeatAtTheSeam) { self.seat.hub.position() } else { replaying.up_to };
        let limit = self.broker.sizes.replay_page;
        let recent = self.seat.hub.recent(&self.windows, after, up_to, limit);
        let entries = match recent {
            Some(entries) => entries,
            None => match self.older(after, up_to).await {
                Ok(Read::Events(Some(entries))) => entries,
                Ok(Read::Events(None)) => {
                    self.phase = Phase::Resetting(ResetReason::Expired);
                    return Vec::new();
                }
                Ok(_) => return Vec::new(),
                Err(frames) => return frames,
            },
        };
        let (entries, cut) = fitting(entries, |entry| entry.envelope.len());
        let done = !cut && entries.len() < limit;
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
        frames
    }

    /// A page of the reader's events from the database: what the ring no longer has.
    async fn older(&mut self, after: Position, up_to: Position) -> Result<Read, Vec<Frame>> {
        let windows = Arc::clone(&self.windows);
        let limit = u32::try_from(self.broker.sizes.replay_page).unwrap_or(u32::MAX);
        self.read(move |broker| async move {
            let _permit = broker.reads.acquire().await;
            let Replay::Events(events) = broker.store.replay(&windows, after, up_to, limit).await? else {
                return Ok(Read::Events(None));
            };
            let cursors = broker.store.cursors();
            let entries = events.into_iter().map(|event| Entry::render(event, cursors)).collect::<Result<_, _>>();
            Ok(Read::Events(Some(entries.map_err(|error| StoreError::Corrupt(error.to_string()))?)))
        })
        .await
    }

    /// Reads from the database: what is under way already, or else `read`. `Err`: not yet; there is
    /// something to say meanwhile, or to look at first.
    async fn read<F>(&mut self, read: impl FnOnce(Arc<Broker>) -> F) -> Result<Read, Vec<Frame>>
    where
        F: Future<Output = Result<Read, Error>> + Send + 'static,
    {
        let mut reading = self.reading.take().unwrap_or_else(|| Box::pin(read(Arc::clone(&self.broker))));
        tokio::select! {
            biased;
            done = &mut reading => match done {
                Ok(read) => Ok(read),
                Err(error) => {
                    tracing::debug!(%error, stream = %self.id, "waiting for the database");
                    self.reading = Some(Box::pin(async {
                        tokio::time::sleep(READ_RETRY).await;
                        Ok(Read::Nothing)
                    }));
                    Err(Vec::new())
                }
            },
            frames = self.wait() => {
                self.reading = Some(reading);
                Err(frames)
            }
        }
    }

    fn go_live(&mut self, place: Position, counts: Counts, frames: &mut Vec<Frame>) {
        self.place = Some(place);
        self.phase = Phase::Live;
        if sabotage::is(Bug::RegisterAfterReplay) {
            self.outlet.reopen(); // what came before is as if it had never been pushed
        }
        frames.push(Frame::Ready {
            cursor: self.seal(place),
            connection: self.id,
            counts,
            replayed: self.sent,
            heartbeat: self.broker.settings.heartbeat,
            expires_at: self.expiry.at,
        });
    }

    /// Gives what waits, or waits for what comes next: entries, a goodbye, or time.
    async fn live(&mut self) -> Vec<Frame> {
        let place = self.place.unwrap_or_default();
        let mut entries = Vec::new();
        match self.outlet.take(BATCH_BYTES, &mut entries) {
            Next::Entries => {}
            Next::End(_) => return Vec::new(),
            Next::Overflow => {
                let (up_to, counts) = self.seat.hub.rejoin(&self.seat.user, &self.outlet);
                self.phase = Phase::Replaying(Replaying { up_to, counts, announced: true });
                return Vec::new();
            }
        }
        let came = !entries.is_empty();
        entries.retain(|(entry, _)| entry.position() > place || sabotage::is(Bug::LiveBehindThePlace));
        if let Some((last, _)) = entries.last() {
            self.place = Some(last.position());
            self.sent += entries.len() as u64;
            return entries.into_iter().map(|(entry, counts)| Frame::Event(entry, counts)).collect();
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
        if now < self.due() || now >= self.expiry.end {
            return Vec::new();
        }
        if self.warning().is_some_and(|warn| warn <= now) {
            self.expiry.warn = None;
            return vec![Frame::Expiring(self.expiry.at)];
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
        self.heartbeat_at.min(self.warning().unwrap_or(self.expiry.end)).min(self.expiry.end)
    }

    /// When to warn of the token's end: once the stream is live, not in the middle of a replay.
    fn warning(&self) -> Option<Instant> {
        self.expiry.warn.filter(|_| matches!(self.phase, Phase::Live))
    }

    /// Takes note of what was handed to the connection in the meantime.
    fn resume(&mut self) {
        if let Some(passed) = self.outlet.resume()
            && passed.sent > 0
            && !sabotage::is(Bug::PassedIsForgotten)
        {
            self.place = Some(passed.place);
            self.sent += passed.sent;
            self.heartbeat_at = passed.at + self.broker.settings.heartbeat;
        }
    }
}

#[cfg(test)]
mod tests;
