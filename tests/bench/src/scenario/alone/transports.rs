//! The same events by server-sent events, by WebSocket and by long poll.
//!
//! A fresh server for each, and streams of a user each. They open, many at once, and then some of them one after the
//! other; they wait; single notifications go to them, 500 a second to one at random, for the latency; then broadcasts,
//! two a second, for what a delivery costs where next to nothing of it is the publisher's. Latency counts from when the
//! publisher had its answer to when the event was read: the commit, which is the same for all, is not in it. What came
//! before the answer counts as nought.
//!
//! What a stream costs that only waits is seen on another server, whose heart beats every second, or whose polls wait
//! for a second: the bytes and the CPU of a beat, four of which make a minute with the settings as they come (15 s), and
//! of a poll, of which 2.4 do with the client's wait (25 s).
//!
//! Bytes are those of HTTP and WebSocket, both ways, without TCP, IP and TLS. The requests are those of a program that
//! sends a token in a header; a browser sends some hundred bytes more with each.

use std::{collections::HashMap, time::Duration};

use super::{Sizes, Value, Values};
use crate::{
    contestant::{Kind, Servers},
    failure::{Failure, Result},
    load::{
        http::How,
        tally::{histogram, millis},
        wire::Wire,
    },
    process::{Cpu, memory},
    scenario::{
        Stage, cpu_per_delivery, float,
        stage::{Audience, Load},
    },
    stamp::Clock,
};

const STREAMS: u32 = 2_000;
/// Of these, so many go and come back, one after the other.
const ONE_AT_A_TIME: u32 = 100;
/// Single notifications a second, and broadcasts.
const RATE: f64 = 500.0;
const BROADCASTS: f64 = 2.0;
/// Beats that are looked at.
const BEATS: u64 = 3;
const PATIENCE: Duration = Duration::from_secs(30);
/// Memory is looked at when allocator and tasks have come to rest.
const SETTLE: Duration = Duration::from_secs(1);

/// A way; how it waits for a second and no longer, and with which setting of the server; and how often something comes by
/// it in a minute without events, as it is.
struct Way {
    name: &'static str,
    wire: Wire,
    quick: Wire,
    env: &'static [(&'static str, &'static str)],
    beats_a_minute: f64,
}

/// Of a poll it is the client that says how long it waits.
const BEATING: &[(&str, &str)] = &[("TIDINGS_HEARTBEAT_SECONDS", "1")];

const WAYS: [Way; 3] = [
    Way { name: "sse", wire: Wire::Sse, quick: Wire::Sse, env: BEATING, beats_a_minute: 4.0 },
    Way { name: "websocket", wire: Wire::WebSocket, quick: Wire::WebSocket, env: BEATING, beats_a_minute: 4.0 },
    Way {
        name: "longpoll",
        wire: Wire::LongPoll { wait: 25 },
        quick: Wire::LongPoll { wait: 1 },
        env: &[],
        beats_a_minute: 60.0 / 25.0,
    },
];

type Metrics = Vec<(&'static str, &'static str, f64)>;

pub(super) fn run(servers: &Servers, sizes: &Sizes, clock: Clock) -> Result<Values> {
    let streams = sizes.streams.min(STREAMS);
    let mut values = Values::new();
    for way in &WAYS {
        let mut metrics = Metrics::new();
        let mut stage = Stage::of(servers.start_by(way.wire, &[])?, Kind::Tidings, streams, clock)?;
        open(&mut stage, sizes, &mut metrics)?;
        deliver(&mut stage, sizes, &mut metrics)?;
        nothing_is_wrong(&stage, way.name)?;
        drop(stage);
        let quick = servers.start_by(way.quick, way.env)?;
        wait(&mut Stage::of(quick, Kind::Tidings, streams, clock)?, way.beats_a_minute, &mut metrics)?;
        let value = |(metric, unit, value)| {
            (way.name, Value { scenario: "transports", at: float(streams.into()), metric, unit, value })
        };
        values.extend(metrics.into_iter().map(value));
    }
    Ok(values)
}

fn open(stage: &mut Stage, sizes: &Sizes, metrics: &mut Metrics) -> Result<()> {
    let settle = SETTLE.min(sizes.time);
    stage.streams.run_for(settle)?;
    let processes = stage.contestant.processes();
    let (cpu, resident) = (Cpu::of(&processes)?, memory(&processes)?);
    stage.open(0..stage.users)?;
    let cpu = Cpu::of(&processes)?.since(&cpu);
    let (tally, each) = (&stage.streams.tally, float(stage.users.into()));
    metrics.push(("opening, CPU", "CPU µs", cpu * 1e6 / each));
    metrics.push(("opening, bytes", "B", float(tally.received + tally.sent) / each));
    stage.streams.run_for(settle)?;
    metrics.push(("kB per idle stream", "kB", (memory(&processes)? - resident) * 1.024 / each));

    let some = 0..ONE_AT_A_TIME.min(stage.users);
    some.clone().for_each(|user| stage.streams.close(user as usize));
    stage.streams.opened = histogram()?;
    stage.come_back(some, 1)?;
    metrics.push(("opening, one at a time, p50", "ms", millis(&stage.streams.opened, 0.5)));
    Ok(())
}

fn deliver(stage: &mut Stage, sizes: &Sizes, metrics: &mut Metrics) -> Result<()> {
    let load = Load {
        audience: Audience::Random(stage.users),
        how: How::Paced(RATE),
        connections: 32,
        time: sizes.time,
        most: u64::MAX,
    };
    stage.keep_arrivals = true;
    stage.run(Load { time: sizes.time / 4, ..load })?; // what happens only once
    let phase = stage.run(load)?;
    let arrivals: HashMap<u64, u64> = stage.streams.tally.arrivals.take().unwrap_or_default().into_iter().collect();
    let mut after = histogram()?;
    for (number, answered) in &phase.sent.acknowledged {
        if let Some(arrived) = arrivals.get(number) {
            after.saturating_record(arrived.saturating_sub(*answered));
        }
    }
    metrics.push(("acknowledged to received, p50", "ms", millis(&after, 0.5)));
    metrics.push(("acknowledged to received, p99", "ms", millis(&after, 0.99)));
    metrics.push(("sent to received, p50", "ms", millis(&stage.streams.tally.delivery, 0.5)));

    stage.keep_arrivals = false;
    let rate = if sizes.tiny { 20.0 } else { BROADCASTS };
    let all = Load { audience: Audience::Everyone, how: How::Paced(rate), connections: 8, ..load };
    let phase = stage.run(all)?;
    let tally = &stage.streams.tally;
    metrics.push(("CPU per delivery", "CPU µs", cpu_per_delivery(phase.cpu, tally.deliveries)));
    let bytes = float(tally.received + tally.sent) / float(tally.deliveries.max(1));
    metrics.push(("bytes per event", "B", bytes));
    metrics.push(("last receiver, mean", "ms", tally.last.mean() / 1000.0));
    Ok(())
}

/// Looks at so many beats of streams that have nothing to say.
fn wait(stage: &mut Stage, a_minute: f64, metrics: &mut Metrics) -> Result<()> {
    stage.open(0..stage.users)?;
    let beats = BEATS * u64::from(stage.users);
    stage.new_tally(None)?;
    let processes = stage.contestant.processes();
    let before = Cpu::of(&processes)?;
    stage.streams.until(PATIENCE, "hearts to beat", |streams| streams.tally.reads >= beats)?;
    let cpu = Cpu::of(&processes)?.since(&before);
    let tally = &stage.streams.tally;
    let beats = float(tally.reads.max(1));
    metrics.push(("bytes per idle minute", "B", float(tally.received + tally.sent) / beats * a_minute));
    metrics.push(("CPU per idle minute", "CPU µs", cpu * 1e6 / beats * a_minute));
    Ok(())
}

fn nothing_is_wrong(stage: &Stage, way: &str) -> Result<()> {
    let (losses, refused) = (stage.losses(), stage.refused);
    if losses.lost + losses.repeated + refused == 0 && stage.streams.broken.is_none() {
        return Ok(());
    }
    let (broken, complaint) = (stage.streams.broken.as_deref(), stage.complaint.as_deref());
    let why = broken.or(complaint).unwrap_or_default();
    Err(Failure::new(format!("{way}: {losses:?}, {refused} refused; {why}\n{}", stage.contestant.log())))
}
