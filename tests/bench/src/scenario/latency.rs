//! From sending a notification to receiving it, with a server that has little to do.
//!
//! A thousand single POSTs a second, each to one of ten streams. Both ends are timed by the generator: from when the
//! request was due to when the event was read, and to when the answer was. What Tidings needs beyond its peers is its
//! commit to disk, which is between the request and both.

use super::{
    Sizes, Stage, Value, cpu_per_delivery, float,
    stage::{Audience, Load},
};
use crate::{
    failure::Result,
    load::{http::How, tally::millis},
};

pub(super) const RECEIVERS: u32 = 10;
const RATE: f64 = 1_000.0;

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.open_and_warm_up()?;
    let load = Load {
        audience: Audience::Random(stage.users),
        how: How::Paced(RATE),
        connections: 64,
        time: sizes.time,
        most: u64::MAX,
    };
    let phase = stage.run(load)?;
    let tally = &stage.streams.tally;
    let mut values = Vec::new();
    let mut value = |metric, unit, value| values.push(Value { scenario: "latency", at: RATE, metric, unit, value });
    value("p50", "ms", millis(&tally.delivery, 0.5));
    value("p99", "ms", millis(&tally.delivery, 0.99));
    value("answer p50", "ms", millis(&phase.sent.answer, 0.5));
    value("answer p99", "ms", millis(&phase.sent.answer, 0.99));
    value("CPU per delivery", "CPU µs", cpu_per_delivery(phase.cpu, tally.deliveries));
    value("lost", "events", float(phase.expected.saturating_sub(tally.deliveries)));
    Ok(values)
}
