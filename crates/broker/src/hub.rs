//! Who is listening on one thread of this node, by audience.
//!
//! A node has a hub for each thread that serves connections, so that a stream is served by the thread
//! that has its socket: what happened is told to each hub once, and goes on from there without another
//! thread being woken. Hubs know nothing of each other; a user with streams on two has a session in both.
//!
//! One lock orders everything of a hub: entries are dispatched, or a stream joins, never both at once. So
//! a stream that joins at position H gets every entry after H through its outlet, and what it missed
//! is exactly what lies between its cursor and H.
//!
//! Nothing waits while the lock is held: handing an entry over is a push to a bounded queue, or a write
//! to a socket that takes it at once.

mod state;

use std::sync::Arc;

use tidings_models::{Address, Audience, Counts, Grant, Position, UserId, Window};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use crate::{
    census::{Census, Full, Reader},
    entry::Entry,
    feed::Feed,
    frame::GoodbyeReason,
    ledger::Ledger,
    outlet::Outlet,
    sabotage::{self, Bug},
    session::{Scope, Session, entitled},
    sync::Mutex,
    tally::Tally,
    trouble::LastTrouble,
    whisper::Whisper,
};
use state::{Handed, Listener, Present, State, go_together};

/// The subscription manager of one thread.
pub(crate) struct Hub {
    /// Where what comes is taken from.
    pub(crate) feed: Arc<Feed>,
    census: Arc<Census>,
    /// Where it is noted what streams that have gone were given.
    ledger: Arc<Ledger>,
    /// What happens on its node.
    pub(crate) tally: Arc<Tally>,
    /// Entries that may wait in one outlet.
    queue: usize,
    state: Mutex<State>,
    /// It has tried to go on.
    pub(crate) moved: Notify,
    /// There is something new in the feed.
    pub(crate) bell: Notify,
    /// Why it cannot go on.
    pub(crate) trouble: LastTrouble,
}

/// Why a stream could not join.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The user's state is needed first, as of now.
    NeedsSession,
    /// There is no room for it.
    Full(Full),
    /// The node is stopping.
    Stopping,
}

/// Where a stream joined.
#[derive(Debug)]
pub(crate) struct Joined {
    /// Entries after this position come through the outlet.
    pub(crate) position: Position,
    /// The user's counts there.
    pub(crate) counts: Counts,
    /// What the user belongs to and has muted there.
    pub(crate) scope: Arc<Scope>,
    /// Where its reader is.
    pub(crate) address: Option<Address>,
    /// Where entries come.
    pub(crate) outlet: Arc<Outlet>,
    /// Leaves the hub when it is dropped.
    pub(crate) seat: Seat,
}

/// A stream's place in its hub. Dropping it leaves.
pub(crate) struct Seat {
    pub(crate) hub: Arc<Hub>,
    pub(crate) user: UserId,
    id: u64,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({} of {})", self.id, self.user)
    }
}

impl Hub {
    /// A hub that begins where the feed is now.
    pub(crate) fn new(feed: Arc<Feed>, census: Arc<Census>, queue: usize) -> Self {
        let position = feed.position();
        Self {
            feed,
            census,
            ledger: Arc::default(),
            tally: Arc::default(),
            queue,
            state: Mutex::new(State::at(position)),
            moved: Notify::new(),
            bell: Notify::new(),
            trouble: LastTrouble::default(),
        }
    }

    /// The same, with the ledger and the counts of its node.
    pub(crate) fn noting_in(self, ledger: Arc<Ledger>, tally: Arc<Tally>) -> Self {
        Self { ledger, tally, ..self }
    }

    /// Shows each open stream of a user, or of all.
    pub(crate) fn visit(&self, user: Option<&UserId>, mut show: impl FnMut(&UserId, &Arc<Outlet>)) {
        let state = self.state.lock();
        let mut each =
            |user: &UserId, present: &Present| present.streams.iter().for_each(|one| show(user, &one.outlet));
        match user {
            Some(user) => state.present.get(user).into_iter().for_each(|present| each(user, present)),
            None => state.present.iter().for_each(|(user, present)| each(user, present)),
        }
    }

    /// Forgets a user, whose streams say goodbye. Should they come back, what is known of them is read anew.
    pub(crate) fn dismiss(&self, user: &UserId, reason: GoodbyeReason) {
        let mut state = self.state.lock();
        let Some(present) = state.present.get_mut(user) else { return };
        for stream in std::mem::take(&mut present.streams) {
            stream.outlet.end(reason);
        }
        state.leave(user);
    }

    /// Everything up to here was dispatched.
    pub(crate) fn position(&self) -> Position {
        self.state.lock().position
    }

    /// Hands the next entries of the log to everybody they are for; what was handed on before is passed
    /// over. When one of them leaves open what the counts of some users are, nobody gets it yet, nor what
    /// follows: these must be counted anew first (see [`Hub::recount`]). Gives whether anybody was here for them.
    pub(crate) fn dispatch(&self, entries: &[Arc<Entry>]) -> Result<bool, Vec<UserId>> {
        let mut handed = Handed::default();
        let done = self.hand_on(entries, &mut handed);
        if handed.events > 0 {
            self.tally.delivered.add(handed.events);
        }
        if handed.overflows > 0 {
            self.tally.overflows.add(handed.overflows);
        }
        done.map(|()| handed.events > 0)
    }

    fn hand_on(&self, entries: &[Arc<Entry>], handed: &mut Handed) -> Result<(), Vec<UserId>> {
        let mut state = self.state.lock();
        let entries = entries.split_at(entries.partition_point(|entry| entry.position() <= state.position)).1;
        let now = Instant::now(); // once for all: to ask the clock costs as much as to hand an event over
        let mut own = Vec::new();
        for run in entries.chunk_by(|one, next| go_together(one, next)) {
            state.recounts(run)?;
            state.deliver(run, &mut own, now, handed);
        }
        Ok(())
    }

    /// Replaces the state of a user, if they are still here, by one that was read since.
    pub(crate) fn recount(&self, user: &UserId, session: &Session) {
        self.state.lock().replace(user, session);
    }

    /// Lets a stream of a reader join. `loaded` is the user's state, for when this is their first stream.
    pub(crate) fn join(self: &Arc<Self>, reader: &Reader, loaded: Option<Session>) -> Result<Joined, Refused> {
        let user = &reader.user;
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::Stopping);
        }
        let place = self.census.enter(reader).map_err(Refused::Full)?;
        if !state.present.contains_key(user) {
            let session = loaded.and_then(|session| self.catch_up(session, state.position));
            let session = session.ok_or(Refused::NeedsSession)?;
            state.enter(user, session);
        }
        let (id, position) = (state.next_id, state.position);
        state.next_id += 1;
        let Some(present) = state.present.get_mut(user) else { return Err(Refused::NeedsSession) };
        let outlet = Arc::new(Outlet::holding(self.queue));
        present.streams.push(Listener { id, grant: reader.grant, outlet: Arc::clone(&outlet), _place: place });
        let (counts, scope) = (present.session.counts(), Arc::clone(present.session.scope()));
        let seat = Seat { hub: Arc::clone(self), user: user.clone(), id };
        Ok(Joined { position, counts, scope, address: reader.address, outlet, seat })
    }

    /// Lets a stream of a user last until its new grant ends. `false`: there is none of this identity here.
    pub(crate) fn renew(&self, user: &UserId, stream: Uuid, grant: &Grant) -> bool {
        let mut state = self.state.lock();
        let Some(present) = state.present.get_mut(user) else { return false };
        let Some(listener) = present.streams.iter_mut().find(|one| one.outlet.is(stream)) else { return false };
        listener.grant = *grant;
        listener.outlet.renew(grant.expires_at);
        true
    }

    /// Asks a stream of a user to say goodbye, if it is here.
    pub(crate) fn end(&self, user: &UserId, stream: Uuid, reason: GoodbyeReason) {
        let state = self.state.lock();
        let mut streams = state.present.get(user).into_iter().flat_map(|present| &present.streams);
        if let Some(listener) = streams.find(|one| one.outlet.is(stream)) {
            listener.outlet.end(reason);
        }
    }

    /// Lets a stream whose queue overflowed start anew: where it is now, and what is known of the user there.
    pub(crate) fn rejoin(&self, user: &UserId, outlet: &Outlet) -> (Position, Counts, Arc<Scope>) {
        let state = self.state.lock();
        outlet.reopen();
        let session = state.present.get(user).map(|present| &present.session);
        let counts = session.map(Session::counts).unwrap_or_default();
        (state.position, counts, session.map(|session| Arc::clone(session.scope())).unwrap_or_default())
    }

    /// Hands a signal that is not in the log to whoever is here and it is for now.
    pub(crate) fn whisper(&self, whisper: &Arc<Whisper>) {
        let now = Instant::now();
        let end = Position::new(i64::MAX).unwrap_or_default();
        let state = self.state.lock();
        state.concerned(&whisper.audience, |_, present| {
            let theirs = present.session.scope().holds(&whisper.audience, end);
            if theirs || sabotage::is(Bug::WhisperedToWhoLeft) {
                present.streams.iter().for_each(|stream| stream.outlet.whisper(whisper, now));
            }
        });
    }

    /// Shows each user who is here and belongs to an audience now.
    pub(crate) fn belonging(&self, audience: &Audience, mut show: impl FnMut(&UserId)) {
        let end = Position::new(i64::MAX).unwrap_or_default();
        self.state.lock().concerned(audience, |user, present| {
            if present.session.scope().holds(audience, end) {
                show(user);
            }
        });
    }

    /// The position up to which a stream has everything, when nothing waits for it.
    pub(crate) fn caught_up(&self, outlet: &Outlet) -> Option<Position> {
        let state = self.state.lock();
        outlet.is_drained().then_some(state.position)
    }

    /// Up to `limit` entries of `windows` after one position and up to another, when the feed has them.
    pub(crate) fn recent(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: usize,
    ) -> Option<Vec<Arc<Entry>>> {
        let own = |entry: &Entry| entitled(windows, &entry.event.audience, entry.position());
        self.feed.between(after, up_to, limit, own)
    }

    /// Whether everything after `position` can be had from the feed, and this hub has come so far.
    pub(crate) fn covers(&self, position: Position) -> bool {
        position <= self.position() && self.feed.reaches(position)
    }

    /// Nobody new joins from now on.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
    }

    /// Asks up to `count` streams to say goodbye and tells how many there were to be asked.
    pub(crate) fn end_some(&self, count: usize, reason: GoodbyeReason) -> usize {
        let state = self.state.lock();
        let streams = state.present.values().flat_map(|present| &present.streams);
        let waiting: Vec<_> = streams
            .filter(|stream| stream.outlet.ending().is_none())
            .map(|stream| Arc::clone(&stream.outlet))
            .collect();
        drop(state);
        for outlet in waiting.iter().take(count) {
            outlet.end(reason);
        }
        waiting.len()
    }

    /// Wakes the streams that wanted to be woken by now, and takes their places from those whose token
    /// has ended, whether or not anybody still reads them: a reader that stands still is not asked, and
    /// would keep its place for as long as its connection.
    pub(crate) fn tick(&self, now: Instant) {
        let mut state = self.state.lock();
        let mut gone = Vec::new();
        for (user, present) in &mut state.present {
            present.streams.retain(|stream| {
                let over = stream.outlet.tick(now);
                if over {
                    self.ledger.closed(user, &stream.outlet, now);
                }
                !over
            });
            if present.streams.is_empty() {
                gone.push(user.clone());
            }
        }
        for user in &gone {
            state.leave(user);
        }
    }

    fn leave(&self, user: &UserId, id: u64) {
        let mut state = self.state.lock();
        let Some(present) = state.present.get_mut(user) else { return };
        if let Some(index) = present.streams.iter().position(|stream| stream.id == id) {
            let stream = present.streams.remove(index);
            self.ledger.closed(user, &stream.outlet, Instant::now());
        }
        if present.streams.is_empty() {
            state.leave(user);
        }
    }

    /// Brings a state that was read from the database up to what was dispatched since. `None`: that
    /// cannot be done from the feed, so it must be read again.
    fn catch_up(&self, mut session: Session, to: Position) -> Option<Session> {
        for entry in self.recent(&session.scope().windows, session.as_of(), to, usize::MAX)? {
            if sabotage::is(Bug::CountsOfAStaleSession) {
                break;
            }
            if session.needs_recount(&entry.event) {
                return None;
            }
            session.apply(&entry);
        }
        Some(session)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.user, self.id);
    }
}

#[cfg(test)]
mod tests;
