//! Broadcasts as fast as they go.
//!
//! Eight are always under way: when one has reached everybody, the next is sent. So no queue grows without end, and a
//! server that drops events for slow readers has no reason to; if it drops some all the same, they are counted, and the
//! next is sent after a while. A server that writes all that has queued up for a stream at once gains much here: how
//! many events came with one read is shown beside it, and the same with one under way, where nothing can be gathered.

use super::{
    Sizes, Stage, Value, cpu_per_delivery, float,
    stage::{Audience, Load},
};
use crate::{failure::Result, load::http::How};

/// Broadcasts under way.
const WINDOW: u64 = 8;

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.open_and_warm_up()?;
    let mut load = Load {
        audience: Audience::Everyone,
        how: How::Window(WINDOW),
        connections: 16,
        time: sizes.time,
        most: u64::MAX,
    };
    let at = float(stage.users.into());
    let mut values = Vec::new();
    let mut value = |metric, unit, value| values.push(Value { scenario: "full rate", at, metric, unit, value });

    let phase = stage.run(load)?;
    let (deliveries, reads) = (stage.streams.tally.deliveries, stage.streams.tally.reads);
    value("delivered", "1/s", float(deliveries) / phase.seconds);
    value("CPU per delivery", "CPU µs", cpu_per_delivery(phase.cpu, deliveries));
    value("events per read", "events", float(deliveries) / float(reads.max(1)));
    value("lost", "events", float(phase.expected.saturating_sub(deliveries)));

    load.how = How::Window(1);
    let phase = stage.run(load)?;
    let deliveries = stage.streams.tally.deliveries;
    value("delivered, one under way", "1/s", float(deliveries) / phase.seconds);
    value("CPU per delivery, one under way", "CPU µs", cpu_per_delivery(phase.cpu, deliveries));
    Ok(values)
}
