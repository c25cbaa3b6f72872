//! Three nodes behind nginx are restarted one after the other, while there are streams and publishers: nobody loses
//! anything, and nobody is reset. `TIDINGS_ROLLING_STREAMS=3000` makes it as many.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tidings_models::Role;
use tokio::{
    task::JoinSet,
    time::{interval, sleep, timeout},
};

use crate::{
    postgres::cluster::Cluster,
    support::{Dice, Nginx, Server, Stream, alone, until},
};

const STREAMS: usize = 200;
const NODES: usize = 3;
/// Users get something of their own so often, and every fifth time all do.
const EVERY: Duration = Duration::from_millis(100);
/// How long everybody may take to come back, and to get the last.
const REST: Duration = Duration::from_mins(1);

/// What everybody shares.
struct World {
    address: String,
    client: Client,
    /// Streams that are open and live.
    live: AtomicUsize,
    resets: AtomicUsize,
    connections: AtomicUsize,
    /// Requests of publishers that had to be made again.
    again: AtomicU64,
    over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_is_noticed_by_nobody() {
    let _turn = alone().await;
    let streams = std::env::var("TIDINGS_ROLLING_STREAMS")
        .map_or(STREAMS, |count| count.parse().expect("TIDINGS_ROLLING_STREAMS is a whole number"));
    let database = Cluster::start();
    let url = database.database("template0");
    // All of them come from one address here.
    let settings = [
        ("TIDINGS_DATABASE_URL", url.as_str()),
        ("TIDINGS_BUS_URL", "postgres"),
        ("TIDINGS_TRUSTED_PROXIES", "127.0.0.1"),
        ("TIDINGS_STREAMS_PER_ADDRESS", "100000"),
        ("TIDINGS_HEARTBEAT_SECONDS", "5"),
        ("TIDINGS_SHUTDOWN_SECONDS", "8"),
        ("TIDINGS_LOG", "info"),
    ];
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(Server::start_apart(&settings).await);
    }
    let nginx = Nginx::before(&nodes, &[]);
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
    let world = Arc::new(World {
        address: nginx.address.clone(),
        client,
        live: AtomicUsize::default(),
        resets: AtomicUsize::default(),
        connections: AtomicUsize::default(),
        again: AtomicU64::default(),
        over: AtomicBool::default(),
    });
    let mut readers = JoinSet::new();
    for index in 0..streams {
        readers.spawn(read(Arc::clone(&world), index));
    }
    all_live(&world, streams).await;
    let publishing = tokio::spawn(publish(Arc::clone(&world), streams, Dice::new(Dice::seed())));

    let mut moves = 0;
    for index in 0..NODES {
        let spread = spread(&nodes, streams).await;
        moves += spread[0];
        let begun = Instant::now();
        let mut node = nodes.remove(0);
        assert_eq!(node.terminate().await, Some(0), "it ends in peace");
        let ended = begun.elapsed();
        nodes.push(node.start_again().await); // once it is ready
        let ready = begun.elapsed();
        all_live(&world, streams).await;
        eprintln!(
            "rolling: node {index} of streams {spread:?} ended after {ended:.1?}, was ready again after {ready:.1?}; all \
             {streams} were back after {:.1?}",
            begun.elapsed()
        );
    }
    eprintln!("rolling: streams at the end {:?}", spread(&nodes, streams).await);

    world.over.store(true, Relaxed);
    let sent = publishing.await.unwrap();
    let read = timeout(REST, readers.join_all()).await.expect("everybody gets the last");
    let lost: usize = read.iter().map(|(reader, got)| lost(&sent, *reader, got)).sum();
    let (again, connections) = (world.again.load(Relaxed), world.connections.load(Relaxed));
    let resets = world.resets.load(Relaxed);
    let delivered: usize = read.iter().map(|(_, got)| got.len()).sum();
    eprintln!(
        "rolling: {} published, {again} requests made again; {delivered} delivered over {connections} connections; \
         resets: {resets}; lost: {lost}",
        sent.len()
    );
    assert_eq!((lost, resets), (0, 0), "{}", nginx.log());
    assert_eq!(connections, streams + moves, "nobody was sent back to a node that was about to stop");
}

/// How much of what was sent to a reader they did not get.
fn lost(sent: &[(String, Option<usize>)], reader: usize, got: &[String]) -> usize {
    let theirs = sent.iter().filter(|(_, to)| to.is_none_or(|to| to == reader));
    theirs.filter(|(title, _)| !got.contains(title)).count()
}

async fn all_live(world: &World, streams: usize) {
    let begun = Instant::now();
    while world.live.load(Relaxed) < streams {
        assert!(begun.elapsed() < REST, "{} of {streams} streams are there", world.live.load(Relaxed));
        sleep(Duration::from_millis(10)).await;
    }
}

/// How many streams each node says that it has, once that is all of them: it may be of a moment ago.
async fn spread(nodes: &[Server], streams: usize) -> Vec<usize> {
    until("nodes to tell", || async {
        let mut counts = Vec::new();
        for node in nodes {
            let own = node.overview().await["nodes"][0]["streams"].as_u64().unwrap();
            counts.push(usize::try_from(own).unwrap());
        }
        (counts.iter().sum::<usize>() == streams).then_some(counts)
    })
    .await
}

/// Reads until the last, as an `EventSource` does: comes back when it was told to, with its last id. Gives what it got.
async fn read(world: Arc<World>, index: usize) -> (usize, Vec<String>) {
    let token = Server::token(&format!("user-{index}"), Role::User);
    let (mut last, mut got) = (None::<String>, Vec::new());
    let mut retry = 0;
    loop {
        let opened = Stream::try_open(&world.address, &token, "", last.as_deref().map(str::as_bytes)).await;
        if let Ok(mut stream) = opened {
            assert!(stream.head.starts_with("http/1.1 200"), "it would never come back: {}", stream.head);
            world.connections.fetch_add(1, Relaxed);
            let mut live = false;
            while let Some(event) = stream.next().await {
                retry = event.retry.unwrap_or(retry);
                match event.name.as_str() {
                    "ready" => {
                        live = true;
                        world.live.fetch_add(1, Relaxed);
                    }
                    "reset" => {
                        world.resets.fetch_add(1, Relaxed);
                    }
                    "notification" => got.push(event.title()),
                    _ => {}
                }
                last = event.id.or(last);
                if got.last().is_some_and(|title| title == "last") {
                    return (index, got);
                }
            }
            if live {
                world.live.fetch_sub(1, Relaxed);
            }
        }
        sleep(Duration::from_millis(retry)).await;
    }
}

/// Publishes until it is over, and once more for everyone. Gives the titles, and to whom each went.
async fn publish(world: Arc<World>, streams: usize, mut dice: Dice) -> Vec<(String, Option<usize>)> {
    let mut published = Vec::new();
    let mut pace = interval(EVERY);
    while !world.over.load(Relaxed) {
        pace.tick().await;
        let to = (published.len() % 5 != 0).then(|| dice.below(streams));
        let title = format!("{}", published.len());
        until_stored(&world, &title, to).await;
        published.push((title, to));
    }
    until_stored(&world, "last", None).await;
    published.push(("last".into(), None));
    published
}

async fn until_stored(world: &World, title: &str, to: Option<usize>) {
    let to = to.map_or_else(|| json!({"everyone": true}), |index| json!({"user": format!("user-{index}")}));
    let body: Value = json!({"to": to, "title": title});
    until("it to be stored", || async {
        let request =
            world.client.request(Method::POST, format!("http://{}/api/v1/admin/notifications", world.address));
        let request = request.bearer_auth(Server::token("root", Role::Admin)).header("idempotency-key", title);
        let stored = request.json(&body).send().await.is_ok_and(|answer| answer.status() == StatusCode::CREATED);
        if !stored {
            world.again.fetch_add(1, Relaxed);
        }
        stored.then_some(())
    })
    .await;
}
