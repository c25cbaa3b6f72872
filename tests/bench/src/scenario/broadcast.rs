//! Two broadcasts a second to all streams.
//!
//! Few enough that each is over before the next begins, so that latency is how long a server needs for one, and CPU is
//! that of an unhurried server. Delivery counts from when the request was due to when the generator read the event;
//! the last receiver's is the time until everybody had it. The generator reads on the same machine, in each
//! contestant's figures alike.

use super::{
    Sizes, Stage, Value, cpu_per_delivery, float,
    stage::{Audience, Load},
};
use crate::{
    failure::Result,
    load::{http::How, tally::millis},
    process::memory,
};

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.open_and_warm_up()?;
    let rate = if sizes.tiny { 20.0 } else { 2.0 };
    let load =
        Load { audience: Audience::Everyone, how: How::Paced(rate), connections: 8, time: sizes.time, most: u64::MAX };
    let phase = stage.run(load)?;
    let tally = &stage.streams.tally;
    let at = float(stage.users.into());
    let mut values = Vec::new();
    let mut value = |metric, unit, value| values.push(Value { scenario: "broadcast", at, metric, unit, value });
    value("CPU per delivery", "CPU µs", cpu_per_delivery(phase.cpu, tally.deliveries));
    value("p50", "ms", millis(&tally.delivery, 0.5));
    value("p99", "ms", millis(&tally.delivery, 0.99));
    value("last receiver, mean", "ms", tally.last.mean() / 1000.0);
    value("last receiver, p99", "ms", millis(&tally.last, 0.99));
    value("lost", "events", float(phase.expected.saturating_sub(tally.deliveries)));
    value("memory", "MB", memory(&stage.contestant.processes())? * 1.024 / 1000.0);
    Ok(values)
}
