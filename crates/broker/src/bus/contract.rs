//! What every line must do, with the real server behind it. Each test starts one of its own, on a free port.

use std::{sync::Arc, time::Duration};

use tidings_models::{SystemRandom, store::Bells};
use tokio::time::{sleep, timeout};

#[path = "../../../../tests/postgres/cluster.rs"]
mod cluster;
#[path = "../../../../tests/buses/program.rs"]
mod program;

use super::{Bus, Line, NatsLine, PostgresLine, RedisLine, RemoteBus};
use cluster::Cluster;
use program::Program;

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(30);
/// So long nothing is heard when nobody rings.
const QUIET: Duration = Duration::from_millis(300);

/// A server of its own. Ends with the test.
enum Server {
    Redis(Program),
    Nats(Program),
    Postgres(Cluster, String),
}

impl Server {
    fn redis() -> Self {
        Self::Redis(Program::start("redis-server"))
    }

    fn nats() -> Self {
        Self::Nats(Program::start("nats-server"))
    }

    fn postgres() -> Self {
        let cluster = Cluster::start();
        let url = cluster.database("template0");
        Self::Postgres(cluster, url)
    }

    fn line(&self) -> Box<dyn Line> {
        let channel = "tidings-test".to_owned();
        match self {
            Self::Redis(server) => Box::new(RedisLine::new(&server.url("redis"), channel, None).unwrap()),
            Self::Nats(server) => Box::new(NatsLine::new(&server.url("nats"), channel, None).unwrap()),
            Self::Postgres(_, url) => Box::new(PostgresLine::new(Bells::new(url, channel).unwrap())),
        }
    }

    /// A node on it, which runs and hears itself.
    async fn node(&self) -> Arc<RemoteBus> {
        let bus = Arc::new(RemoteBus::new(self.line(), &SystemRandom).in_a_hurry());
        let running = Arc::clone(&bus);
        tokio::spawn(async move { running.run().await });
        until("the bus rings", || bus.trouble().is_none()).await;
        bus
    }

    fn signal(&self, name: &str) {
        match self {
            Self::Redis(server) | Self::Nats(server) => server.signal(name),
            Self::Postgres(cluster, _) => drop(cluster.signal(name)),
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Redis(server) | Self::Nats(server) => server.kill(),
            Self::Postgres(cluster, _) => cluster.kill(),
        }
    }

    fn start_again(&mut self) {
        match self {
            Self::Redis(server) | Self::Nats(server) => server.start_again(),
            Self::Postgres(cluster, _) => cluster.start_again(),
        }
    }
}

async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !is() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

async fn hears(bus: &RemoteBus) -> bool {
    timeout(QUIET, bus.heard()).await.is_ok()
}

async fn quiet(bus: &RemoteBus) {
    while hears(bus).await {}
}

/// What one rings another hears, who then hears nothing more.
async fn rings(one: &RemoteBus, other: &RemoteBus) {
    quiet(other).await;
    one.ring_others();
    assert!(timeout(PATIENCE, other.heard()).await.is_ok(), "a bell is heard");
}

async fn nodes_ring_for_each_other(server: Server) {
    let (one, other) = (server.node().await, server.node().await);
    rings(&one, &other).await;
    rings(&other, &one).await;
    quiet(&one).await;
    one.ring_others();
    assert!(!hears(&one).await, "who rings knows already");
    quiet(&other).await;
    assert!(!hears(&other).await, "nobody rings");
}

async fn it_heals_after_the_server_was_killed(mut server: Server) {
    let (one, other) = (server.node().await, server.node().await);
    quiet(&other).await;
    server.kill();
    until("both know", || one.trouble().is_some() && other.trouble().is_some()).await;
    server.start_again();
    until("it rings again", || one.trouble().is_none() && other.trouble().is_none()).await;
    assert!(timeout(PATIENCE, other.heard()).await.is_ok(), "it looks for what it has missed");
    rings(&one, &other).await;
}

/// The connection looks alive, and is not: only who rings themselves finds out.
async fn it_heals_after_the_server_stood_still(server: Server) {
    let (one, other) = (server.node().await, server.node().await);
    quiet(&other).await;
    server.signal("STOP");
    until("both know", || one.trouble().is_some() && other.trouble().is_some()).await;
    server.signal("CONT");
    until("it rings again", || one.trouble().is_none() && other.trouble().is_none()).await;
    rings(&one, &other).await;
}

macro_rules! suite {
    ($($name:ident)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn nodes_ring_for_each_other() {
                super::nodes_ring_for_each_other(Server::$name()).await;
            }

            #[tokio::test]
            async fn it_heals_after_the_server_was_killed() {
                super::it_heals_after_the_server_was_killed(Server::$name()).await;
            }

            #[tokio::test]
            async fn it_heals_after_the_server_stood_still() {
                super::it_heals_after_the_server_stood_still(Server::$name()).await;
            }
        }
    )+};
}

suite! { redis nats postgres }
