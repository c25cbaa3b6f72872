//! What the benchmarks of this crate share, and the instruction counts of `api` with them: a log that
//! goes on, and a hub with many users.
#![allow(dead_code, reason = "each program uses its part")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tidings_broker::{
    Delivery, Entry, Own, Sink,
    bench::{Hub, Listener, render},
};
use tidings_models::{
    Audience, Counts, CursorKey, Cursors, Effect, Epoch, Event, Head, InboxPage, Kind, Position, Seq, Timestamp,
    UserId, Window,
};

/// A step between users that follow each other: neighbours in memory would be too kind.
const STRIDE: usize = 7919;

pub(crate) fn cursors() -> Cursors {
    Cursors::new(&CursorKey::new([7; 16]), epoch(), &[])
}

fn epoch() -> Epoch {
    Epoch::from_random([3; 16])
}

pub(crate) fn position(value: usize) -> Position {
    i64::try_from(value).ok().and_then(Position::new).expect("far fewer events than positions")
}

pub(crate) fn user(number: usize) -> UserId {
    UserId::parse(&format!("user-{number:06}")).expect("a name")
}

/// What is read when a user comes: an own window, and everyone's.
pub(crate) fn page(user: &UserId) -> InboxPage {
    let window = |audience| Window::since(audience, Position::START);
    InboxPage {
        head: Head { epoch: epoch(), position: Position::START, floor: Position::START },
        windows: vec![window(Audience::User(user.clone())), window(Audience::Everyone)],
        mutes: Vec::new(),
        counts: Counts { unread: 12, unseen: 3 },
        items: Vec::new(),
        more: false,
    }
}

/// A notification of so many bytes, as it stands in the log.
pub(crate) fn event(at: usize, audience: Audience, bytes: usize) -> Event {
    let head = r#"{"id":"01900000-0000-7000-8000-000000000000","title":"Build failed","level":"error","body":""#;
    let body = "x".repeat(bytes.saturating_sub(head.len() + 2));
    let millis = i64::try_from(at).unwrap_or_default();
    Event {
        position: position(at),
        audience,
        seq: Seq::new(1),
        kind: Kind::Notification,
        created_at: Timestamp::from_millis(1_700_000_000_000 + millis),
        effect: Effect::ARRIVED,
        payload: format!("{head}{body}\"}}").into(),
    }
}

/// A log of notifications of 200 bytes. Rendered once: that is measured by itself.
pub(crate) struct Log {
    last: usize,
    rendered: Arc<Entry>,
}

impl Default for Log {
    fn default() -> Self {
        let rendered = render(event(0, Audience::Everyone, 200), &cursors()).expect("JSON");
        Self { last: 0, rendered }
    }
}

impl Log {
    pub(crate) fn next(&mut self, audience: Audience) -> Arc<Entry> {
        self.last += 1;
        let Entry { event, subject, cursor, envelope, .. } = &*self.rendered;
        let event = Event { position: position(self.last), audience, ..event.clone() };
        Arc::new(Entry {
            event,
            subject: subject.clone(),
            news: None,
            cursor: cursor.clone(),
            envelope: envelope.clone(),
        })
    }

    /// The next one is for one of so many users.
    pub(crate) fn for_one_of(&mut self, users: usize) -> Arc<Entry> {
        self.next(Audience::User(user(self.last * STRIDE % users)))
    }

    /// So many for one user each, as they are committed together.
    pub(crate) fn unicasts(&mut self, count: usize, users: usize) -> Vec<Arc<Entry>> {
        (0..count).map(|_| self.for_one_of(users)).collect()
    }

    /// So many for everyone.
    pub(crate) fn broadcasts(&mut self, count: usize) -> Vec<Arc<Entry>> {
        (0..count).map(|_| self.next(Audience::Everyone)).collect()
    }

    /// A ring full of what others have got, with one of 128 for `reader`.
    pub(crate) fn mixed(&mut self, count: usize, reader: &UserId) -> Vec<Arc<Entry>> {
        let audience = |number| match number % 256 {
            64 => Audience::User(reader.clone()),
            192 => Audience::Everyone,
            _ => Audience::User(user(1_000_000 + number)),
        };
        (0..count).map(|number| self.next(audience(number))).collect()
    }
}

/// A connection that takes everything, and leaves it.
#[derive(Default)]
struct Taker(AtomicUsize);

impl Sink for Taker {
    fn offer(&self, events: &[Delivery<'_>]) -> bool {
        self.0.fetch_add(std::hint::black_box(events).len(), Ordering::Relaxed);
        true
    }
}

/// A hub, and the streams of as many users.
pub(crate) struct Crowd {
    pub(crate) hub: Hub,
    listeners: Vec<Listener>,
    /// How many events each of the sinks took.
    takers: Vec<Arc<Taker>>,
    taken: Vec<(Arc<Entry>, Own)>,
}

impl Crowd {
    /// Everybody has a queue.
    pub(crate) fn of(users: usize) -> Self {
        let hub = Hub::default();
        let join = |number| {
            let user = user(number);
            hub.join(&user, &page(&user)).expect("room for everybody")
        };
        let listeners = (0..users).map(join).collect();
        Self { hub, listeners, takers: Vec::new(), taken: Vec::new() }
    }

    /// Everybody has a connection that takes everything.
    pub(crate) fn with_takers(users: usize) -> Self {
        let mut takers = Vec::new();
        let crowd = Self::with_sinks(users, || {
            let taker = Arc::new(Taker::default());
            takers.push(Arc::clone(&taker));
            taker
        });
        Self { takers, ..crowd }
    }

    /// Everybody has a connection.
    pub(crate) fn with_sinks<S: Sink + 'static>(users: usize, mut sink: impl FnMut() -> Arc<S>) -> Self {
        let crowd = Self::of(users);
        for listener in &crowd.listeners {
            listener.pass_to(&(sink() as Arc<dyn Sink>));
        }
        crowd
    }

    pub(crate) fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Events that were taken by all connections: what is not delivered costs little.
    pub(crate) fn delivered(&self) -> usize {
        self.takers.iter().map(|taker| taker.0.load(Ordering::Relaxed)).sum()
    }

    /// Empties all queues, and tells how many events there were.
    pub(crate) fn empty(&mut self) -> usize {
        let mut count = 0;
        for listener in &self.listeners {
            listener.take(&mut self.taken);
            count += self.taken.len();
            self.taken.clear();
        }
        count
    }
}
