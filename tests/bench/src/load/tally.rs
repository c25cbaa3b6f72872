//! What was sent, what arrived, and how long it took.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use hdrhistogram::Histogram;
use mio::Waker;

use crate::{
    failure::{Failure, Result},
    stamp::{Kind, Stamp},
};

/// A minute in microseconds. What takes longer is as bad as that.
const LONGEST: u64 = 60_000_000;

pub(crate) fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, LONGEST, 3).map_err(Failure::at("histogram"))
}

/// A quantile in milliseconds.
pub(crate) fn millis(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "below 2^26")]
    let micros = histogram.value_at_quantile(quantile) as f64;
    micros / 1000.0
}

/// How many events, and the sum of their numbers plus one: one lost and another one twice leaves the count as it
/// should be, but not the sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) events: u32,
    sum: u64,
}

impl Count {
    pub(crate) fn add(&mut self, number: u64) {
        self.events += 1;
        self.sum += number + 1;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.events += other.events;
        self.sum += other.sum;
    }
}

/// What each user should have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) everyone: Count,
    pub(crate) users: Vec<Count>,
}

impl Ledger {
    pub(crate) fn new(users: usize) -> Self {
        Self { everyone: Count::default(), users: vec![Count::default(); users] }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.everyone.merge(other.everyone);
        for (mine, theirs) in self.users.iter_mut().zip(&other.users) {
            mine.merge(*theirs);
        }
    }

    pub(crate) fn of(&self, user: usize) -> Count {
        let mut count = self.users.get(user).copied().unwrap_or_default();
        count.merge(self.everyone);
        count
    }

    /// Deliveries to all of the first so many users.
    pub(crate) fn deliveries(&self, users: usize) -> u64 {
        (0..users).map(|user| u64::from(self.of(user).events)).sum()
    }
}

/// The difference between what was sent and what came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
}

impl Losses {
    pub(crate) fn add(&mut self, expected: Count, got: Count) {
        self.lost += u64::from(expected.events.saturating_sub(got.events));
        self.repeated += u64::from(got.events.saturating_sub(expected.events));
        if expected.events == got.events && expected.sum != got.sum {
            self.lost += 1;
            self.repeated += 1;
        }
    }
}

/// How many broadcasts have reached everybody: a publisher that keeps a fixed number under way waits for it.
#[derive(Debug)]
pub(crate) struct Window {
    done: AtomicU64,
    waker: Waker,
}

impl Window {
    pub(crate) fn new(waker: Waker) -> Arc<Self> {
        Arc::new(Self { done: AtomicU64::new(0), waker })
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    fn one_more(&self) {
        self.done.fetch_add(1, Ordering::Release);
        let _ = self.waker.wake(); // fails only without memory; the publisher looks now and then anyway
    }
}

/// A broadcast on its way.
#[derive(Clone, Copy, Debug, Default)]
struct Broadcast {
    sent: u64,
    got: u32,
}

/// The arrivals of one phase of a scenario.
#[derive(Debug)]
pub(crate) struct Tally {
    /// From sending to receipt, of each delivery.
    pub(crate) delivery: Histogram<u64>,
    /// From sending to receipt by the last one, of each broadcast that reached everybody.
    pub(crate) last: Histogram<u64>,
    pub(crate) deliveries: u64,
    /// Reads that brought something: how many events a server puts into one write shows here.
    pub(crate) reads: u64,
    /// Bytes of these reads, and of the requests of the streams.
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// The number of each unicast and when it came, where somebody wants to know. The time of a phase bounds it.
    pub(crate) arrivals: Option<Vec<(u64, u64)>>,
    /// When the newest one came.
    pub(crate) newest: u64,
    /// The first broadcast of this phase has this number.
    first: u64,
    broadcasts: Vec<Broadcast>,
    receivers: u32,
    window: Option<Arc<Window>>,
}

impl Tally {
    pub(crate) fn new(first: u64, receivers: u32, window: Option<Arc<Window>>) -> Result<Self> {
        Ok(Self {
            delivery: histogram()?,
            last: histogram()?,
            deliveries: 0,
            reads: 0,
            received: 0,
            sent: 0,
            arrivals: None,
            newest: 0,
            first,
            broadcasts: Vec::new(),
            receivers,
            window,
        })
    }

    /// An event, on a stream that was begun at some time. What was sent before that was missed and replayed: it
    /// arrived, but how long that took is how long its reader was away.
    pub(crate) fn arrived(&mut self, stamp: Stamp, now: u64, begun: u64) {
        let took = now.saturating_sub(stamp.micros);
        if stamp.micros >= begun {
            self.delivery.saturating_record(took);
        }
        self.deliveries += 1;
        self.newest = now;
        if stamp.kind == Kind::Unicast
            && let Some(arrivals) = &mut self.arrivals
        {
            arrivals.push((stamp.number, now));
        }
        if stamp.kind == Kind::Broadcast
            && let Some(index) = stamp.number.checked_sub(self.first)
        {
            self.broadcast(usize::try_from(index).unwrap_or(usize::MAX), stamp.micros, took);
        }
    }

    fn broadcast(&mut self, index: usize, sent: u64, took: u64) {
        /// No run sends as many; a wrong number must not fill the memory.
        const MOST: usize = 1 << 22;
        if index >= MOST {
            return;
        }
        if index >= self.broadcasts.len() {
            self.broadcasts.resize(index + 1, Broadcast::default());
        }
        let broadcast = &mut self.broadcasts[index];
        broadcast.sent = sent;
        broadcast.got += 1;
        if broadcast.got == self.receivers {
            self.last.saturating_record(took);
            if let Some(window) = &self.window {
                window.one_more();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(numbers: &[u64]) -> Count {
        let mut count = Count::default();
        for number in numbers {
            count.add(*number);
        }
        count
    }

    #[test]
    fn losses_and_repeats_do_not_hide_each_other() {
        let expected = count(&[0, 1, 2]);
        let cases: [(&[u64], u64, u64); 4] =
            [(&[2, 1, 0], 0, 0), (&[0, 1], 1, 0), (&[0, 1, 2, 2], 0, 1), (&[0, 1, 1], 1, 1)];
        for (got, lost, repeated) in cases {
            let mut losses = Losses::default();
            losses.add(expected, count(got));
            assert_eq!(losses, Losses { lost, repeated }, "{got:?}");
        }
    }

    #[test]
    fn a_broadcast_has_arrived_when_the_last_one_has_it() {
        let mut tally = Tally::new(5, 2, None).unwrap();
        let stamp = |number| Stamp { kind: Kind::Broadcast, micros: 100, number };
        tally.arrived(stamp(4), 200, 0); // of the phase before
        tally.arrived(stamp(5), 300, 0);
        tally.arrived(stamp(6), 400, 0);
        assert_eq!(tally.last.len(), 0);
        tally.arrived(stamp(5), 1100, 101); // replayed
        assert_eq!((tally.last.len(), tally.last.max()), (1, 1000));
        assert_eq!((tally.deliveries, tally.delivery.len()), (4, 3));
    }
}
