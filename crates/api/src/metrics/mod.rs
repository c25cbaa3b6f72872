//! What `GET /metrics` says, in the text of OpenMetrics: what is counted where it arises, put into words.
//!
//! Nothing is kept here. Each scrape reads what there is, so that being watched costs nothing in between. Labels are of
//! a few words that stand in the code: never a user, an address, a topic, or anything else that somebody sent.
//!
//! **To add a figure:** a line below, and a row in `docs/operations.md` (a test compares).

mod process;
mod sheet;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use prometheus_client::{collector::Collector, encoding::DescriptorEncoder, encoding::text, registry::Registry};
use tidings_broker::{
    Figures, Health, Parts,
    tally::{By, Kinds},
};
use tidings_middleware::Auth;
use tidings_models::Position;

use self::sheet::Sheet;
use crate::App;

/// What a scraper is told that it gets.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All figures of this node as text. `behind`: how far it is behind the log, if the database says so.
pub(crate) async fn page(app: Arc<App>, auth: Arc<Auth>, behind: Option<u64>) -> Result<String, fmt::Error> {
    let process = process::read().await;
    let (parts, figures) = (app.broker.parts(), app.broker.figures());
    let mut registry = Registry::default();
    registry.register_collector(Box::new(process::Process { read: process, started_at: app.started_at }));
    let node = Node { app, auth, parts, figures, behind };
    registry.sub_registry_with_prefix("tidings").register_collector(Box::new(node));
    let mut page = String::new();
    text::encode(&mut page, &registry)?;
    Ok(page)
}

/// This node at the moment of a scrape.
struct Node {
    app: Arc<App>,
    auth: Arc<Auth>,
    parts: Parts,
    figures: Figures,
    behind: Option<u64>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("figures", &self.figures).finish_non_exhaustive()
    }
}

impl Collector for Node {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        self.health(&mut sheet)?;
        self.writing(&mut sheet)?;
        self.handing_on(&mut sheet)?;
        self.streams(&mut sheet)?;
        self.reading(&mut sheet)?;
        self.requests(&mut sheet)
    }
}

#[rustfmt::skip] // One figure, one line.
impl Node {
    fn health(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let Parts { database, follower, lag, bus, disk } = &self.parts;
        let good = |part: &Health| u64::from(*part == Health::Good);
        let life = u64::from(!self.app.draining.load(Relaxed));
        let each = [("database", good(database)), ("follower", good(follower)), ("lag", good(lag)), ("bus", good(bus)), ("disk", good(disk)), ("life", life)];
        let ready = u64::from(self.parts.trouble().is_none()) * life;
        sheet.info("build", "The version that runs.", &[("version", env!("CARGO_PKG_VERSION"))])?;
        sheet.gauge("ready", "Whether this node should be given requests: 1, or 0.", ready)?;
        sheet.gauges("part_ok", "Whether each part of the node is well, as /readyz says: 1, or 0.", "part", each)
    }

    fn writing(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let tally = self.app.broker.tally();
        sheet.counts("drafts", "What became of what was handed in to be written.", "outcome", words(&tally.written))?;
        sheet.gauge("drafts_waiting", "What waits to be written.", self.figures.waiting)?;
        sheet.sizes("group_events", "Events of each group that was committed.", &tally.group_events)?;
        sheet.times("commit", "How long each commit took.", &tally.commit)
    }

    fn handing_on(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let (tally, figures) = (self.app.broker.tally(), &self.figures);
        sheet.counts("events", "Events that this node came to know: its own, by a bell, or because it looked.", "by", words(&tally.found))?;
        sheet.gauge("log_position", "Up to here this node has read the log.", figures.read.since(Position::START))?;
        if let Some(behind) = self.behind {
            sheet.gauge("log_behind_events", "Events of the log that this node has yet to read. Missing while the database does not answer.", behind)?;
        }
        sheet.seconds("log_silent", "How long ago the log was read.", figures.silent.as_secs_f64())?;
        sheet.gauge("undelivered_events", "Events that were read, and that the slowest thread has yet to hand on.", figures.read.since(figures.position))?;
        sheet.count("deliveries", "Events that were handed to streams as they happened.", tally.delivered.get())?;
        sheet.times("delivery", "From the acceptance of an event until it was handed to its streams: of each batch the oldest.", &tally.delivery)
    }

    fn streams(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let tally = self.app.broker.tally();
        let open = tally.opened.each().zip(tally.closed.each());
        let open = open.map(|((transport, opened), (_, closed))| (transport.word(), opened.saturating_sub(closed)));
        let slow = [("overflowed", tally.overflows.get()), ("cut", tally.stalled.get())];
        sheet.gauge("users", "Users with an open stream.", self.figures.users)?;
        sheet.gauges("streams", "Open streams.", "transport", open)?;
        sheet.counts("streams_opened", "Streams that were opened.", "transport", words(&tally.opened))?;
        sheet.counts("streams_refused", "Streams that were not opened.", "reason", words(&tally.not_opened))?;
        sheet.counts("goodbyes", "Streams that the server ended.", "reason", words(&tally.goodbyes))?;
        sheet.counts("slow_readers", "Streams whose reader was too slow: caught up from the log, or cut.", "became", slow)
    }

    fn reading(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let tally = self.app.broker.tally();
        sheet.counts("replay_pages", "Pages of replays, from memory or from the database.", "from", words(&tally.replay_pages))?;
        sheet.count("replayed_events", "Events of replays.", tally.replayed.get())?;
        sheet.counts("resets", "States that took the place of a continuation.", "reason", words(&tally.resets))?;
        sheet.count("database_reads", "Reads of the database for readers.", tally.reads.get())?;
        sheet.count("database_read_errors", "Those of them that failed.", tally.failed_reads.get())?;
        sheet.times("database_read_wait", "How long reads waited for their turn, those that had to.", &tally.read_waits)
    }

    fn requests(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let refusals = &self.auth.refusals;
        sheet.counts("answers", "Answers by class of status.", "class", refusals.by_class())?;
        sheet.counts("refusals", "Requests that were refused, by code.", "code", refusals.by_code().map(|(code, count)| (code.word(), count)))
    }
}

fn words<K: Kinds>(counts: &By<K>) -> impl Iterator<Item = (&'static str, u64)> {
    counts.each().map(|(kind, count)| (kind.word(), count))
}
