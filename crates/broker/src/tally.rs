//! What happens on this node, counted, for whoever watches it.
//!
//! A count stands where it arises. It never waits, and costs an addition to a number that threads share: for each
//! request, group, page of a replay, or batch of a hub. Never for each delivery: a hub adds up what it hands on, and
//! tells once.
//!
//! **To count something more:** a field of [`Tally`], and a line where it arises. What reads it stands in `api`.

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tidings_models::Outcome;

use crate::{
    error::{Error, OpenError},
    frame::GoodbyeReason,
    ledger::Transport,
    replay::ResetReason,
};

/// Kinds of one thing at most: room to add them up without asking for memory.
const MOST_KINDS: usize = 8;

/// Seconds, in millionths: from what a commit in memory takes up to what nobody waits for any more.
const TIMES: [u64; 16] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000,
];
/// Events of a group. More than 256 come with a batch alone.
const SIZES: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024];

/// How often something happened since the process began.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// It happened again, so often.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    /// So often.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Something that is of a few kinds. The words are labels of what is counted: few, and never made of what anybody sent.
pub trait Kinds: Copy + PartialEq + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// The word for one.
    fn word(self) -> &'static str;
}

/// How often something happened, by its kind.
pub struct By<K>(Box<[Count]>, PhantomData<K>);

impl<K: Kinds> By<K> {
    pub(crate) fn add(&self, kind: K) {
        self.add_many(kind, 1);
    }

    pub(crate) fn add_many(&self, kind: K, times: u64) {
        let place = K::ALL.iter().position(|known| *known == kind);
        if let Some(count) = place.and_then(|place| self.0.get(place)).filter(|_| times > 0) {
            count.add(times);
        }
    }

    /// Adds many with one addition for each kind.
    pub(crate) fn add_each(&self, kinds: impl IntoIterator<Item = K>) {
        let mut counted = [0; MOST_KINDS];
        for kind in kinds {
            let place = K::ALL.iter().position(|known| *known == kind);
            if let Some(count) = place.and_then(|place| counted.get_mut(place)) {
                *count += 1;
            }
        }
        for (all, more) in self.0.iter().zip(counted).filter(|(_, more)| *more > 0) {
            all.add(more);
        }
    }

    /// Each kind, and how often.
    pub fn each(&self) -> impl Iterator<Item = (K, u64)> {
        K::ALL.iter().copied().zip(self.0.iter().map(Count::get))
    }
}

impl<K: Kinds> Default for By<K> {
    fn default() -> Self {
        Self(K::ALL.iter().map(|_| Count::default()).collect(), PhantomData)
    }
}

impl<K: Kinds> fmt::Debug for By<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.each().map(|(kind, count)| (kind.word(), count))).finish()
    }
}

/// How values are spread: how many lie between some bounds, and what they add up to.
#[derive(Debug)]
pub struct Spread {
    bounds: &'static [u64],
    /// One more than there are bounds: the last has no end.
    counts: Box<[Count]>,
    sum: Count,
    /// What one of the units that are counted in is to whoever reads it.
    unit: f64,
}

impl Spread {
    fn of(bounds: &'static [u64], unit: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| Count::default()).collect();
        Self { bounds, counts, sum: Count::default(), unit }
    }

    fn times() -> Self {
        Self::of(&TIMES, 1e-6)
    }

    fn sizes() -> Self {
        Self::of(&SIZES, 1.0)
    }

    pub(crate) fn add(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.add(1);
        }
        self.sum.add(value);
    }

    pub(crate) fn took(&self, time: Duration) {
        self.add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// The bounds, each with how many values lie between it and the one before. The last is infinite.
    #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 * self.unit).chain([f64::INFINITY]);
        bounds.zip(self.counts.iter().map(Count::get))
    }

    /// What all values add up to.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody reads it to the last digit")]
    pub fn sum(&self) -> f64 {
        self.sum.get() as f64 * self.unit
    }
}

/// What became of what was handed in to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A notification is in the log.
    Stored,
    /// It was there already, under the same key.
    Repeated,
    /// Anything else was done: a mark, a membership, a change of who may come in.
    Done,
    /// It was not done, for a reason of its own.
    Refused,
    /// The database did not do it.
    Failed,
    /// Too many were waiting.
    Overloaded,
}

impl Kinds for Written {
    const ALL: &'static [Self] =
        &[Self::Stored, Self::Repeated, Self::Done, Self::Refused, Self::Failed, Self::Overloaded];

    fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Repeated => "repeated",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Overloaded => "overloaded",
        }
    }
}

impl Written {
    /// Each of an outcome: what was done together is several.
    pub(crate) fn each(outcome: &Outcome) -> impl Iterator<Item = Self> {
        let several = match outcome {
            Outcome::Together(Ok(outcomes) | Err(outcomes)) => &outcomes[..],
            one => std::slice::from_ref(one),
        };
        several.iter().map(|outcome| match outcome {
            Outcome::Stored(_) => Self::Stored,
            Outcome::Repeated(_) => Self::Repeated,
            refused if refused.is_refusal() => Self::Refused,
            _ => Self::Done,
        })
    }
}

/// How a node came to know of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It was committed here.
    Own,
    /// Somebody rang.
    Bell,
    /// It looked by itself. With a bus that rings, that is rare.
    Poll,
}

impl Kinds for Found {
    const ALL: &'static [Self] = &[Self::Own, Self::Bell, Self::Poll];

    fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Bell => "bell",
            Self::Poll => "poll",
        }
    }
}

/// Where a part of a replay came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The newest part of the log, in memory.
    Ring,
    /// A read of the database.
    Database,
}

impl Kinds for Source {
    const ALL: &'static [Self] = &[Self::Ring, Self::Database];

    fn word(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Database => "database",
        }
    }
}

/// Why a stream was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// There are as many as there may be: of the user, from the address, or on the node.
    Limit,
    /// What the reader is believed by was taken away.
    Revoked,
    /// The node is stopping.
    Stopping,
    /// The database is away, or the node has too much to do.
    Failed,
}

impl Kinds for NotOpened {
    const ALL: &'static [Self] = &[Self::Limit, Self::Revoked, Self::Stopping, Self::Failed];

    fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Revoked => "revoked",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

impl From<&OpenError> for NotOpened {
    fn from(error: &OpenError) -> Self {
        match error {
            OpenError::UserLimit | OpenError::AddressLimit | OpenError::NodeLimit => Self::Limit,
            OpenError::Revoked => Self::Revoked,
            OpenError::Failed(Error::Stopping) => Self::Stopping,
            OpenError::Failed(_) => Self::Failed,
        }
    }
}

impl Kinds for ResetReason {
    const ALL: &'static [Self] = &[Self::Malformed, Self::Epoch, Self::Ahead, Self::Expired];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Kinds for GoodbyeReason {
    const ALL: &'static [Self] = &[Self::Shutdown, Self::TokenExpired, Self::Overloaded, Self::Limit, Self::Revoked];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Kinds for Transport {
    const ALL: &'static [Self] = &[Self::Sse, Self::WebSocket, Self::Poll];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

/// All that is counted.
#[derive(Debug)]
pub struct Tally {
    /// What became of what was handed in to be written.
    pub written: By<Written>,
    /// Events of each group that was committed.
    pub group_events: Spread,
    /// How long each commit took, those that failed too.
    pub commit: Spread,
    /// The last commit failed because the disk of the database is full.
    pub(crate) full: AtomicBool,
    /// From the acceptance of an event until it was handed to the connections of its readers: of each batch that a hub
    /// handed on, and that anybody was there for, the oldest.
    pub delivery: Spread,
    /// Events that were handed to streams as they happened.
    pub delivered: Count,
    /// Outlets that overflowed: their readers were too slow, and are caught up from the log.
    pub overflows: Count,
    /// Streams whose connection was given up, because it took nothing for too long.
    pub stalled: Count,
    /// Events of the log that this node came to know.
    pub found: By<Found>,
    /// Pages of replays.
    pub replay_pages: By<Source>,
    /// Events of replays.
    pub replayed: Count,
    /// States that took the place of a continuation.
    pub resets: By<ResetReason>,
    /// Streams that were opened.
    pub opened: By<Transport>,
    /// Streams that are gone.
    pub closed: By<Transport>,
    /// Streams that were not opened.
    pub not_opened: By<NotOpened>,
    /// Streams that the server ended.
    pub goodbyes: By<GoodbyeReason>,
    /// Reads of the database for readers.
    pub reads: Count,
    /// Those of them that failed.
    pub failed_reads: Count,
    /// How long reads waited for their turn, those that had to.
    pub read_waits: Spread,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            written: By::default(),
            group_events: Spread::sizes(),
            commit: Spread::times(),
            full: AtomicBool::new(false),
            delivery: Spread::times(),
            delivered: Count::default(),
            overflows: Count::default(),
            stalled: Count::default(),
            found: By::default(),
            replay_pages: By::default(),
            replayed: Count::default(),
            resets: By::default(),
            opened: By::default(),
            closed: By::default(),
            not_opened: By::default(),
            goodbyes: By::default(),
            reads: Count::default(),
            failed_reads: Count::default(),
            read_waits: Spread::times(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_up_to_their_bounds() {
        let spread = Spread::of(&[1, 10], 0.5);
        for value in [0, 1, 2, 10, 11, 1000] {
            spread.add(value);
        }
        let buckets: Vec<_> = spread.buckets().collect();
        assert_eq!(buckets, [(0.5, 2), (5.0, 2), (f64::INFINITY, 2)]);
        assert_eq!(spread.sum().to_bits(), 512.0_f64.to_bits());
        assert!(TIMES.is_sorted() && SIZES.is_sorted());
    }

    #[test]
    fn what_was_done_together_is_several() {
        let counts = Tally::default();
        let outcomes = [
            Outcome::Met,
            Outcome::NotFound,
            Outcome::Together(Ok(vec![Outcome::Marked(true), Outcome::Done(false)])),
            Outcome::Together(Err(vec![Outcome::Undone, Outcome::KeyConflict])),
        ];
        counts.written.add_each(outcomes.iter().flat_map(Written::each));
        let counted = |kind| counts.written.each().find(|(one, _)| *one == kind).unwrap().1;
        assert_eq!((counted(Written::Done), counted(Written::Refused), counted(Written::Stored)), (3, 3, 0));
    }

    /// What is counted by kind has room for all kinds, each by a word of its own.
    #[test]
    fn kinds_are_few_and_have_words() {
        fn words<K: Kinds>() {
            let words: std::collections::HashSet<_> = K::ALL.iter().map(|kind| kind.word()).collect();
            assert!(words.len() == K::ALL.len() && K::ALL.len() <= MOST_KINDS, "{words:?}");
        }
        words::<Written>();
        words::<Found>();
        words::<Source>();
        words::<NotOpened>();
        words::<ResetReason>();
        words::<GoodbyeReason>();
        words::<Transport>();
    }
}
