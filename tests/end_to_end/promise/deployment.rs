//! What is run: one node on a file, or several with what they share.

use std::sync::Arc;

use tidings_models::{
    Clock as _, Log as _, Store, SystemClock, SystemRandom,
    store::{Bells as Notify, PostgresStore},
};

use crate::{
    postgres::{cluster::Cluster, program::Program},
    support::{Bells, Dice, Proxy, Server},
};

/// How many there are, where there is more than one.
const NODES: usize = 3;

/// Settings of nodes.
pub(super) type Settings<'a> = &'a [(&'a str, &'a str)];

pub(super) struct Deployment {
    pub(super) nodes: Vec<Server>,
    /// `None`: one node has all to itself.
    pub(super) around: Option<Around>,
}

/// What nodes share, and their ways to it.
pub(super) struct Around {
    pub(super) database: Arc<Cluster>,
    /// The database without a way between.
    url: String,
    /// Of each node to the database.
    pub(super) ways: Vec<Proxy>,
    pub(super) bus: Bus,
}

/// What the nodes ring by.
pub(super) enum Bus {
    None,
    /// The database: with what others can ring by.
    Database(Notify),
    /// A program of its own, behind a way that can be blocked and another on which bells are tampered with.
    Program {
        program: Program,
        bells: Bells,
        way: Proxy,
    },
}

/// Which one.
#[derive(Clone, Copy, Debug)]
pub(super) enum BusKind {
    None,
    Database,
    Redis,
    Nats,
}

impl Deployment {
    /// One node on a file.
    pub(super) async fn single(settings: Settings<'_>) -> Self {
        Self { nodes: vec![Server::start_apart(settings).await], around: None }
    }

    /// Three nodes on a database of their own.
    pub(super) async fn shared(kind: BusKind, settings: Settings<'_>, dice: Dice) -> Self {
        let database = Arc::new(Cluster::start());
        let url = database.database("template0");
        let ways: Vec<_> = (0..NODES).map(|_| Proxy::to(database.socket())).collect();
        let (bus, bus_url) = match kind {
            BusKind::None => (Bus::None, "none".into()),
            BusKind::Database => (Bus::Database(notify(&url).await), "postgres".into()),
            BusKind::Redis => behind("redis-server", "redis", dice).await,
            BusKind::Nats => behind("nats-server", "nats", dice).await,
        };
        let mut nodes = Vec::new();
        let name = url.rsplit('/').find_map(|part| part.split_once("?host=")).map_or("", |(name, _)| name);
        for way in &ways {
            let url = format!("postgres://tidings@{}/{name}", way.address());
            let shared = [("TIDINGS_DATABASE_URL", url.as_str()), ("TIDINGS_BUS_URL", &bus_url)];
            nodes.push(Server::start_apart(&[&shared, settings].concat()).await);
        }
        Self { nodes, around: Some(Around { database, url, ways, bus }) }
    }

    /// The store that the nodes work on, for looking behind their backs.
    pub(super) async fn store(&self) -> Box<dyn Store> {
        match &self.around {
            None => Box::new(self.nodes[0].store().await),
            Some(around) => Box::new(open(&around.url).await),
        }
    }

    /// What the nodes have logged.
    pub(super) fn log(&self) -> String {
        self.nodes.iter().map(Server::log).collect()
    }
}

async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, SystemClock.now(), &SystemRandom).await.unwrap()
}

/// What rings for all nodes on a database. The name of the channel is part of what nodes have in common.
async fn notify(url: &str) -> Notify {
    let store = open(url).await;
    let channel = format!("tidings-{}", store.head().await.unwrap().epoch.as_uuid().simple());
    store.close().await;
    Notify::new(url, channel).unwrap()
}

/// A bus, and the URL of the way to it.
async fn behind(program: &'static str, scheme: &str, dice: Dice) -> (Bus, String) {
    let program = Program::start(program);
    let bells = Bells::to(program.address(), dice).await;
    let way = Proxy::to(bells.address());
    let url = format!("{scheme}://{}", way.address());
    (Bus::Program { program, bells, way }, url)
}
