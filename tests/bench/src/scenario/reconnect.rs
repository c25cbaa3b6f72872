//! All streams are cut, each misses five events of its own, and all come back at once.
//!
//! As after a restart of a proxy, but without the spread that `retry:` gives: the worst case. Every connection is made
//! at the same moment; the queue of the listener overflows, and the kernel tries again by itself, for each contestant
//! alike. Servers that keep nothing have nothing to replay: that they are ready sooner goes with what they lost.

use std::time::Duration;

use super::{
    Sizes, Stage, Value, float,
    stage::{Audience, Load},
};
use crate::{
    failure::Result,
    load::{
        http::How,
        tally::{histogram, millis},
    },
    process::{Cpu, memory},
};

const MISSED: u32 = 5;
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) fn run(stage: &mut Stage, _: &Sizes) -> Result<Vec<Value>> {
    stage.streams.keep_ids = true;
    stage.open_and_warm_up()?;
    stage.streams.close_all();
    let audience = Audience::InTurn(stage.users);
    let most = u64::from(stage.users * MISSED);
    let sent = stage.send_unheard(Load { audience, how: How::Closed, connections: 64, time: PATIENCE, most })?;

    stage.new_tally(None)?;
    stage.streams.opened = histogram()?;
    let processes = stage.contestant.processes();
    let before = Cpu::of(&processes)?;
    let begin = stage.clock.micros();
    stage.come_back(0..stage.users, usize::MAX)?;
    let ready = stage.clock.micros() - begin;
    if stage.kind.replays() {
        stage.collect(sent.accepted)?;
    }
    let all = stage.streams.tally.newest.max(begin) - begin;
    let cpu = Cpu::of(&processes)?.since(&before);
    let (tally, opened) = (&stage.streams.tally, &stage.streams.opened);
    let at = float(stage.users.into());
    let mut values = Vec::new();
    let mut value = |metric, unit, value| values.push(Value { scenario: "reconnect", at, metric, unit, value });
    value("all ready", "s", float(ready) / 1e6);
    if stage.kind.replays() {
        value("all have theirs", "s", float(all) / 1e6);
    }
    value("p50", "ms", millis(opened, 0.5));
    value("p99", "ms", millis(opened, 0.99));
    value("CPU per stream", "CPU µs", cpu * 1e6 / at);
    value("lost", "events", float(sent.accepted.saturating_sub(tally.deliveries)));
    value("memory", "MB", memory(&processes)? * 1.024 / 1000.0);
    Ok(values)
}
