//! Nodes, clients and a log, and what may happen to them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tidings_models::*;
use tokio::time::Instant;

use super::{
    Case, NODES, Op,
    bus::{End, Wire},
    client::{Client, Verdict},
    store::{Faults, LogStore},
};
use crate::{
    Broker, Local, Settings, Tasks,
    sizes::Sizes,
    testing::{Counting, VirtualClock, user},
};

mod asking;
mod publishing;
mod reading;
mod rest;

pub(super) use self::publishing::moment_of;

/// Long enough for whatever needs no clock.
const MOMENT: Duration = Duration::from_millis(1);
const HEARTBEAT: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_secs(1);
/// What some notifications are about.
const CATEGORY: &str = "builds";

struct Node {
    broker: Arc<Broker>,
    /// Another thread's hub.
    local: Arc<Local>,
    _tasks: Tasks,
}

/// What happened, so that a test can tell whether it tested anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(super) events: usize,
    pub(super) heartbeats: usize,
    pub(super) resets: [usize; 4],
    pub(super) muted: usize,
    pub(super) whispers: usize,
    pub(super) replays_from_the_store: usize,
    pub(super) failed_commits: usize,
    pub(super) repeated_keys: usize,
    pub(super) prompt: usize,
    pub(super) stuck_nodes: usize,
    /// What the log tells of.
    pub(super) logged: BTreeMap<&'static str, usize>,
}

pub(super) struct World {
    store: Arc<LogStore>,
    life: u8,
    wire: Arc<Wire>,
    nodes: [Option<Node>; NODES],
    clients: Vec<Client>,
    clock: Arc<VirtualClock>,
    random: Arc<Counting>,
    sizes: Sizes,
    /// From when on no read that was slow or failed can be under way.
    calm: Instant,
    pub(super) tally: Tally,
}

impl World {
    pub(super) async fn new(sizes: Sizes) -> Self {
        let mut world = Self {
            store: Arc::new(LogStore::new(super::log::Log::new(), 0)),
            life: 0,
            wire: Arc::default(),
            nodes: [const { None }; NODES],
            clients: ["ann", "ann", "bob", "cyd"].iter().map(|name| Client::new(user(name))).collect(),
            clock: Arc::default(),
            random: Arc::default(),
            sizes,
            calm: Instant::now(),
            tally: Tally::default(),
        };
        world.node(0).await;
        world
    }

    /// Lives through a case, to its end and beyond.
    pub(super) async fn live(case: &Case) -> Result<Tally, String> {
        let mut world = Self::new(case.sizes).await;
        world.store.faults.lock().latency = Duration::from_millis(case.latency);
        for (index, op) in case.ops.iter().enumerate() {
            world.step(op).await.map_err(|what| format!("at step {index}, {op:?}: {what}"))?;
            tokio::time::sleep(MOMENT).await;
        }
        world.rest().await.map_err(|what| format!("at rest: {what}"))?;
        Ok(world.tally)
    }

    /// The broker of a node, which is started when it is not there.
    async fn node(&mut self, index: usize) -> Arc<Broker> {
        if self.nodes[index].is_none() {
            self.heal(); // a node that cannot read does not start
            let settings = Settings { heartbeat: HEARTBEAT, poll: POLL, streams_per_user: 1000, ..Settings::default() };
            let bus = Arc::new(End { wire: Arc::clone(&self.wire), node: index });
            let store: Arc<dyn Log> = Arc::clone(&self.store) as Arc<dyn Log>;
            let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
            let (broker, tasks) =
                Broker::start_sized(store, None, bus, clock, random, settings, self.sizes).await.unwrap();
            self.nodes[index] = Some(Node { local: Arc::new(broker.local()), broker, _tasks: tasks });
        }
        Arc::clone(&self.nodes[index].as_ref().unwrap().broker)
    }

    fn heal(&mut self) {
        let mut faults = self.store.faults.lock();
        let slowest = faults.latency.max(faults.lag);
        if !slowest.is_zero() {
            self.calm = self.calm.max(Instant::now() + slowest + MOMENT);
        }
        // That the log is trimmed is no fault.
        *faults = Faults { trim_during_replay: faults.trim_during_replay, ..Faults::default() };
    }

    async fn step(&mut self, op: &Op) -> Verdict {
        match op {
            Op::Send { node, to, content, count, key } => self.send(*node, *to, *content, *count, *key).await?,
            Op::Abandon { node, to } => self.abandon(*node, *to).await,
            Op::Signal { to } => self.signal(*to).await?,
            Op::Whisper { node, to } => self.whisper(*node, *to).await,
            Op::Correct { pick, content } => self.correct(*pick, *content).await?,
            Op::Retract { pick } => self.retract(*pick).await?,
            Op::Mark { user, pick, flags } => self.mark(*user, *pick, *flags).await?,
            Op::MarkSome { user, picks, flags } => self.mark_some(*user, picks, *flags).await?,
            Op::MarkUpTo { user, pick, flags } => self.mark_up_to(*user, *pick, *flags).await?,
            Op::Snooze { user, pick, millis } => self.snooze(*user, *pick, *millis).await?,
            Op::Join { user, topic } => self.join(*user, *topic).await?,
            Op::Leave { user, pick } => self.leave(*user, *pick).await?,
            Op::PassThrough { user, topic } => self.pass_through(*user, *topic).await?,
            Op::Mute { user, mutes } => self.mute(*user, *mutes).await?,
            Op::CommitFails(fails) => self.store.faults.lock().commit = Some(*fails),
            Op::ReadsFail => {
                self.store.faults.lock().reads_fail = true;
            }
            Op::ReadsTake(millis) => {
                self.heal();
                self.store.faults.lock().latency = Duration::from_millis(*millis);
            }
            Op::FollowersTake(millis) => {
                self.heal();
                self.store.faults.lock().lag = Duration::from_millis(*millis);
            }
            Op::Heal => self.heal(),
            Op::Hide => {
                let next = self.store.log().head() + 1;
                self.store.faults.lock().hidden = Some(next);
            }
            Op::Connect { client, node, place } => self.connect(*client, *node, place).await,
            Op::Read { client, frames } => self.read(*client, *frames).await?,
            Op::Cut { client } => self.clients[*client].cut(),
            Op::LoseBells { node, count } => self.wire.lose(*node, *count),
            Op::ForgeBell { node } => self.wire.forge(*node),
            Op::Trim { keep, behind } => self.trim(*keep, *behind),
            Op::TrimUnderfoot { beyond } => self.store.faults.lock().trim_during_replay = Some(*beyond),
            Op::Expire => {
                self.trim(2, false);
                self.store.log().expire();
            }
            Op::Restart { node, goodbye } => self.restart(*node, *goodbye).await?,
            Op::Restore { back } => self.restore(*back).await,
            Op::Advance(millis) => tokio::time::sleep(Duration::from_millis(*millis)).await,
            Op::Jump(seconds) => tokio::time::advance(Duration::from_secs(*seconds)).await,
        }
        Ok(())
    }

    /// Trims all but some events: those that every node has, or even what one that lags has not read.
    fn trim(&self, keep: u8, behind: bool) {
        let mut log = self.store.log();
        let mut floor = log.head() - i64::from(keep);
        if !behind {
            let nodes = self.nodes.iter().flatten().map(|node| node.broker.figures().position.get());
            floor = floor.min(nodes.min().unwrap_or(0));
        }
        log.floor = log.floor.max(floor);
    }

    async fn restart(&mut self, node: usize, goodbye: bool) -> Verdict {
        if goodbye && let Some(node) = &self.nodes[node] {
            node.broker.end_some(usize::MAX);
        }
        // Whoever was connected to it is cut off; so are the others, for simplicity.
        for client in 0..self.clients.len() {
            if goodbye {
                while let Some(frame) = self.clients[client].next(MOMENT).await {
                    self.take(client, &frame)?;
                }
            }
            self.clients[client].cut();
        }
        self.nodes[node] = None;
        self.node(node).await;
        Ok(())
    }

    async fn restore(&mut self, back: u8) {
        for client in &mut self.clients {
            client.cut();
        }
        self.nodes = [const { None }; NODES];
        let log = self.store.log().clone();
        self.tally.replays_from_the_store += *self.store.replays.lock();
        let head = (log.head() - i64::from(back)).max(0);
        self.life += 1;
        self.store = Arc::new(LogStore::new(log.restored(head), self.life));
        self.node(0).await;
    }
}
