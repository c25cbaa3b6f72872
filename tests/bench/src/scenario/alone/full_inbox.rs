//! A log of a million notifications, of which one user has ten thousand, and has read none.
//!
//! What their page asks is asked one after the other: the list, its next page, a search for what is not there, the
//! counts, and a stream without a start. Then a million users more are known, and one connection publishes to one
//! user and to everyone: a broadcast is one row, however many they are.

use std::time::Duration;

use super::{
    NO_WISH, Sizes, USERS, Value, Values,
    growth::{PATIENCE, keeping_everything},
    quantiles, scattered, send,
};
use crate::{
    contestant::{Kind, Servers, user_name},
    disk::{Folder, rows::Log},
    failure::{Failure, Result},
    load::{streams::Opening, tally::histogram},
    scenario::{Stage, float},
    stamp::Clock,
};

const ROWS: u64 = 1_000_000;
const TINY_ROWS: u64 = 2_000;
/// One of so many notifications is the reader's.
const SHARE: u64 = 100;
/// Rows of one transaction while filling.
const FILL: u64 = 100_000;
/// Who has so much, and streams that they open.
const READER: u32 = 0;
const OPENED: u32 = 10;

pub(super) fn run(servers: &Servers, sizes: &Sizes, clock: Clock) -> Result<Values> {
    let folder = Folder::new(&servers.folder)?;
    let path = folder.0.join("log.db");
    let rows = if sizes.tiny { TINY_ROWS } else { ROWS };
    let servers = Servers::new(servers.tidings.clone(), keeping_everything(servers, &path), servers.folder.clone());
    drop(servers.start(Kind::Tidings, NO_WISH)?); // makes the database, with its secrets
    let users: Vec<String> = (0..USERS).map(user_name).collect();
    let user = |index: u64| {
        let user = if index.is_multiple_of(SHARE) { READER } else { scattered(index) };
        users.get(user as usize).map(std::slice::from_ref).unwrap_or_default()
    };
    let mut log = Log::fill(&path)?;
    for begin in (0..rows).step_by(usize::try_from(FILL).unwrap_or(usize::MAX)) {
        log.commit((begin..rows.min(begin + FILL)).map(user))?;
    }
    log.know(rows)?;
    log.finish()?;
    let values = measure(&servers, sizes.time / 4, clock, float(rows))?;
    Ok(values.into_iter().map(|value| ("tidings", value)).collect())
}

fn measure(servers: &Servers, time: Duration, clock: Clock, at: f64) -> Result<Vec<Value>> {
    let mut stage = Stage::start(servers, Kind::Tidings, NO_WISH, OPENED, clock)?;
    let mut values = Vec::new();
    let mut add = |metric, value| values.push(Value { scenario: "full inbox", at, metric, unit: "ms", value });
    {
        let contestant = &*stage.contestant;
        let inbox = contestant.inbox().ok_or_else(|| Failure::new("a server without inboxes"))?;
        let p50 = |request| Ok::<_, Failure>(quantiles(&send(contestant, clock, 1, time, vec![request])?.answer).0);
        add("list, p50", p50(inbox.list(READER))?);
        add("search that finds nothing, p50", p50(inbox.search(READER, "nowhere"))?);
        add("GET /inbox, p50", p50(inbox.counts(READER))?);
        add("to one of so many, p50", p50(inbox.publish(&[1]))?);
        add("to everyone of so many, p50", p50(inbox.publish_to_all())?);
    }
    stage.streams.opened = histogram()?;
    let opening = || Opening { user: READER, request: stage.contestant.open(READER, None) };
    let openings: Vec<_> = (0..OPENED).map(|_| opening()).collect();
    stage.streams.open(openings, 1); // one at a time: nobody else is in its way
    let all = |streams: &crate::load::streams::Streams| streams.ready() >= OPENED as usize || streams.breaks > 0;
    stage.streams.until(PATIENCE, "streams to open", all)?;
    add("opening a stream, p50", quantiles(&stage.streams.opened).0);
    Ok(values)
}
