//! What a deployment does, worked out from what its parts cost.

use clap::Args;

use super::queue::{self, Served};

/// What was measured: defaults are those of docs/scaling.md.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Costs {
    /// Milliseconds that a group of events holds the row of its log, beside its events.
    #[arg(long, default_value_t = 1.3)]
    pub(super) group_ms: f64,
    /// The same for each event of it, in microseconds.
    #[arg(long, default_value_t = 25.0)]
    pub(super) event_us: f64,
    /// CPU of a node for an event that it only reads, in microseconds.
    #[arg(long, default_value_t = 7.0)]
    pub(super) read_us: f64,
    /// CPU of a node for a request to notify one user, in microseconds.
    #[arg(long, default_value_t = 65.0)]
    pub(super) publish_us: f64,
    /// CPU of a node for a delivery to one user, in microseconds.
    #[arg(long, default_value_t = 10.0)]
    pub(super) deliver_us: f64,
    /// CPU of a node for each of many deliveries of one event, in microseconds.
    #[arg(long, default_value_t = 3.0)]
    pub(super) fan_out_us: f64,
    /// CPU of a database for an event that it stores, in microseconds.
    #[arg(long, default_value_t = 85.0)]
    pub(super) store_us: f64,
    /// CPU of a database for an event that another node reads, in microseconds: most of them come in pages.
    #[arg(long, default_value_t = 30.0)]
    pub(super) serve_us: f64,
    /// Cores of a node, and of a database.
    #[arg(long, default_value_t = 8.0)]
    pub(super) cores: f64,
    /// Streams that a node may have.
    #[arg(long, default_value_t = 50_000.0)]
    pub(super) streams_per_node: f64,
}

/// What users do: assumptions, to be replaced by your own.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Notifications to each user alone, a day.
    #[arg(long, default_value_t = 20.0)]
    pub(super) per_day: f64,
    /// The busiest moment, by the average.
    #[arg(long, default_value_t = 5.0)]
    pub(super) peak: f64,
    /// The part of the users who have a stream at that moment.
    #[arg(long, default_value_t = 0.1)]
    pub(super) online: f64,
    /// Events for topics, for each event for one user,
    #[arg(long, default_value_t = 0.02)]
    pub(super) topical: f64,
    /// and streams that each of them goes to.
    #[arg(long, default_value_t = 50.0)]
    pub(super) members: f64,
    /// Broadcasts a minute.
    #[arg(long, default_value_t = 1.0)]
    pub(super) broadcasts: f64,
    /// Nodes of each partition that publishers are sent to.
    #[arg(long, default_value_t = 2.0)]
    pub(super) writers: f64,
}

/// How users come to nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Routing {
    /// To any: each node needs every partition.
    Anywhere,
    /// To the nodes of their slot: each needs its share of the partitions.
    BySlot,
}

/// A deployment to be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deployment {
    pub(super) users: f64,
    pub(super) partitions: f64,
    pub(super) routing: Routing,
}

/// What it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) streams: f64,
    /// Events for one user, a second, all over.
    pub(super) events: f64,
    pub(super) nodes: f64,
    /// Events that each node reads, a second.
    pub(super) reads: f64,
    /// The part of a node's CPU that goes into reading what others wrote, into delivering, and into requests.
    pub(super) reading: f64,
    pub(super) delivering: f64,
    pub(super) requests: f64,
    /// The part of the CPU of a partition's database.
    pub(super) database: f64,
    /// Of a partition.
    pub(super) row: Served,
}

impl Costs {
    /// Seconds that a group of so many events holds the row.
    pub(super) fn group(&self, events: usize) -> f64 {
        let events = u32::try_from(events).map_or(f64::MAX, f64::from);
        self.group_ms / 1e3 + events * self.event_us / 1e6
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        Self {
            group_ms: 2.0,
            event_us: 60.0,
            read_us: 10.0,
            publish_us: 100.0,
            deliver_us: 20.0,
            fan_out_us: 10.0,
            store_us: 80.0,
            serve_us: 20.0,
            cores: 8.0,
            streams_per_node: 50_000.0,
        }
    }
}

impl Usage {
    fn events(&self, users: f64) -> f64 {
        users * self.per_day / 86_400.0 * self.peak
    }
}

/// A node is full when this part of its CPU is taken: the rest is for the node that fails, and for the next release.
const FULL: f64 = 0.5;
/// Nodes are added until they are not full, and no further than this.
const MOST_NODES: f64 = 10_000.0;

pub(super) fn figures(costs: &Costs, usage: &Usage, deployment: Deployment) -> Figures {
    let streams = deployment.users * usage.online;
    let mut nodes = (streams / costs.streams_per_node).ceil().max(2.0);
    loop {
        let figures = with_nodes(costs, usage, deployment, streams, nodes);
        let taken = figures.reading + figures.delivering + figures.requests;
        // Where reading alone fills a node, more of them do not help.
        if taken <= FULL || figures.reading > FULL || nodes >= MOST_NODES {
            let writers = whole(at_a_partition(deployment, nodes).min(usage.writers));
            let row = queue::serve(costs, row_rate(usage, deployment), writers, 1);
            return Figures { row, ..figures };
        }
        nodes = (nodes * 1.1).ceil();
    }
}

/// Events that each partition stores, a second: its share of what is for one user, and all that is for many.
fn row_rate(usage: &Usage, deployment: Deployment) -> f64 {
    let events = usage.events(deployment.users);
    let shared = events * usage.topical + usage.broadcasts / 60.0;
    events / deployment.partitions + shared
}

/// Partitions that a node reads.
fn needed(deployment: Deployment, nodes: f64) -> f64 {
    match deployment.routing {
        Routing::Anywhere => deployment.partitions,
        Routing::BySlot => (deployment.partitions / nodes).ceil(),
    }
}

/// Nodes that read one partition.
fn at_a_partition(deployment: Deployment, nodes: f64) -> f64 {
    (nodes * needed(deployment, nodes) / deployment.partitions).ceil().max(1.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands at most")]
fn whole(count: f64) -> usize {
    count as usize
}

fn with_nodes(costs: &Costs, usage: &Usage, deployment: Deployment, streams: f64, nodes: f64) -> Figures {
    let events = usage.events(deployment.users);
    let rate = row_rate(usage, deployment);
    let reads = needed(deployment, nodes) * rate;
    let readers = at_a_partition(deployment, nodes);
    let own = events / nodes;
    let to_one = own * usage.online;
    let to_many = (events * usage.topical * usage.members + usage.broadcasts / 60.0 * streams) / nodes;
    let cpu = |micros: f64| micros / 1e6 / costs.cores;
    Figures {
        streams,
        events,
        nodes,
        reads,
        reading: cpu((reads - own).max(0.0) * costs.read_us),
        delivering: cpu(to_one * costs.deliver_us + to_many * costs.fan_out_us),
        requests: cpu(own * costs.publish_us),
        database: cpu(rate * (costs.store_us + costs.serve_us * (readers - 1.0))),
        row: Served { load: 0.0, p50: 0.0, p99: 0.0, group: 0.0, keeps_up: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> Usage {
        Usage { per_day: 20.0, peak: 5.0, online: 0.1, topical: 0.02, members: 50.0, broadcasts: 1.0, writers: 2.0 }
    }

    fn of(partitions: f64, routing: Routing) -> Figures {
        figures(&Costs::sample(), &usage(), Deployment { users: 1e8, partitions, routing })
    }

    #[test]
    fn a_node_that_needs_all_partitions_reads_everything() {
        let (all, share) = (of(64.0, Routing::Anywhere), of(64.0, Routing::BySlot));
        assert!(all.reads > all.events, "what is for many stands in each partition");
        assert!(share.reads < all.reads / 30.0, "{share:?}");
        assert!(share.reading + share.delivering + share.requests <= FULL);
    }

    #[test]
    fn partitions_share_the_commits() {
        let (one, many) = (of(1.0, Routing::Anywhere), of(64.0, Routing::BySlot));
        assert!(!one.row.keeps_up && many.row.keeps_up);
    }
}
