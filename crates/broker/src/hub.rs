//! Who is listening on this node, by audience.
//!
//! One lock orders everything: an entry is dispatched, or a stream joins, never both at once. So a
//! stream that joins at position H gets every entry after H through its outlet, and what it missed
//! is exactly what lies between its cursor and H.
//!
//! Nothing waits while the lock is held: handing an entry over is a push to a bounded queue.

use std::{collections::HashMap, sync::Arc};

use tidings_models::{Audience, Counts, Effect, Position, UserId, Window};
use tokio::time::Instant;

use crate::{
    entry::Entry,
    frame::GoodbyeReason,
    outlet::Outlet,
    ring::Ring,
    sabotage::{self, Bug},
    session::{Session, entitled},
    sizes::Sizes,
    sync::Mutex,
};

/// The subscription manager of this node.
pub(crate) struct Hub {
    state: Mutex<State>,
}

struct State {
    /// Everything up to here was dispatched.
    position: Position,
    ring: Ring,
    /// Entries that may wait in one outlet.
    queue: usize,
    present: HashMap<UserId, Present>,
    streams: usize,
    next_id: u64,
    closed: bool,
}

/// A user with open streams on this node.
struct Present {
    session: Session,
    streams: Vec<(u64, Arc<Outlet>)>,
}

/// Bounds on who may join.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Streams of one user. Keeps a client in a loop from taking the node's.
    pub(crate) per_user: usize,
    /// Streams of this node. Bounds its memory and file handles.
    pub(crate) per_node: usize,
}

/// Why a stream could not join.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The user's state is needed first, as of now.
    NeedsSession,
    /// The user has as many streams as allowed.
    User,
    /// The node has as many streams as allowed.
    Node,
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
    /// The audiences of the user there.
    pub(crate) windows: Vec<Window>,
    /// Where entries come.
    pub(crate) outlet: Arc<Outlet>,
    /// Leaves the hub when it is dropped.
    pub(crate) seat: Seat,
}

/// A stream's place in the hub. Dropping it leaves.
pub(crate) struct Seat {
    hub: Arc<Hub>,
    user: UserId,
    id: u64,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seat({} of {})", self.id, self.user)
    }
}

impl Hub {
    /// A hub that has seen the log up to `position`.
    pub(crate) fn new(position: Position, sizes: Sizes) -> Self {
        let (ring, present) = (Ring::new(position).holding(sizes.ring), HashMap::new());
        let queue = sizes.queue;
        Self { state: Mutex::new(State { position, ring, queue, present, streams: 0, next_id: 1, closed: false }) }
    }

    /// Everything up to here was dispatched.
    pub(crate) fn position(&self) -> Position {
        self.state.lock().position
    }

    /// Users and streams that are here now.
    pub(crate) fn figures(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.present.len(), state.streams)
    }

    /// Hands the next entry of the log to everybody it is for. When it leaves open what the counts of
    /// some of them are, nobody gets it yet: these must be counted anew first (see [`Hub::recount`]).
    pub(crate) fn dispatch(&self, entry: &Arc<Entry>) -> Result<(), Vec<UserId>> {
        let mut state = self.state.lock();
        if entry.event.effect == Effect::Recounts {
            let open = state.present.iter().filter(|(_, present)| present.session.needs_recount(&entry.event));
            let open: Vec<_> = open.map(|(user, _)| user.clone()).collect();
            if !open.is_empty() {
                return Err(open);
            }
        }
        state.position = entry.position();
        state.ring.push(Arc::clone(entry));
        match &entry.event.audience {
            Audience::User(user) => {
                if let Some(present) = state.present.get_mut(user) {
                    present.deliver(entry);
                }
            }
            Audience::Everyone | Audience::Topic(_) => {
                for present in state.present.values_mut() {
                    present.deliver(entry);
                }
            }
        }
        Ok(())
    }

    /// Replaces the state of a user, if they are still here, by one that was read since.
    pub(crate) fn recount(&self, user: &UserId, session: Session) {
        if let Some(present) = self.state.lock().present.get_mut(user)
            && session.as_of() > present.session.as_of()
        {
            present.session = session;
        }
    }

    /// Lets a stream of `user` join. `loaded` is the user's state, for when this is their first stream.
    pub(crate) fn join(
        self: &Arc<Self>,
        user: &UserId,
        loaded: Option<Session>,
        limits: Limits,
    ) -> Result<Joined, Refused> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::Stopping);
        }
        if state.streams >= limits.per_node {
            return Err(Refused::Node);
        }
        if !state.present.contains_key(user) {
            let session = loaded.and_then(|session| state.catch_up(session)).ok_or(Refused::NeedsSession)?;
            state.present.insert(user.clone(), Present { session, streams: Vec::new() });
        }
        let (id, position, queue) = (state.next_id, state.position, state.queue);
        let Some(present) = state.present.get_mut(user) else { return Err(Refused::NeedsSession) };
        if present.streams.len() >= limits.per_user {
            return Err(Refused::User);
        }
        let outlet = Arc::new(Outlet::holding(queue));
        present.streams.push((id, Arc::clone(&outlet)));
        let (counts, windows) = (present.session.counts(), present.session.windows().to_vec());
        state.next_id += 1;
        state.streams += 1;
        let seat = Seat { hub: Arc::clone(self), user: user.clone(), id };
        Ok(Joined { position, counts, windows, outlet, seat })
    }

    /// Lets a stream whose queue overflowed start anew: where it is now, and its counts there.
    pub(crate) fn rejoin(&self, user: &UserId, outlet: &Outlet) -> (Position, Counts) {
        let state = self.state.lock();
        outlet.reopen();
        let counts = state.present.get(user).map(|present| present.session.counts()).unwrap_or_default();
        (state.position, counts)
    }

    /// The position up to which a stream has everything, when nothing waits for it.
    pub(crate) fn caught_up(&self, outlet: &Outlet) -> Option<Position> {
        let state = self.state.lock();
        outlet.is_drained().then_some(state.position)
    }

    /// Up to `limit` entries of `windows` after one position and up to another, when the ring has them.
    pub(crate) fn recent(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: usize,
    ) -> Option<Vec<Arc<Entry>>> {
        let state = self.state.lock();
        let entries = state.ring.after(after)?.take_while(|entry| entry.position() <= up_to);
        let own = entries.filter(|entry| entitled(windows, &entry.event.audience, entry.position()));
        Some(own.take(limit).cloned().collect())
    }

    /// Whether everything after `position` can be had from the ring, and it is not beyond it.
    pub(crate) fn covers(&self, position: Position) -> bool {
        let state = self.state.lock();
        position <= state.position && state.ring.after(position).is_some()
    }

    /// Asks up to `count` streams to say goodbye and tells how many are left to be asked. Nobody new
    /// joins from now on.
    pub(crate) fn end_some(&self, count: usize, reason: GoodbyeReason) -> usize {
        let mut state = self.state.lock();
        state.closed = true;
        let waiting: Vec<_> = state
            .present
            .values()
            .flat_map(|present| &present.streams)
            .filter(|(_, outlet)| outlet.ending().is_none())
            .map(|(_, outlet)| Arc::clone(outlet))
            .collect();
        drop(state);
        for outlet in waiting.iter().take(count) {
            outlet.end(reason);
        }
        waiting.len().saturating_sub(count)
    }

    /// Takes their places from streams whose token has ended, whether or not anybody still reads them: a
    /// reader that stands still is not asked, and would keep its place for as long as its connection.
    pub(crate) fn release_expired(&self, now: Instant) {
        let mut state = self.state.lock();
        let mut released = 0;
        state.present.retain(|_, present| {
            let before = present.streams.len();
            present.streams.retain(|(_, outlet)| !outlet.is_expired(now));
            released += before - present.streams.len();
            !present.streams.is_empty()
        });
        state.streams -= released;
    }

    fn leave(&self, user: &UserId, id: u64) {
        let mut state = self.state.lock();
        let Some(present) = state.present.get_mut(user) else { return };
        let before = present.streams.len();
        present.streams.retain(|(stream, _)| *stream != id);
        let left = before - present.streams.len();
        if present.streams.is_empty() {
            state.present.remove(user);
        }
        state.streams -= left;
    }
}

impl State {
    /// Brings a state that was read from the database up to what was dispatched since. `None`: that
    /// cannot be done from the ring, so it must be read again.
    fn catch_up(&self, mut session: Session) -> Option<Session> {
        for entry in self.ring.after(session.as_of())? {
            if sabotage::is(Bug::CountsOfAStaleSession) {
                break;
            }
            if session.needs_recount(&entry.event) {
                return None;
            }
            session.apply(&entry.event);
        }
        Some(session)
    }
}

impl Present {
    fn deliver(&mut self, entry: &Arc<Entry>) {
        if let Some(counts) = self.session.apply(&entry.event) {
            for (_, outlet) in &self.streams {
                outlet.push(entry, counts);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.leave(&self.user, self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entry, page, pos, user};

    const LIMITS: Limits = Limits { per_user: 2, per_node: 3 };

    #[expect(clippy::unnecessary_wraps, reason = "what `join` takes")]
    fn session(name: &str, as_of: i64) -> Option<Session> {
        Some(Session::of(&page(name, as_of, Counts { unread: 1, unseen: 1 })))
    }

    fn taken(joined: &Joined) -> Vec<(i64, i64)> {
        let mut live = Vec::new();
        joined.outlet.take(usize::MAX, &mut live);
        live.into_iter().map(|(entry, counts)| (entry.position().get(), counts.unread)).collect()
    }

    #[test]
    fn entries_reach_their_audience_after_the_place_of_joining() {
        let hub = Arc::new(Hub::new(pos(0), Sizes::default()));
        hub.dispatch(&entry(1, "user:ann")).unwrap();
        let ann = hub.join(&user("ann"), session("ann", 1), LIMITS).unwrap();
        let again = hub.join(&user("ann"), None, LIMITS).unwrap();
        let bob = hub.join(&user("bob"), session("bob", 1), LIMITS).unwrap();
        assert_eq!(ann.position, pos(1));
        hub.dispatch(&entry(2, "user:ann")).unwrap();
        hub.dispatch(&entry(3, "everyone")).unwrap();
        assert_eq!(taken(&ann), [(2, 2), (3, 3)]);
        assert_eq!(taken(&again), [(2, 2), (3, 3)]);
        assert_eq!(taken(&bob), [(3, 2)]);
    }

    #[test]
    fn a_state_read_before_the_last_dispatch_is_caught_up() {
        let hub = Arc::new(Hub::new(pos(0), Sizes::default()));
        hub.dispatch(&entry(1, "user:ann")).unwrap();
        hub.dispatch(&entry(2, "user:ann")).unwrap();
        let ann = hub.join(&user("ann"), session("ann", 0), LIMITS).unwrap();
        assert_eq!((ann.position, ann.counts.unread), (pos(2), 3));
        let hub = Arc::new(Hub::new(pos(5), Sizes::default()));
        let refused = hub.join(&user("ann"), session("ann", 4), LIMITS).unwrap_err();
        assert_eq!(refused, Refused::NeedsSession, "the ring does not go back that far");
    }

    #[test]
    fn leaving_makes_room_and_forgets_the_user() {
        let hub = Arc::new(Hub::new(pos(0), Sizes::default()));
        let first = hub.join(&user("ann"), session("ann", 0), LIMITS).unwrap();
        let second = hub.join(&user("ann"), None, LIMITS).unwrap();
        assert_eq!(hub.join(&user("ann"), None, LIMITS).unwrap_err(), Refused::User);
        let third = hub.join(&user("bob"), session("bob", 0), LIMITS).unwrap();
        assert_eq!(hub.join(&user("cyd"), session("cyd", 0), LIMITS).unwrap_err(), Refused::Node);
        assert_eq!(hub.figures(), (2, 3));
        drop((first, second, third));
        assert_eq!(hub.figures(), (0, 0));
        assert_eq!(hub.join(&user("ann"), None, LIMITS).unwrap_err(), Refused::NeedsSession);
    }

    #[test]
    fn goodbyes_go_out_in_slices() {
        let hub = Arc::new(Hub::new(pos(0), Sizes::default()));
        let streams: Vec<_> =
            ["ann", "bob", "cyd"].iter().map(|name| hub.join(&user(name), session(name, 0), LIMITS).unwrap()).collect();
        assert_eq!(hub.end_some(2, GoodbyeReason::Shutdown), 1);
        assert_eq!(hub.end_some(2, GoodbyeReason::Shutdown), 0);
        assert!(streams.iter().all(|joined| joined.outlet.ending() == Some(GoodbyeReason::Shutdown)));
        assert_eq!(hub.join(&user("ann"), None, LIMITS).unwrap_err(), Refused::Stopping);
    }
}
