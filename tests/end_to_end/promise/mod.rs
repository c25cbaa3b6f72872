//! The promise, from outside: what was acknowledged reaches everybody it is for, whatever happens.
//!
//! Publishers, a couple of hundred clients of all manners and readers that never read are at it while
//! nodes are killed, stopped and started again, and the log is trimmed behind them; where there are several, so are the
//! database and the bus that they share, and the ways between them. Everybody calls any node, each time another one. All
//! clients write down what they get. Then there is peace, everybody comes to rest, and [`checker`] goes
//! through what was written down.
//!
//! What happens by chance follows from a seed, which a failure prints: `TIDINGS_SEED=… cargo test`
//! throws the same dice again (when a kill meets which request is still up to the machine).
//! `TIDINGS_SOAK_SECONDS=600` makes it last longer.

mod chaos;
mod checker;
mod client;
mod crowd;
mod dead;
mod deployment;
mod history;
mod inboxes;
mod marks;
mod poll;
mod publishers;
mod read;
mod world;

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio::{task::JoinSet, time::timeout};

use crate::support::{Dice, alone};

use deployment::{BusKind, Deployment};
use world::World;

/// How long it goes on without `TIDINGS_SOAK_SECONDS`.
const USUAL: Duration = Duration::from_secs(11);
/// The same where there are several nodes, which suffer at the same time.
const USUAL_OF_SEVERAL: Duration = Duration::from_secs(8);
/// How long clients have to come to rest once there is peace.
const REST: Duration = Duration::from_secs(30);

/// Streams that nobody reads are closed while the test goes on.
const SETTINGS: [(&str, &str); 5] = [
    ("TIDINGS_STALL_SECONDS", "3"),
    ("TIDINGS_HEARTBEAT_SECONDS", "1"),
    ("TIDINGS_SHUTDOWN_SECONDS", "2"),
    ("TIDINGS_LOG", "info"),
    ("TIDINGS_STREAMS_PER_USER", "40"),
];
/// A client that was away for some seconds is too late.
const LITTLE_KEPT: [(&str, &str); 2] = [("TIDINGS_RETENTION_EVENTS", "200"), ("TIDINGS_TRIM_SECONDS", "1")];
/// And so is a node that was.
const MORE_KEPT: [(&str, &str); 2] = [("TIDINGS_RETENTION_EVENTS", "120"), ("TIDINGS_TRIM_SECONDS", "1")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_silence() {
    let settings = [&SETTINGS[..], &LITTLE_KEPT, &[("TIDINGS_POLL_MS", "100")]].concat();
    promise("one node", Kept::Little, async |_| Deployment::single(&settings).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_silence_by_three_nodes_without_a_bus() {
    let settings = [&SETTINGS[..], &MORE_KEPT, &[("TIDINGS_POLL_MS", "200")]].concat();
    let nodes = async |dice| Deployment::shared(BusKind::None, &settings, dice).await;
    promise("three nodes without a bus", Kept::Little, nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_silence_by_three_nodes_over_the_database() {
    let nodes = async |dice| Deployment::shared(BusKind::Database, &SETTINGS, dice).await;
    promise("three nodes over the database", Kept::Everything, nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_silence_by_three_nodes_over_redis() {
    let nodes = async |dice| Deployment::shared(BusKind::Redis, &SETTINGS, dice).await;
    promise("three nodes over Redis", Kept::Everything, nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_silence_by_three_nodes_over_nats() {
    let nodes = async |dice| Deployment::shared(BusKind::Nats, &SETTINGS, dice).await;
    promise("three nodes over NATS", Kept::Everything, nodes).await;
}

/// How much of the log there is while it goes on.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    /// All of it: nobody ever has a reason to be reset, and no node to end.
    Everything,
    /// The end of it. Who was away for longer is reset, and a node that was ends and is started again.
    Little,
}

async fn promise(what: &str, kept: Kept, start: impl AsyncFnOnce(Dice) -> Deployment) {
    let _turn = alone().await;
    let seed = Dice::seed();
    eprintln!("promise: {what}, seed {seed}");
    let mut dice = Dice::new(seed);
    let deployment = start(dice.fork()).await;
    let usual = if deployment.around.is_none() { USUAL } else { USUAL_OF_SEVERAL };
    let lasting = std::env::var("TIDINGS_SOAK_SECONDS")
        .map_or(usual, |seconds| Duration::from_secs(seconds.parse().expect("TIDINGS_SOAK_SECONDS is a whole number")));
    let store = deployment.store().await;
    let world = Arc::new(World::new(&deployment.nodes, Arc::clone(store.cursors())));
    store.close().await;
    let clients = crowd::begin(&world, &mut dice).await;
    let publishers = publishers::begin(&world, &mut dice);
    let mut others = JoinSet::new();
    marks::begin(&world, &mut dice, &mut others);
    dead::begin(&world, &mut dice, &mut others);

    let (deployment, faults) = chaos::rage(deployment, &world, dice.fork(), lasting).await;

    world.calm();
    let published = publishers.join_all().await;
    others.join_all().await;
    // The last events are for everyone: who has them, or a state of them or later, has come to rest. Each node says one:
    // what it was asked for before and nobody waited for is done by then.
    for node in &deployment.nodes {
        node.notify(json!({"everyone": true}), "the end").await;
    }
    world.end_at(world.head(&mut dice).await);
    let histories = timeout(REST, clients.join_all()).await.unwrap_or_else(|_| panic!("seed {seed}: {}", world.late()));

    let store = deployment.store().await;
    let evidence = checker::Evidence {
        published: published.into_iter().flatten().collect(),
        histories,
        inboxes: inboxes::read(&world).await,
        log: inboxes::log(&*store).await,
        deleted: world.deleted(),
        unknown_until: world.unknown_until(),
        several: world.nodes() > 1,
    };
    store.close().await;
    let log = deployment.log();
    let complaints: Vec<_> = log.lines().filter(|line| is_complaint(line)).collect();
    let (figures, wrong) = checker::check(&evidence);
    eprintln!("promise: {faults}\npromise: {figures}");
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "seed {seed}: {} promises broken, among them\n{shown}", wrong.len());
    assert!(complaints.is_empty(), "seed {seed}: the server said {complaints:#?}");
    if kept == Kept::Everything {
        assert_eq!((figures.resets(), faults.ended()), (0, 0), "seed {seed}: all of the log was there, all the time");
    }
}

/// What a node must never have to say, whatever is done to it.
fn is_complaint(line: &str) -> bool {
    // A node whose time to stop is over drops what still waits for the database, and sqlx cannot give a connection back
    // in a thread that ends. The runtime catches that, and nobody waits for it any more.
    if line.contains("this functionality requires a Tokio context") {
        return false;
    }
    ["panicked", "hole", "the log ends at"].iter().any(|what| line.contains(what))
}
