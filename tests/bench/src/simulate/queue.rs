//! The row that all writers of a log take, one after the other.
//!
//! Each writer gathers what comes while its group is under way, as the publisher does: then it takes all of that, 256
//! events at most, as the next group, and waits for the row. The row serves whoever asked first.

use std::collections::VecDeque;

use super::capacity::Costs;
use crate::{disk::GROUP, scenario::Random};

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Served {
    /// What comes, by what the row can do at most: in full groups.
    pub(super) load: f64,
    /// From the request to the end of the commit, in milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// Events of a group, on average.
    pub(super) group: f64,
    /// Whether as much was stored as came.
    pub(super) keeps_up: bool,
}

/// Arrivals that are looked at; the first tenth only fills the queues.
const ARRIVALS: usize = 60_000;
/// With more than this the queues grow without end, or nearly.
const TOO_MUCH: f64 = 0.98;

#[derive(Default)]
struct Writer {
    waiting: VecDeque<f64>,
    /// What it has in hand while it waits for the row, or holds it.
    group: Vec<f64>,
}

/// Events that come at random, so many a second, to so many writers of one row.
pub(super) fn serve(costs: &Costs, rate: f64, writers: usize, seed: u64) -> Served {
    let mut random = Random(seed);
    let mut all: Vec<Writer> = (0..writers.max(1)).map(|_| Writer::default()).collect();
    let mut asked: VecDeque<usize> = VecDeque::new();
    let mut holder: Option<(usize, f64)> = None;
    let mut groups = 0_u32;
    let mut waits = Vec::with_capacity(ARRIVALS);
    let mut arrival = pause(&mut random, rate);
    let mut arrived = 0;
    // Whatever is next: a commit that is done, or an event that comes.
    while arrived < ARRIVALS || holder.is_some() {
        let now = if let Some((writer, done)) = holder.filter(|(_, done)| arrived == ARRIVALS || *done <= arrival) {
            waits.extend(all[writer].group.drain(..).map(|since| done - since));
            take(&mut all[writer], writer, &mut asked);
            holder = None;
            done
        } else {
            let since = arrival;
            let writer = random.below(u32::try_from(all.len()).unwrap_or(1)) as usize;
            all[writer].waiting.push_back(since);
            if all[writer].group.is_empty() {
                take(&mut all[writer], writer, &mut asked);
            }
            arrived += 1;
            arrival += pause(&mut random, rate);
            since
        };
        if holder.is_none()
            && let Some(next) = asked.pop_front()
        {
            let took = costs.group(all[next].group.len());
            groups += 1;
            holder = Some((next, now + took));
        }
    }
    let steady = &mut waits[ARRIVALS / 10..];
    steady.sort_by(f64::total_cmp);
    let at = |per_mille: usize| steady[(steady.len() * per_mille / 1000).min(steady.len() - 1)] * 1e3;
    let (p50, p99) = (at(500), at(990));
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    let (total, most) = (waits.len() as f64, GROUP as f64 / costs.group(GROUP));
    let load = rate / most;
    Served { load, p50, p99, group: total / f64::from(groups), keeps_up: load < TOO_MUCH }
}

/// The next group of a writer, if anything waits for it.
fn take(writer: &mut Writer, index: usize, asked: &mut VecDeque<usize>) {
    let size = writer.waiting.len().min(GROUP);
    writer.group.extend(writer.waiting.drain(..size));
    if size > 0 {
        asked.push_back(index);
    }
}

/// Until the next event comes: they know nothing of each other.
fn pause(random: &mut Random, rate: f64) -> f64 {
    const STEPS: u32 = 1 << 30;
    let share = (f64::from(random.below(STEPS)) + 1.0) / f64::from(STEPS);
    -share.ln() / rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs() -> Costs {
        Costs { group_ms: 1.0, event_us: 50.0, ..Costs::sample() }
    }

    #[test]
    fn a_row_that_is_idle_costs_a_commit() {
        let served = serve(&costs(), 10.0, 1, 1);
        assert!((served.p50 - 1.05).abs() < 0.01, "{served:?}");
        assert!(served.load < 0.01 && served.group < 1.1 && served.keeps_up, "{served:?}");
    }

    #[test]
    fn groups_grow_with_the_load_until_they_are_full() {
        let limit = 256.0 / costs().group(256);
        let half = serve(&costs(), limit / 2.0, 1, 1);
        assert!(half.keeps_up && half.group > 10.0, "{half:?}");
        assert!(!serve(&costs(), limit * 1.1, 1, 1).keeps_up);
    }

    #[test]
    fn more_writers_make_smaller_groups() {
        let (one, many) = (serve(&costs(), 2_000.0, 1, 1), serve(&costs(), 2_000.0, 50, 1));
        assert!(many.group < one.group && many.p50 > one.p50, "{one:?} {many:?}");
    }
}
