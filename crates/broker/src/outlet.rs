//! What waits for one stream to take it. Written by the hub, emptied by the stream, bounded.
//!
//! While a stream has nothing to say itself, and its connection takes bytes at once, events go straight
//! to the connection ([`Sink`]): no queue, and nobody is woken. The first event that the connection does
//! not take ends that, until the stream has nothing to say again.

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tidings_models::{Counts, Position, Timestamp};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use crate::{
    entry::Entry,
    frame::{GoodbyeReason, Own},
    ledger::{Noted, Opened, Written},
    sabotage::{self, Bug},
    sync::Mutex,
    whisper::Whisper,
};

/// Entries that may wait. A reader that is further behind is served from the feed or the database at
/// its own pace, so a stream that does not read costs this much and no more (I10).
pub(crate) const QUEUE: usize = 128;

/// Signals that are not in the log and may wait. More take the place of the oldest: whoever does not read
/// misses them, as if they had not been there.
const WHISPERS: usize = 32;

/// An entry with what its reader is to see with it.
pub(crate) type Live = (Arc<Entry>, Own);

/// An event on its way to one reader.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The event.
    pub entry: &'a Arc<Entry>,
    /// What of it is the reader's own.
    pub own: Own,
}

/// The connection of a stream, as far as it takes events at once.
pub trait Sink: Send + Sync {
    /// Takes events, in order: all of them, or none (`false`). Never waits. What it has taken is sent
    /// before anything that its stream gives later.
    fn offer(&self, events: &[Delivery<'_>]) -> bool;
}

/// The queue of one stream.
pub(crate) struct Outlet {
    state: Mutex<State>,
    room: usize,
    changed: Notify,
    /// Which stream it is.
    opened: OnceLock<Opened>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Live>,
    whispers: VecDeque<Arc<Whisper>>,
    /// The queue was forgotten: the stream has to go back to replay.
    overflowed: bool,
    end: Option<GoodbyeReason>,
    /// When what its reader is believed by ends.
    expires: Option<Expires>,
    /// That was put off, and the stream does not know yet.
    renewed: bool,
    /// When the stream is to be woken in any case.
    alarm: Option<Instant>,
    /// Where events go while the stream waits.
    direct: Option<Direct>,
    /// How far the reader has come, for the ledger.
    noted: Noted,
}

/// The end of what a reader is believed by: for the stream, and for the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expires {
    pub(crate) at: Instant,
    pub(crate) time: Timestamp,
}

struct Direct {
    sink: Arc<dyn Sink>,
    passed: Passed,
    /// The sink did not take an event: they queue up from there on.
    refused: bool,
}

/// What went to the connection while the stream waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// The reader has everything up to here.
    pub(crate) place: Position,
    /// How many events it was.
    pub(crate) sent: u64,
    /// When the last of them went.
    pub(crate) at: Instant,
    /// The counts that the last of them showed.
    pub(crate) counts: Counts,
}

/// What waits for a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Entries in the queue.
    pub(crate) entries: usize,
    /// There was no room for more: the reader is caught up once it goes on.
    pub(crate) behind: bool,
}

/// What a stream finds in its outlet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// These, in order; possibly none yet.
    Entries,
    /// The queue overflowed and is gone.
    Overflow,
    /// The server wants the stream to end.
    End(GoodbyeReason),
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("room", &self.room).finish_non_exhaustive()
    }
}

impl Outlet {
    /// An outlet where so many entries may wait.
    pub(crate) fn holding(room: usize) -> Self {
        Self { state: Mutex::default(), room, changed: Notify::new(), opened: OnceLock::new() }
    }

    /// Hands over what comes next. A full queue is forgotten rather than extended or skipped in part (`false`).
    pub(crate) fn push(&self, events: &[Delivery<'_>], now: Instant) -> bool {
        let mut state = self.state.lock();
        if state.end.is_some() || state.has_expired(now) || state.overflowed || state.pass(events, now) {
            return true;
        }
        let fits = state.queue.len() + events.len() <= self.room;
        if fits {
            state.queue.extend(events.iter().map(|event| (Arc::clone(event.entry), event.own)));
        } else {
            state.overflowed = !sabotage::is(Bug::LagSwallowed);
            state.queue = VecDeque::new();
        }
        drop(state);
        self.changed.notify_one();
        fits
    }

    /// Hands over a signal that is not in the log.
    pub(crate) fn whisper(&self, whisper: &Arc<Whisper>, now: Instant) {
        let mut state = self.state.lock();
        if state.end.is_some() || state.has_expired(now) {
            return;
        }
        if state.whispers.len() >= WHISPERS {
            state.whispers.pop_front();
        }
        state.whispers.push_back(Arc::clone(whisper));
        drop(state);
        self.changed.notify_one();
    }

    /// Takes the signals that wait.
    pub(crate) fn whispers(&self) -> VecDeque<Arc<Whisper>> {
        std::mem::take(&mut self.state.lock().whispers)
    }

    /// Lets events go straight to the connection, which has been sent everything up to `place`. Not
    /// while something waits here: that comes first.
    pub(crate) fn pass_on(&self, sink: &Arc<dyn Sink>, place: Position) {
        let mut state = self.state.lock();
        if state.queue.is_empty() && !state.overflowed && state.end.is_none() {
            let passed = Passed { place, sent: 0, at: Instant::now(), counts: Counts::default() };
            state.direct = Some(Direct { sink: Arc::clone(sink), passed, refused: false });
        }
    }

    /// Takes over from [`Outlet::pass_on`]: what went to the connection since. `written`: what did before,
    /// since the stream began or was reset.
    pub(crate) fn resume(&self, written: Option<Written>) -> Option<Passed> {
        let mut state = self.state.lock();
        let passed = state.direct.take().map(|direct| direct.passed);
        state.noted.learn(written, passed.as_ref());
        passed
    }

    /// Which stream it is. Until then the ledger knows nothing of it.
    pub(crate) fn open(&self, opened: Opened) {
        let _ = self.opened.set(opened); // once
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, stream: Uuid) -> bool {
        self.opened.get().is_some_and(|opened| opened.id == stream)
    }

    /// What was opened, how far its reader has come, and how much waits for them. `None`: it is not open yet.
    pub(crate) fn noted(&self) -> Option<(Opened, Noted, Waiting)> {
        let state = self.state.lock();
        let mut noted = state.noted;
        noted.learn(None, state.direct.as_ref().map(|direct| &direct.passed));
        let waiting = Waiting { entries: state.queue.len(), behind: state.overflowed };
        Some((*self.opened.get()?, noted, waiting))
    }

    /// The ledger has it so.
    pub(crate) fn saved(&self, noted: &Noted, now: Instant) {
        self.state.lock().noted.saved(noted, now);
    }

    /// Asks the stream to say goodbye. The first reason stays.
    pub(crate) fn end(&self, reason: GoodbyeReason) {
        self.state.lock().end(reason);
        self.changed.notify_one();
    }

    /// From when on nothing may be handed over any more.
    pub(crate) fn expires(&self, end: Expires) {
        self.state.lock().expires = Some(end);
    }

    /// The reader is believed until another time. Who was asked to leave already leaves.
    pub(crate) fn renew(&self, until: Timestamp) {
        let mut state = self.state.lock();
        let Some(before) = state.expires else { return };
        let later = until.as_millis().saturating_sub(before.time.as_millis());
        let by = Duration::from_millis(later.unsigned_abs());
        let at = if later < 0 { before.at.checked_sub(by) } else { before.at.checked_add(by) };
        state.expires = Some(Expires { at: at.unwrap_or(before.at), time: until });
        state.renewed = true;
        drop(state);
        self.changed.notify_one();
    }

    /// The end, if it is another one than when this was asked last.
    pub(crate) fn renewed(&self) -> Option<Expires> {
        let mut state = self.state.lock();
        std::mem::take(&mut state.renewed).then_some(state.expires).flatten()
    }

    /// Wakes the stream at some time, if nothing else does before. The last call counts.
    pub(crate) fn wake_at(&self, at: Instant) {
        self.state.lock().alarm = Some(at);
    }

    /// Does what is due by now. Whether what the reader is believed by has ended: then the stream has been asked to
    /// end, and nothing waits for it.
    pub(crate) fn tick(&self, now: Instant) -> bool {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let mut state = self.state.lock();
        let expired = state.has_expired(now) || state.end == Some(GoodbyeReason::Revoked);
        if expired {
            state.end(GoodbyeReason::TokenExpired); // the first reason stays
            state.queue = VecDeque::new();
            state.whispers = VecDeque::new();
        }
        if expired || due(state.alarm) {
            state.alarm = None;
            drop(state);
            self.changed.notify_one();
        }
        expired
    }

    /// The reason to end, once there is one.
    pub(crate) fn ending(&self) -> Option<GoodbyeReason> {
        self.state.lock().end
    }

    /// Moves what waits into `into`, until about `bytes` are there.
    pub(crate) fn take(&self, bytes: usize, into: &mut Vec<Live>) -> Next {
        let mut state = self.state.lock();
        if let Some(reason) = state.end {
            return Next::End(reason);
        }
        if state.overflowed {
            return Next::Overflow;
        }
        let mut taken = 0;
        while taken < bytes
            && let Some(live) = state.queue.pop_front()
        {
            taken += live.0.envelope.len();
            into.push(live);
        }
        if state.queue.is_empty() && state.queue.capacity() > 0 {
            state.queue = VecDeque::new(); // an idle stream keeps no buffer from a burst
        }
        Next::Entries
    }

    /// Whether everything that was handed over has been taken.
    pub(crate) fn is_drained(&self) -> bool {
        let state = self.state.lock();
        state.queue.is_empty() && !state.overflowed
    }

    /// Starts anew after an overflow.
    pub(crate) fn reopen(&self) {
        let mut state = self.state.lock();
        state.queue.clear();
        state.overflowed = false;
    }

    /// Returns once something changed since the last look.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl State {
    fn has_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|end| end.at <= now)
    }

    /// Nothing is passed on to whom is asked to leave.
    fn end(&mut self, reason: GoodbyeReason) {
        self.end.get_or_insert(reason);
        if let Some(direct) = &mut self.direct {
            direct.refused = true;
        }
    }

    /// Hands events straight to the connection, if they can go that way.
    fn pass(&mut self, events: &[Delivery<'_>], now: Instant) -> bool {
        let Some(Direct { sink, passed, refused: refused @ false }) = &mut self.direct else { return false };
        let has_already = |event: &Delivery<'_>| event.entry.position() <= passed.place;
        let new = events.split_at(events.partition_point(has_already)).1;
        let Some(last) = new.last() else { return true };
        if sink.offer(new) {
            let (place, sent) = (last.entry.position(), passed.sent + new.len() as u64);
            *passed = Passed { place, sent, at: now, counts: last.own.counts };
        } else {
            *refused = true;
        }
        !*refused
    }
}

#[cfg(test)]
mod tests;
