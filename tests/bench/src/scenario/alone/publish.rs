//! Durable publishes, beside what the disk can do.
//!
//! Closed loops without a reader: 64 connections that publish to one user each, then four that name 256 users
//! each. The floors are measured in between, on the same disk at about the same time, with the users in the same
//! order: rows of users who are neighbours would lie together, and cost half.

use std::time::Duration;

use super::{NO_WISH, Sizes, USERS, Value, Values, quantiles, scattered, send, three};
use crate::{
    contestant::{Contestant, Kind, Servers},
    disk::{self, GROUP, Paced},
    failure::{Failure, Result},
    load::http::To,
    process::Cpu,
    scenario::float,
    stamp::{self, Clock, Stamp},
};

const SINGLE_CONNECTIONS: usize = 64;
const BATCH_CONNECTIONS: usize = 4;
/// Different batches. The server cannot tell that they come again.
const BATCHES: u64 = 100;

pub(super) fn run(servers: &Servers, sizes: &Sizes, clock: Clock) -> Result<Values> {
    let (dir, time) = (servers.folder.as_path(), sizes.time);
    let mut values = Vec::new();
    let mut floor = |contestant, scenario, at, floor: Paced| {
        values.extend(three(scenario, at, floor.rate, floor.p50, floor.p99).map(|value| (contestant, value)));
    };
    let server = servers.start(Kind::Tidings, NO_WISH)?;
    floor("disk", "disk", 4., disk::sync(dir, time / 2)?);
    floor("sqlite-single", "publish", 1., disk::single_commits(dir, time)?);
    let singles = load(&*server, clock, time, 1, SINGLE_CONNECTIONS, singles(&*server))?;
    floor("sqlite-grouped", "publish", 1., disk::groups(dir, time)?);
    let batches = load(&*server, clock, time, GROUP, BATCH_CONNECTIONS, batches(&*server)?)?;
    floor("sqlite-grouped", "publish", float(GROUP as u64), disk::fan_out(dir, time)?);
    values.extend([singles, batches].concat().into_iter().map(|value| ("tidings", value)));
    Ok(values)
}

pub(super) fn singles(server: &dyn Contestant) -> Vec<Vec<u8>> {
    let render = server.render();
    let one = |index| {
        let stamp = Stamp { kind: stamp::Kind::Unicast, micros: 0, number: index };
        let mut request = Vec::new();
        render(To::User(scattered(index)), &stamp.bytes(), &mut request);
        request
    };
    (0..u64::from(USERS)).map(one).collect()
}

pub(super) fn batches(server: &dyn Contestant) -> Result<Vec<Vec<u8>>> {
    let inbox = server.inbox().ok_or_else(|| Failure::new("a server without inboxes"))?;
    let users = |batch| -> Vec<u32> { (batch * GROUP as u64..).take(GROUP).map(scattered).collect() };
    Ok((0..BATCHES).map(|batch| inbox.publish(&users(batch))).collect())
}

/// Events per second, of requests that make `each` of them.
fn load(
    server: &dyn Contestant,
    clock: Clock,
    time: Duration,
    each: usize,
    connections: usize,
    requests: Vec<Vec<u8>>,
) -> Result<Vec<Value>> {
    send(server, clock, connections, time / 8, requests.clone())?; // what happens only once
    let processes = server.processes();
    let before = Cpu::of(&processes)?;
    let sent = send(server, clock, connections, time, requests)?;
    let cpu = Cpu::of(&processes)?.since(&before);
    let each = float(each as u64);
    let (p50, p99) = quantiles(&sent.answer);
    let mut values = three("publish", each, sent.rate * each, p50, p99).to_vec();
    let cpu = cpu * 1e6 / (float(sent.accepted.max(1)) * each);
    values.push(Value { scenario: "publish", at: each, metric: "CPU per event", unit: "CPU µs", value: cpu });
    Ok(values)
}
