//! What the row does that all nodes write, and what a node costs that only reads.

use super::{CONNECTIONS, Sizes, Values};
use crate::{
    contestant::{Bus, Contestant, Servers},
    disk::GROUP,
    failure::{Failure, Result},
    postgres::Postgres,
    process::Cpu,
    scenario::{
        Value,
        alone::{publish, quantiles, send},
        float,
    },
    stamp::Clock,
};

/// Publishers of many each, in a number that all counts of nodes divide.
const BATCH_CONNECTIONS: usize = 6;

/// One shape of load: the metrics, and how much of it at once.
struct Shape {
    rate: &'static str,
    ratio: &'static str,
    p50: &'static str,
    nodes: &'static str,
    database: &'static str,
    each: usize,
    connections: usize,
}

const SHAPES: [Shape; 3] = [
    Shape {
        rate: "one at a time, events",
        ratio: "one at a time, by plain inserts",
        p50: "one at a time, answer p50",
        nodes: "one at a time, CPU of the nodes per event",
        database: "one at a time, CPU of PostgreSQL per event",
        each: 1,
        connections: 1,
    },
    Shape {
        rate: "one each, events",
        ratio: "one each, by plain inserts",
        p50: "one each, answer p50",
        nodes: "one each, CPU of the nodes per event",
        database: "one each, CPU of PostgreSQL per event",
        each: 1,
        connections: CONNECTIONS,
    },
    Shape {
        rate: "256 each, events",
        ratio: "256 each, by plain inserts",
        p50: "256 each, answer p50",
        nodes: "256 each, CPU of the nodes per event",
        database: "256 each, CPU of PostgreSQL per event",
        each: GROUP,
        connections: BATCH_CONNECTIONS,
    },
];

pub(super) fn run(
    servers: &Servers,
    postgres: &Postgres,
    count: usize,
    sizes: &Sizes,
    clock: Clock,
    values: &mut Values,
) -> Result<()> {
    let database = postgres.database();
    let nodes = servers.start_nodes(count, &database.url, Bus::Nats)?;
    let plain = postgres.database();
    let time = sizes.time / 2;
    let at = float(count as u64);
    let mut value = |contestant, metric, unit, value| {
        values.push((contestant, Value { scenario: "nodes publish", at, metric, unit, value }));
    };
    for shape in &SHAPES {
        let floor = plain.inserts(shape.each, shape.connections, time)?;
        let requests = if shape.each == 1 { publish::singles(&nodes) } else { publish::batches(&nodes)? };
        send(&nodes, clock, shape.connections, time / 8, requests.clone())?; // what happens only once
        let (ours, theirs) = (Cpu::of(&nodes.processes())?, postgres.cpu()?);
        let sent = send(&nodes, clock, shape.connections, time, requests)?;
        let (ours, theirs) = (Cpu::of(&nodes.processes())?.since(&ours), postgres.cpu()?.since(&theirs));
        let each = float(shape.each as u64);
        let micros = 1e6 / (float(sent.accepted.max(1)) * each);
        value("tidings", shape.rate, "1/s", sent.rate * each);
        value("postgres-plain", shape.rate, "1/s", floor);
        value("tidings", shape.ratio, "", sent.rate * each / floor);
        value("tidings", shape.p50, "ms", quantiles(&sent.answer).0);
        value("tidings", shape.nodes, "CPU µs", ours * micros);
        value("tidings", shape.database, "CPU µs", theirs * micros);
    }
    if let (Some(writes), Some(reads)) = (nodes.node(0), nodes.node(1)) {
        value("tidings", "a node that only reads, CPU per event", "CPU µs", reading(writes, reads, sizes, clock)?);
    }
    Ok(())
}

/// Microseconds of CPU for each event, of a node that has no streams while another one writes batches.
fn reading(writes: &dyn Contestant, reads: &dyn Contestant, sizes: &Sizes, clock: Clock) -> Result<f64> {
    let before = Cpu::of(&reads.processes())?;
    let sent = send(writes, clock, BATCH_CONNECTIONS, sizes.time / 2, publish::batches(writes)?)?;
    let cpu = Cpu::of(&reads.processes())?.since(&before);
    if sent.accepted == 0 {
        return Err(Failure::new("no batch was accepted"));
    }
    Ok(cpu * 1e6 / float(sent.accepted * GROUP as u64))
}
