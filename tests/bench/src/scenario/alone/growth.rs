//! What the length of the log does to the cost of a delivery.
//!
//! One log of 10,000 users is filled further and further, without the server, with the rows that the server
//! would have written; nothing of it is too old or too much to be kept. At each size the server starts on it,
//! 1,000 users open their streams, and each second 1,000 notifications go to one of them each. Before that, as many as
//! it takes on 64 connections: unhurried, a notification is often alone in its transaction and bears all of its
//! cost, so that cost says as much about the disk as about the log; busy, many share one. Everybody has read all
//! but their newest notification at every size, as an inbox that is never read is not what grows here.

use std::{path::Path, time::Duration};

use super::{NO_WISH, Sizes, USERS, Value, Values, quantiles, scattered, send};
use crate::{
    contestant::{Kind, Servers, user_name},
    disk::{Folder, rows::Log},
    failure::{Failure, Result},
    load::{
        http::How,
        streams::Opening,
        tally::{histogram, millis},
    },
    scenario::{
        Stage, cpu_per_delivery, float,
        stage::{Audience, Load},
    },
    stamp::Clock,
};

const STEPS: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const TINY_STEPS: [u64; 2] = [500, 1_000];
/// Users with an open stream, and those whose stream is opened to see how long it takes.
const LISTENERS: u32 = 1_000;
const OPENED: u32 = 200;
/// Notifications a second.
const RATE: f64 = 1_000.;
/// Notifications of a phase without a pace. Not many: the smallest log must stay about as small.
const BUSY: u64 = 4_000;
const WARM_UP: u64 = 500;
/// Rows of one transaction while filling.
const FILL: u64 = 100_000;
/// On disk, for each notification: its rows, their indexes, and room to write them.
const BYTES: u64 = 1_500;
/// What must stay free beside it.
const RESERVE: u64 = 2 << 30;
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

pub(super) fn run(servers: &Servers, sizes: &Sizes, clock: Clock) -> Result<Values> {
    let folder = Folder::new(&servers.folder)?;
    let path = folder.0.join("log.db");
    let steps: Vec<u64> =
        if sizes.tiny { TINY_STEPS.to_vec() } else { STEPS.into_iter().filter(|step| *step <= sizes.rows).collect() };
    let most = steps.last().copied().unwrap_or_default();
    let disk = rustix::fs::statvfs(&folder.0).map_err(Failure::at("free space"))?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) < most * BYTES + RESERVE {
        return Err(Failure::new(format!("there is no room on the disk for {most} notifications")));
    }
    let env = keeping_everything(servers, &path);
    let servers = Servers::new(servers.tidings.clone(), env, servers.folder.clone());
    drop(servers.start(Kind::Tidings, NO_WISH)?); // makes the database, with its secrets
    let users: Vec<String> = (0..USERS).map(user_name).collect();
    let mut values = Vec::new();
    for step in steps {
        fill(&path, &users, step)?;
        values.extend(measure(&servers, sizes, clock, step)?);
    }
    Ok(values.into_iter().map(|value| ("tidings", value)).collect())
}

/// The settings for a server on this database that forgets nothing.
pub(super) fn keeping_everything(servers: &Servers, path: &Path) -> Vec<(String, String)> {
    let mut env = servers.tidings_env.clone();
    let url = format!("sqlite://{}", path.display());
    let own = [
        ("TIDINGS_DATABASE_URL", url.as_str()),
        ("TIDINGS_RETENTION_DAYS", "3650"),
        ("TIDINGS_RETENTION_EVENTS", "1000000000"),
        ("TIDINGS_NOTIFICATION_DAYS", "3650"),
        ("TIDINGS_NOTIFICATIONS", "1000000000"),
    ];
    env.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    env
}

/// Adds notifications until there are so many.
fn fill(path: &Path, users: &[String], to: u64) -> Result<()> {
    let mut log = Log::fill(path)?;
    let mut next = log.position()?;
    while next < to {
        let end = to.min(next + FILL);
        let user = |index| users.get(scattered(index) as usize).map(std::slice::from_ref).unwrap_or_default();
        log.commit((next..end).map(user))?;
        next = end;
    }
    log.read_up_to(to.saturating_sub(users.len() as u64))?;
    log.finish()
}

fn measure(servers: &Servers, sizes: &Sizes, clock: Clock, step: u64) -> Result<Vec<Value>> {
    let (listeners, opened) = if sizes.tiny { (sizes.streams, 10) } else { (LISTENERS, OPENED) };
    let mut stage = Stage::start(servers, Kind::Tidings, NO_WISH, listeners + opened, clock)?;
    stage.open(0..listeners)?;

    stage.streams.opened = histogram()?;
    let contestant = &stage.contestant;
    let openings = (listeners..listeners + opened).map(|user| Opening { user, request: contestant.open(user, None) });
    stage.streams.open(openings.collect::<Vec<_>>(), 1); // one at a time: nobody else is in its way
    let all = (listeners + opened) as usize;
    stage.streams.until(PATIENCE, "streams to open", |streams| streams.ready() >= all || streams.breaks > 0)?;
    let (open, _) = quantiles(&stage.streams.opened);

    let inbox = stage.contestant.inbox().ok_or_else(|| Failure::new("a server without inboxes"))?;
    let asks = (0..u64::from(USERS)).map(|index| inbox.counts(scattered(index))).collect();
    let (counts, _) = quantiles(&send(&*stage.contestant, clock, 1, sizes.time / 4, asks)?.answer);

    let audience = Audience::Random(listeners);
    let load = |how, most| Load { audience, how, connections: 64, time: sizes.time, most };
    stage.run(load(How::Closed, WARM_UP))?; // what happens only once
    let busy = stage.run(load(How::Closed, BUSY))?;
    let busy = cpu_per_delivery(busy.cpu, stage.streams.tally.deliveries);
    let phase = stage.run(load(How::Paced(RATE), u64::MAX))?;
    let tally = &stage.streams.tally;
    let at = float(step);
    let value = |metric, unit, value| Value { scenario: "growth", at, metric, unit, value };
    Ok(vec![
        value("CPU per delivery, busy", "CPU µs", busy),
        value("CPU per delivery", "CPU µs", cpu_per_delivery(phase.cpu, tally.deliveries)),
        value("p50", "ms", millis(&tally.delivery, 0.5)),
        value("p99", "ms", millis(&tally.delivery, 0.99)),
        value("lost", "events", float(phase.expected.saturating_sub(tally.deliveries))),
        value("opening a stream, p50", "ms", open),
        value("GET /inbox, p50", "ms", counts),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_filled_further() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.db");
        Log::new(&path).unwrap().finish().unwrap();
        let users: Vec<String> = (0..USERS).map(user_name).collect();
        for to in [300, 1_000, 10_100] {
            fill(&path, &users, to).unwrap();
            assert_eq!(Log::fill(&path).unwrap().position().unwrap(), to);
        }
    }
}
