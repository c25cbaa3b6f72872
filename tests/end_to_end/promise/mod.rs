//! The promise, from outside: what was acknowledged reaches everybody it is for, whatever happens.
//!
//! Publishers, a couple of hundred clients of all manners and readers that never read are at it while
//! the server is killed, stopped and started again, and the log is trimmed behind it. All clients
//! write down what they get. Then there is peace, everybody comes to rest, and [`checker`] goes
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

use crate::support::{Dice, Server, alone};

use world::World;

/// How long it goes on without `TIDINGS_SOAK_SECONDS`.
const USUAL: Duration = Duration::from_secs(11);
/// How long clients have to come to rest once there is peace.
const REST: Duration = Duration::from_secs(30);

/// So little is kept that a client that was away for some seconds is too late, and streams that
/// nobody reads are closed while the test goes on.
const SETTINGS: [(&str, &str); 8] = [
    ("TIDINGS_RETENTION_EVENTS", "200"),
    ("TIDINGS_TRIM_SECONDS", "1"),
    ("TIDINGS_STALL_SECONDS", "3"),
    ("TIDINGS_HEARTBEAT_SECONDS", "1"),
    ("TIDINGS_POLL_MS", "100"),
    ("TIDINGS_SHUTDOWN_SECONDS", "2"),
    ("TIDINGS_LOG", "info"),
    ("TIDINGS_STREAMS_PER_USER", "40"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_in_silence() {
    let _turn = alone().await;
    let seed = Dice::seed();
    eprintln!("promise: seed {seed}");
    let mut dice = Dice::new(seed);
    let lasting = std::env::var("TIDINGS_SOAK_SECONDS")
        .map_or(USUAL, |seconds| Duration::from_secs(seconds.parse().expect("TIDINGS_SOAK_SECONDS is a whole number")));

    let server = Server::start_apart(&SETTINGS).await;
    let world = Arc::new(World::new(&server, server.cursors().await));
    let clients = crowd::begin(&world, &mut dice).await;
    let publishers = publishers::begin(&world, &mut dice);
    let mut others = JoinSet::new();
    marks::begin(&world, &mut dice, &mut others);
    dead::begin(&world, &mut dice, &mut others);

    let (server, faults) = chaos::rage(server, &world, dice.fork(), lasting).await;

    world.calm();
    let published = publishers.join_all().await;
    others.join_all().await;
    // The last event is for everyone: who has it, or a state of it or later, has come to rest.
    server.notify(json!({"everyone": true}), "the end").await;
    world.end_at(world.head(&mut dice).await);
    let histories = timeout(REST, clients.join_all()).await.unwrap_or_else(|_| panic!("seed {seed}: {}", world.late()));

    let evidence = checker::Evidence {
        published: published.into_iter().flatten().collect(),
        histories,
        inboxes: inboxes::read(&world, &server).await,
        log: inboxes::log(&server).await,
        deleted: world.deleted(),
        unknown_until: world.unknown_until(),
    };
    let log = server.log();
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("panicked") || line.contains("hole")).collect();
    let (figures, wrong) = checker::check(&evidence);
    eprintln!("promise: {faults}\npromise: {figures}");
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "seed {seed}: {} promises broken, among them\n{shown}", wrong.len());
    assert!(complaints.is_empty(), "seed {seed}: the server said {complaints:#?}");
}
