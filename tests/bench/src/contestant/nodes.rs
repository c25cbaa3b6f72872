//! Several nodes of Tidings that share one PostgreSQL, and whatever rings between them.

#[allow(clippy::unwrap_used, reason = "shared with tests: what it cannot do ends the run")]
#[path = "../../../buses/program.rs"]
mod program;

use std::net::SocketAddr;

use self::program::Program;
use super::{Contestant, Inbox, Render};

/// What nodes ring for each other by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bus {
    /// Nothing: they look into the log every second.
    None,
    Postgres,
    Redis,
    Nats,
}

impl Bus {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Postgres, Self::Redis, Self::Nats];

    /// What its figures are under.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "bus-none",
            Self::Postgres => "bus-postgres",
            Self::Redis => "bus-redis",
            Self::Nats => "bus-nats",
        }
    }

    /// Its server, if it has one of its own, and the setting.
    pub(super) fn start(self) -> (Option<Program>, String) {
        let of = |program: Program, scheme: &str| {
            let url = program.url(scheme);
            (Some(program), url)
        };
        match self {
            Self::None => (None, "none".into()),
            Self::Postgres => (None, "postgres".into()),
            Self::Redis => of(Program::start("redis-server"), "redis"),
            Self::Nats => of(Program::start("nats-server"), "nats"),
        }
    }
}

/// Nodes that run. Streams and publishers go to each in turn.
pub(crate) struct Nodes {
    pub(super) nodes: Vec<Box<dyn Contestant>>,
    /// Ends after the nodes.
    pub(super) _bus: Option<Program>,
}

impl Nodes {
    /// One of them alone.
    pub(crate) fn node(&self, index: usize) -> Option<&dyn Contestant> {
        Some(self.nodes.get(index)?.as_ref())
    }

    /// Any of them: all have the same users and the same secret.
    fn any(&self) -> &dyn Contestant {
        self.nodes[0].as_ref()
    }
}

impl Contestant for Nodes {
    fn address(&self) -> SocketAddr {
        self.any().address()
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address()).collect()
    }

    fn processes(&self) -> Vec<u32> {
        self.nodes.iter().flat_map(|node| node.processes()).collect()
    }

    fn open(&self, user: u32, last_event_id: Option<&[u8]>) -> Vec<u8> {
        self.any().open(user, last_event_id)
    }

    fn render(&self) -> Render {
        self.any().render()
    }

    fn says_ready(&self) -> bool {
        self.any().says_ready()
    }

    fn inbox(&self) -> Option<&dyn Inbox> {
        self.any().inbox()
    }

    fn log(&self) -> String {
        self.nodes.iter().map(|node| node.log()).collect::<Vec<_>>().join("\n")
    }
}
