//! What was written to which stream, for whoever asks later.
//!
//! A stream gives its reader everything that is theirs in the order of the log, so one interval says it all,
//! and its outlet knows where that ends. So nothing is noted for an event: now and then a task looks how far
//! each stream has come, and has what changed written down, many at once. A node that stops in peace writes the rest
//! down ([`Broker::note_the_rest`]). A process that is killed loses what was not written down yet, which is at most
//! [`EVERY`] and what that takes.
//!
//! Written is what was handed to the connection. What is asked for by request in another way (the list, a single
//! notification) is not noted.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tidings_models::{Address, Clock, Log, Position, StoreError, Timestamp, UserId, store::Connection};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    broker::Broker,
    hubs::Hubs,
    outlet::{Outlet, Passed, Waiting},
    sync::Mutex,
};

/// How often a stream is written down at most.
const EVERY: Duration = Duration::from_secs(5);
/// Pause between two transactions. Publishers go first.
const BREATH: Duration = Duration::from_millis(20);
/// Streams that are looked up at once. Bounds the memory of a round; those that are left come with the next.
const ROUND: usize = 4096;
/// Streams that have gone and wait to be written down. More are forgotten: what was written down of them before
/// stays.
const CLOSED: usize = 65_536;

/// How a stream is carried. What is counted by it stands in `tally.rs`: a new one belongs there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Server-sent events.
    Sse,
    /// WebSocket.
    WebSocket,
    /// One request, and its answer.
    Poll,
}

impl Transport {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
            Self::Poll => "poll",
        }
    }
}

/// Which stream it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) transport: Transport,
    pub(crate) address: Option<Address>,
}

/// Where what a stream gives begins: see [`Connection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) after: Position,
    pub(crate) state_after: Option<Position>,
}

/// What a stream has written since it began, or was reset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) begun: Begun,
    /// The reader has everything up to here.
    pub(crate) place: Position,
    /// How many events it was.
    pub(crate) sent: u64,
}

/// How far a reader has come, and how much of that is written down.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Noted {
    written: Option<(Written, Instant)>,
    /// Begin and events as they are written down, and since when.
    saved: Option<(Begun, u64, Instant)>,
}

impl Noted {
    /// Takes what a stream says of itself, and then what went past it.
    pub(crate) fn learn(&mut self, written: Option<Written>, passed: Option<&Passed>) {
        if let Some(new) = written {
            let same = |(old, _): &(Written, Instant)| old.begun == new.begun && old.sent == new.sent;
            let at = self.written.filter(same).map_or_else(Instant::now, |(_, at)| at);
            self.written = Some((new, at));
        }
        if let (Some((written, at)), Some(passed)) = (&mut self.written, passed.filter(|passed| passed.sent > 0)) {
            written.place = passed.place;
            written.sent += passed.sent;
            *at = passed.at;
        }
    }

    /// It is written down so.
    pub(crate) fn saved(&mut self, noted: &Self, now: Instant) {
        self.saved = noted.written.map(|(written, _)| (written.begun, written.sent, now));
    }

    /// Whether there is something to write down that was not since `begun`.
    fn is_due(&self, begun: Instant) -> bool {
        self.written.is_some_and(|(written, _)| {
            self.saved.is_none_or(|(of, sent, at)| at < begun && (of, sent) != (written.begun, written.sent))
        })
    }

    fn connection(&self, user: &UserId, opened: Opened, closed: Option<Instant>, now: Now) -> Option<Connection> {
        let (written, at) = self.written?;
        Some(Connection {
            id: opened.id,
            user: user.clone(),
            opened_at: opened.at,
            after: written.begun.after,
            written: written.place,
            state_after: written.begun.state_after,
            written_at: now.wall(at),
            closed_at: closed.map(|at| now.wall(at)),
            events: i64::try_from(written.sent).unwrap_or(i64::MAX),
        })
    }
}

/// One instant, on both clocks.
#[derive(Clone, Copy)]
struct Now(Instant, Timestamp);

impl Now {
    fn of(clock: &dyn Clock) -> Self {
        Self(Instant::now(), clock.now())
    }

    fn wall(self, at: Instant) -> Timestamp {
        let ago = self.0.saturating_duration_since(at).as_millis();
        self.1.plus_millis(-i64::try_from(ago).unwrap_or(i64::MAX))
    }
}

/// What is on its way to the ledger.
#[derive(Default)]
pub(crate) struct Ledger {
    closed: Mutex<Vec<Closed>>,
    /// Held while something is written down.
    pub(crate) saving: tokio::sync::Mutex<()>,
}

/// A stream that has gone.
struct Closed {
    user: UserId,
    opened: Opened,
    noted: Noted,
    at: Instant,
}

impl Closed {
    fn connection(&self, now: Now) -> Option<Connection> {
        self.noted.connection(&self.user, self.opened, Some(self.at), now)
    }
}

impl Ledger {
    /// A stream has gone.
    pub(crate) fn closed(&self, user: &UserId, outlet: &Outlet, at: Instant) {
        let Some((opened, noted, _)) = outlet.noted() else { return };
        let mut closed = self.closed.lock();
        if closed.len() < CLOSED {
            closed.push(Closed { user: user.clone(), opened, noted, at });
        }
    }

    /// Nothing of a user is to be written down that has not been. For whoever holds `saving`.
    pub(crate) fn forget(&self, user: &UserId) {
        self.closed.lock().retain(|closed| closed.user != *user);
    }
}

/// Has the ledger written for as long as the process lives.
pub(crate) async fn run(store: Arc<dyn Log>, hubs: Arc<Hubs>, clock: Arc<dyn Clock>) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = save(&*store, &hubs, &*clock, BREATH).await {
            tracing::error!(%error, "what was written to streams could not be noted");
        }
    }
}

/// Writes down what changed since the last time, with a pause after each transaction.
async fn save(store: &dyn Log, hubs: &Hubs, clock: &dyn Clock, breath: Duration) -> Result<(), StoreError> {
    let begun = Instant::now();
    let saving = hubs.ledger.saving.lock().await;
    while save_closed(store, hubs, Now::of(clock)).await? {
        tokio::time::sleep(breath).await;
    }
    drop(saving);
    loop {
        let saving = hubs.ledger.saving.lock().await;
        let due = due(hubs, begun, Now::of(clock));
        for some in due.chunks(Connection::AT_ONCE) {
            let connections: Vec<_> = some.iter().map(|(_, _, connection)| connection.clone()).collect();
            store.note_connections(&connections).await?;
            let now = Instant::now();
            for (outlet, noted, _) in some {
                outlet.saved(noted, now);
            }
            tokio::time::sleep(breath).await;
        }
        drop(saving);
        if due.len() < ROUND {
            return Ok(());
        }
    }
}

/// Writes some of those down that have gone. Whether there were any. They wait until they are written down: this
/// may fail, and may be given up half-way.
async fn save_closed(store: &dyn Log, hubs: &Hubs, now: Now) -> Result<bool, StoreError> {
    let (count, connections): (usize, Vec<_>) = {
        let closed = hubs.ledger.closed.lock();
        let some = &closed[..closed.len().min(Connection::AT_ONCE)];
        (some.len(), some.iter().filter_map(|closed| closed.connection(now)).collect())
    };
    if count == 0 {
        return Ok(false);
    }
    store.note_connections(&connections).await?;
    // Others came behind them at most: whoever has one forgotten holds what is held here.
    hubs.ledger.closed.lock().drain(..count);
    Ok(true)
}

/// Open streams that are to be written down.
fn due(hubs: &Hubs, begun: Instant, now: Now) -> Vec<(Arc<Outlet>, Noted, Connection)> {
    let mut due = Vec::new();
    for hub in hubs.all() {
        hub.visit(None, |user, outlet| {
            if due.len() < ROUND
                && let Some((opened, noted, _)) = outlet.noted()
                && noted.is_due(begun)
                && let Some(connection) = noted.connection(user, opened, None, now)
            {
                due.push((Arc::clone(outlet), noted, connection));
            }
        });
    }
    due
}

/// An open stream, for whoever looks after the node.
#[derive(Clone, Debug)]
pub struct OpenStream {
    /// What was written to it. Before that is known, an interval without anything in it.
    pub connection: Connection,
    /// How it is carried.
    pub transport: Transport,
    /// Where its reader is. Only known as long as it is open: it is not written down.
    pub address: Option<Address>,
    /// Entries that wait for its connection.
    pub queued: usize,
    /// There was no room for more: its reader is caught up, from the log, once it goes on.
    pub behind: bool,
}

impl Broker {
    /// Writes down what is not written down yet: for a node that stops, once nothing is served any more and its
    /// tasks have ended.
    pub async fn note_the_rest(&self) -> Result<(), StoreError> {
        save(&*self.store, &self.hubs, &*self.clock, Duration::ZERO).await
    }

    /// What this node knows of a user's streams and may not have written down yet.
    #[must_use]
    pub fn connections_of(&self, user: &UserId) -> Vec<Connection> {
        let now = Now::of(&*self.clock);
        let closed = self.hubs.ledger.closed.lock();
        let of_user = closed.iter().filter(|closed| closed.user == *user);
        let mut found: Vec<_> = of_user.filter_map(|closed| closed.connection(now)).collect();
        drop(closed);
        for hub in self.hubs.all() {
            hub.visit(Some(user), |user, outlet| {
                let noted = outlet.noted();
                found.extend(noted.and_then(|(opened, noted, _)| noted.connection(user, opened, None, now)));
            });
        }
        found
    }

    /// The next open streams of this node after one of them, by their id: at most `limit`.
    #[must_use]
    pub fn open_streams(&self, after: Option<Uuid>, limit: usize) -> Vec<OpenStream> {
        let now = Now::of(&*self.clock);
        let mut next = BTreeMap::new();
        for hub in self.hubs.all() {
            hub.visit(None, |user, outlet| {
                let Some((opened, noted, waiting)) = outlet.noted() else { return };
                let id = opened.id;
                let last = next.last_key_value().map(|(last, _)| *last);
                if after.is_some_and(|after| id <= after) || (next.len() >= limit && last.is_some_and(|last| id > last))
                {
                    return;
                }
                next.insert(id, open_stream(user, opened, noted, waiting, now));
                if next.len() > limit {
                    next.pop_last();
                }
            });
        }
        next.into_values().collect()
    }
}

fn open_stream(user: &UserId, opened: Opened, noted: Noted, waiting: Waiting, now: Now) -> OpenStream {
    let nothing = || Connection {
        id: opened.id,
        user: user.clone(),
        opened_at: opened.at,
        after: Position::START,
        written: Position::START,
        state_after: None,
        written_at: opened.at,
        closed_at: None,
        events: 0,
    };
    OpenStream {
        connection: noted.connection(user, opened, None, now).unwrap_or_else(nothing),
        transport: opened.transport,
        address: opened.address,
        queued: waiting.entries,
        behind: waiting.behind,
    }
}

#[cfg(test)]
mod tests;
