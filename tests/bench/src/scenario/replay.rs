//! One client that was away for long.
//!
//! It has seen one event, goes, misses five thousand of its own, and comes back with its last id. Timed from its first
//! packet to when it has them all. Nchan is told to remember as many; those that keep nothing do not take part.

use std::time::Duration;

use super::{
    Sizes, Stage, Value, float,
    stage::{Audience, Load},
};
use crate::{failure::Result, load::http::How, process::Cpu};

const MISSED: u64 = 5_000;
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.streams.keep_ids = true;
    stage.open_and_warm_up()?;
    stage.streams.close(0);
    let missed = if sizes.tiny { 100 } else { MISSED };
    let load = Load { audience: Audience::InTurn(1), how: How::Closed, connections: 16, time: PATIENCE, most: missed };
    let sent = stage.send_unheard(load)?;

    stage.new_tally(None)?;
    let processes = stage.contestant.processes();
    let before = Cpu::of(&processes)?;
    let begin = stage.clock.micros();
    stage.come_back(0..1, 1)?;
    let ready = stage.clock.micros() - begin;
    stage.collect(sent.accepted)?;
    let cpu = Cpu::of(&processes)?.since(&before);
    let tally = &stage.streams.tally;
    let all = tally.newest.saturating_sub(begin).max(1);
    let mut values = Vec::new();
    let mut value =
        |metric, unit, value| values.push(Value { scenario: "replay", at: float(missed), metric, unit, value });
    if stage.contestant.says_ready() {
        value("ready", "ms", float(ready) / 1000.0);
    }
    value("all there", "ms", float(all) / 1000.0);
    value("replayed", "1/s", float(tally.deliveries) * 1e6 / float(all));
    value("CPU per event", "CPU µs", cpu * 1e6 / float(tally.deliveries.max(1)));
    value("lost", "events", float(sent.accepted.saturating_sub(tally.deliveries)));
    Ok(values)
}
