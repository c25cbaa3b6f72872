//! Memory of streams that wait.
//!
//! The server's memory with so many open streams, less its memory before the first, for each stream. Each stream is of
//! a user of its own. Memory is what the processes have together, shared pages counted once; what the kernel keeps for
//! a socket is in nobody's figure. Nothing is sent: buffers that grow with the first event are seen by the other
//! scenarios, as `memory`.

use std::time::Duration;

use super::{Sizes, Stage, Value, float};
use crate::{failure::Result, process::memory};

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    let mut steps = vec![sizes.streams, sizes.most_streams];
    if !sizes.tiny {
        steps.push(1_000);
    }
    steps.retain(|streams| *streams <= stage.users);
    steps.sort_unstable();
    steps.dedup();
    let settle = Duration::from_secs(1).min(sizes.time);
    stage.streams.run_for(settle)?;
    let before = memory(&stage.contestant.processes())?;
    let mut values = Vec::new();
    let mut open = 0;
    for streams in steps {
        stage.open(open..streams)?;
        open = streams;
        stage.streams.run_for(settle)?;
        let now = memory(&stage.contestant.processes())?;
        let at = float(streams.into());
        let mut value = |metric, unit, value| values.push(Value { scenario: "idle", at, metric, unit, value });
        value("kB per stream", "kB", (now - before) * 1.024 / at);
        value("memory", "MB", now * 1.024 / 1000.0);
    }
    Ok(values)
}
