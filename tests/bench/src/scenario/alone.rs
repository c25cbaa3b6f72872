//! Scenarios of Tidings alone: nobody else keeps a log. What they are compared with is the disk.

mod full_inbox;
mod growth;
mod nodes;
mod publish;
mod start;
mod transports;

use std::time::Duration;

use hdrhistogram::Histogram;

use super::{Sizes, Value};
use crate::{
    contestant::{Contestant, Servers, Wish},
    failure::{Failure, Result},
    load::http::{How, Plan, Publisher, Sent, Source},
    stamp::Clock,
};

/// Users of a log, where their number is not the point.
const USERS: u32 = 10_000;
/// Tidings has no channels that remember.
const NO_WISH: Wish = Wish { remembered: 0 };

/// Values, each with the contestant that it is of.
type Values = Vec<(&'static str, Value)>;

/// One that starts its servers itself.
pub(crate) struct Alone {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Servers, &Sizes, Clock) -> Result<Values>,
}

pub(crate) const ALL: &[Alone] = &[
    Alone { name: "publish", run: publish::run },
    Alone { name: "growth", run: growth::run },
    Alone { name: "full-inbox", run: full_inbox::run },
    Alone { name: "start", run: start::run },
    Alone { name: "transports", run: transports::run },
    Alone { name: "nodes", run: nodes::run },
];

/// The user of an index: one after the other, but not neighbours, so that rows do not come to lie together as
/// they would for nobody else. The same for servers and floors.
pub(crate) fn scattered(index: u64) -> u32 {
    const STEP: u64 = 7919; // has no divisor in common with the number of users
    u32::try_from(index % u64::from(USERS) * STEP % u64::from(USERS)).unwrap_or_default()
}

/// Sends prepared requests in a closed loop. Every one must be accepted.
fn send(
    contestant: &dyn Contestant,
    clock: Clock,
    connections: usize,
    time: Duration,
    requests: Vec<Vec<u8>>,
) -> Result<Sent> {
    let count = u64::try_from(requests.len()).unwrap_or(u64::MAX).max(1);
    let source: Source = Box::new(move |index, _, out| {
        let request = usize::try_from(index % count).ok().and_then(|index| requests.get(index));
        out.extend_from_slice(request.map_or(&[], Vec::as_slice));
        None
    });
    let targets = contestant.addresses();
    let plan = Plan { targets, connections, how: How::Closed, time, most: u64::MAX, users: 0, source };
    let sent = Publisher::new(plan, clock)?.start()?.join().map_err(|_| Failure::new("a publisher panicked"))??;
    if sent.refused + sent.unanswered > 0 {
        let complaint = sent.complaint.as_deref().unwrap_or("no answer");
        return Err(Failure::new(format!("{} requests were refused: {complaint}", sent.refused + sent.unanswered)));
    }
    Ok(sent)
}

/// How often, and how long each.
fn three(scenario: &'static str, at: f64, rate: f64, p50: f64, p99: f64) -> [Value; 3] {
    let value = |metric, unit, value| Value { scenario, at, metric, unit, value };
    [value("rate", "1/s", rate), value("p50", "ms", p50), value("p99", "ms", p99)]
}

fn quantiles(answers: &Histogram<u64>) -> (f64, f64) {
    (crate::load::tally::millis(answers, 0.5), crate::load::tally::millis(answers, 0.99))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_scattered_and_none_is_left_out() {
        let users: std::collections::HashSet<u32> = (0..u64::from(USERS)).map(scattered).collect();
        assert_eq!(users.len(), USERS as usize);
        assert!((0..1000).all(|index| scattered(index).abs_diff(scattered(index + 1)) > 1000));
    }
}
