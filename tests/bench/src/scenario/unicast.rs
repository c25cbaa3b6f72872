//! Notifications to one user each, at rising rates.
//!
//! Single POSTs on 64 connections, each to a user at random, all of whom have a stream. Paced by the clock: a request
//! that is due while all connections are busy waits, and its wait counts. Tidings has each on disk before it answers;
//! its peers keep nothing. Once a server accepts less than nine tenths of what it is asked, a closed loop on the same
//! connections finds out what it can.

use super::{
    Sizes, Stage, Value, cpu_per_delivery, float,
    stage::{Audience, Load},
};
use crate::{
    failure::Result,
    load::{http::How, tally::millis},
};

const RATES: [u32; 8] = [1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 40_000];
const CONNECTIONS: usize = 64;

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.open_and_warm_up()?;
    let mut values = Vec::new();
    let rates = if sizes.tiny { &RATES[..1] } else { &RATES };
    for rate in rates {
        let asked = f64::from(*rate);
        let accepted = measure(stage, sizes, How::Paced(asked), "unicast", asked, &mut values)?;
        if accepted < 0.9 * asked && !sizes.tiny {
            break;
        }
    }
    let at = float(stage.users.into());
    measure(stage, sizes, How::Closed, "unicast max", at, &mut values)?;
    Ok(values)
}

/// Measures one rate, and says how many a second were accepted.
fn measure(
    stage: &mut Stage,
    sizes: &Sizes,
    how: How,
    scenario: &'static str,
    at: f64,
    values: &mut Vec<Value>,
) -> Result<f64> {
    let audience = Audience::Random(stage.users);
    let phase = stage.run(Load { audience, how, connections: CONNECTIONS, time: sizes.time, most: u64::MAX })?;
    let tally = &stage.streams.tally;
    let mut value = |metric, unit, value| values.push(Value { scenario, at, metric, unit, value });
    value("CPU per delivery", "CPU µs", cpu_per_delivery(phase.cpu, tally.deliveries));
    value("p50", "ms", millis(&tally.delivery, 0.5));
    value("p99", "ms", millis(&tally.delivery, 0.99));
    value("answer p99", "ms", millis(&phase.sent.answer, 0.99));
    value("accepted", "1/s", phase.sent.rate);
    value("delivered", "1/s", float(tally.deliveries) / phase.seconds);
    value("lost", "events", float(phase.expected.saturating_sub(tally.deliveries)));
    Ok(phase.sent.rate)
}
