//! Nodes, clients and a log, and what may happen to them.

use std::{sync::Arc, time::Duration};

use tidings_models::*;
use tokio::time::Instant;

use super::{
    Case, NODES, Op, Place, To,
    bus::{End, Wire},
    client::{Came, Client, Verdict, ensure},
    line::Line,
    log::{Holdings, Log, USERS},
    store::{COMMIT, Faults, LogStore},
};
use crate::{
    Broker, Frame, Health, Local, ResetReason, Settings, Start, Tasks,
    sizes::Sizes,
    testing::{Counting, VirtualClock, notification, pos, user},
};

/// Long enough for whatever needs no clock.
const MOMENT: Duration = Duration::from_millis(1);
const HEARTBEAT: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_secs(1);
/// Longer than opening a stream takes when every read is slow.
const PATIENCE: Duration = Duration::from_secs(20);

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
    pub(super) replays_from_the_store: usize,
    pub(super) failed_commits: usize,
    pub(super) repeated_keys: usize,
    pub(super) prompt: usize,
    pub(super) stuck_nodes: usize,
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
    expired: bool,
    pub(super) tally: Tally,
}

impl World {
    pub(super) async fn new(sizes: Sizes) -> Self {
        let mut world = Self {
            store: Arc::new(LogStore::new(Log::new(), 0)),
            life: 0,
            wire: Arc::default(),
            nodes: [const { None }; NODES],
            clients: ["ann", "ann", "bob", "cyd"].iter().map(|name| Client::new(user(name))).collect(),
            clock: Arc::default(),
            random: Arc::default(),
            sizes,
            calm: Instant::now(),
            expired: false,
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
            let store: Arc<dyn Store> = Arc::clone(&self.store) as Arc<dyn Store>;
            let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
            let (broker, tasks) = Broker::start_sized(store, bus, clock, random, settings, self.sizes).await.unwrap();
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
            Op::Send { node, to, count, key } => self.send(*node, *to, *count, *key).await?,
            Op::Abandon { node, to } => {
                let broker = self.node(*node).await;
                let draft = self.draft(*to, None);
                // The caller goes away before the answer.
                let _ = tokio::time::timeout(MOMENT, broker.publisher().publish(draft)).await;
            }
            Op::Mark { user, pick, flags } => self.mark(*user, *pick, *flags).await?,
            Op::MarkUpTo { user: name, pick, flags } => {
                let head = self.store.log().head();
                let up_to = pos(i64::from(*pick) % (head + 1));
                self.commit_mark(&user(USERS[*name]), Mark::UpTo(up_to, *flags)).await?;
            }
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
            Op::LoseBell { node } => self.wire.lose_next(*node),
            Op::ForgeBell { node } => self.wire.forge(*node),
            Op::Trim { keep, behind } => self.trim(*keep, *behind),
            Op::TrimUnderfoot { beyond } => self.store.faults.lock().trim_during_replay = Some(*beyond),
            Op::Expire => {
                self.expired = true;
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

    fn draft(&self, to: To, key: Option<u8>) -> Draft {
        let mut notification = notification("x");
        notification.id = NotificationId::new(Timestamp::from_millis(1), &*self.random);
        let to = match to {
            To::One(index) => Recipients::User(user(USERS[index])),
            To::Two => Recipients::Users(vec![user(USERS[0]), user(USERS[1])]),
            To::Everyone => Recipients::Everyone,
        };
        let key = key.map(|key| store::IdempotencyKey {
            publisher: user("app"),
            key: key.to_string(),
            fingerprint: [key; 32],
        });
        Draft::Notify { notification: Box::new(notification), to, key }
    }

    async fn send(&mut self, node: usize, to: To, count: usize, key: Option<u8>) -> Verdict {
        let broker = self.node(node).await;
        let prompt = self.prompt();
        let may_fail = self.store.faults.lock().commit.is_some();
        let drafts: Vec<_> = (0..count).map(|_| self.draft(to, key)).collect();
        let mut callers = Vec::new();
        for draft in drafts {
            let Draft::Notify { notification, .. } = &draft else { continue };
            let (id, publisher) = (notification.id, broker.publisher().clone());
            callers.push((id, tokio::spawn(async move { publisher.publish(draft).await })));
        }
        let mut failed = false;
        for (id, caller) in callers {
            let made = key.and_then(|key| self.store.log().made_by(&key.to_string()));
            match caller.await.unwrap() {
                Ok(Outcome::Stored(stored)) => ensure!(stored == id, "another's answer"),
                Ok(Outcome::Repeated(stored)) => {
                    self.tally.repeated_keys += 1;
                    ensure!(key.is_some() && made.is_none_or(|made| made == stored), "one key made two (I8)");
                }
                Ok(other) => return Err(format!("a notification was answered with {other:?}")),
                Err(error) => {
                    failed = true;
                    ensure!(may_fail, "not stored: {error}");
                }
            }
        }
        self.tally.failed_commits += usize::from(failed);
        if failed { Ok(()) } else { self.arrives(prompt).await }
    }

    async fn mark(&mut self, name: usize, pick: u8, flags: Flags) -> Verdict {
        let who = user(USERS[name]);
        let picked = {
            let log = self.store.log();
            let inbox = log.inbox(&who);
            inbox.keys().nth(usize::from(pick) % inbox.len().max(1)).copied()
        };
        let Some(id) = picked else { return Ok(()) };
        self.commit_mark(&who, Mark::Ids(vec![id], flags)).await
    }

    async fn commit_mark(&mut self, who: &UserId, mark: Mark) -> Verdict {
        let broker = self.node(0).await;
        let prompt = self.prompt();
        let draft = Draft::Mark { user: who.clone(), mark, at: self.clock.now() };
        match broker.publisher().publish(draft).await {
            Ok(_) => self.arrives(prompt).await,
            Err(_) => Ok(()),
        }
    }

    /// The nodes that must hear of the next commit at once: nothing keeps them from it.
    fn prompt(&self) -> [bool; NODES] {
        let faults = *self.store.faults.lock();
        let floor = self.store.log().floor;
        // A follower reads an inbox when something expires.
        let quick = faults.lag.is_zero() && (faults.latency.is_zero() || !self.expired);
        let calm = quick && !faults.reads_fail && faults.hidden.is_none() && Instant::now() >= self.calm;
        std::array::from_fn(|node| {
            let there = self.nodes[node].as_ref().is_some_and(|node| node.broker.figures().position.get() >= floor);
            calm && there && !self.wire.loses_next(node)
        })
    }

    /// With a bell that rings, nobody waits for the next look.
    async fn arrives(&mut self, prompt: [bool; NODES]) -> Verdict {
        tokio::time::sleep(COMMIT).await;
        let head = self.store.log().head();
        for node in self.nodes.iter().zip(prompt).filter(|(_, prompt)| *prompt).filter_map(|(node, _)| node.as_ref()) {
            let position = node.broker.figures().position.get();
            ensure!(position == head, "{head} was answered and rung for, and the node is at {position}");
            self.tally.prompt += 1;
        }
        Ok(())
    }

    async fn connect(&mut self, client: usize, node: usize, place: &Place) {
        let broker = self.node(node).await;
        let head = self.store.log().head();
        let seal = |place: i64| self.store.cursors().seal(pos(place)).to_string();
        let (local, line) = (client % 2 == 1, client >= 2);
        let client = &mut self.clients[client];
        client.cut();
        match place {
            Place::Held => {}
            Place::Nothing => client.become_new(None, 0, Holdings::new()),
            Place::Earlier(pick) => {
                let place = i64::from(*pick) % (head + 1);
                let past = self.store.log().inbox_at(&client.user, place);
                client.become_new(Some(seal(place)), place, past);
            }
            Place::Ahead(by) => {
                let place = head + i64::from(*by);
                client.become_dreamer(seal(place), place);
            }
            Place::Garbage(bytes) => {
                client.become_new(Some(bytes.clone()), 0, Holdings::new());
            }
        }
        let came = match (&client.cursor, place) {
            (None, _) => Came::WithNothing,
            (Some(_), Place::Garbage(_)) => Came::Impossible(ResetReason::Malformed),
            (Some(cursor), _) => match self.store.cursors().open(cursor.as_bytes()) {
                Ok(_) => Came::WithPlace,
                Err(error) => Came::Impossible(error.into()),
            },
        };
        let start = client.cursor.clone().map_or(Start::Unread, |cursor| Start::After(cursor.into()));
        let (user, expires_at) = (client.user.clone(), self.clock.now().plus_millis(86_400_000));
        let (local, line) =
            (local.then(|| Arc::clone(&self.nodes[node].as_ref().unwrap().local)), line.then(Arc::<Line>::default));
        let passed_to = line.clone();
        let opening = Box::pin(async move {
            let mut stream = match local {
                Some(local) => local.open(user, start, expires_at).await.ok()?,
                None => broker.open(user, start, expires_at).await.ok()?,
            };
            if let Some(line) = passed_to {
                stream.pass_to(line);
            }
            Some((stream, Vec::new()))
        });
        client.opens(came, head, line, opening);
        client.progress(MOMENT).await;
    }

    async fn read(&mut self, client: usize, frames: usize) -> Verdict {
        for _ in 0..frames {
            let Some(frame) = self.clients[client].next(MOMENT).await else { break };
            self.take(client, &frame)?;
        }
        Ok(())
    }

    fn take(&mut self, client: usize, frame: &Frame) -> Verdict {
        match frame {
            Frame::Event(..) => self.tally.events += 1,
            Frame::Heartbeat(_) => self.tally.heartbeats += 1,
            Frame::Reset { reason, .. } => self.tally.resets[*reason as usize] += 1,
            Frame::Ready { .. } | Frame::Expiring(_) | Frame::Goodbye(_) => {}
        }
        self.clients[client].take(frame.clone(), &self.store).map_err(|what| {
            let told: String = format!("{frame:?}").chars().take(200).collect();
            format!("client {client}: {what}, by {told}")
        })
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

    /// All faults heal, everybody comes back, and reads until nothing comes.
    async fn rest(&mut self) -> Verdict {
        let latency = self.store.faults.lock().latency;
        self.heal();
        self.store.faults.lock().latency = latency; // to be slow is no fault
        tokio::time::sleep(POLL * 2).await;
        self.nodes_catch_up().await?;
        for client in 0..self.clients.len() {
            if !self.clients[client].is_connected() {
                let node = client % NODES;
                self.connect(client, node, &Place::Held).await;
            }
            self.read_up(client).await?;
            let log = self.store.log();
            self.clients[client].agrees(&log).map_err(|what| format!("client {client}: {what}"))?;
        }
        self.one_more().await?;
        self.tally.replays_from_the_store += *self.store.replays.lock();
        Ok(())
    }

    /// A lag goes back to zero (I12), except for a node that says that it cannot: that one is started anew.
    async fn nodes_catch_up(&mut self) -> Verdict {
        let head = self.store.log().head();
        let floor = self.store.log().floor;
        for _ in 0..20 {
            let lags = |node: &Node| node.broker.figures().position.get() < head;
            if !self.nodes.iter().flatten().any(lags) {
                break;
            }
            tokio::time::sleep(POLL).await; // slow reads may have been under way
        }
        for index in 0..NODES {
            let Some(node) = &self.nodes[index] else { continue };
            let position = node.broker.figures().position.get();
            if position != head {
                // With nothing left behind the hole it cannot know of it yet.
                let told = matches!(node.broker.health(), Health::Bad(_)) || floor == head;
                ensure!(position < floor && told, "node {index} stays at {position}, the log ends at {head} (I12)");
                self.tally.stuck_nodes += 1;
                self.restart(index, false).await?;
            }
        }
        Ok(())
    }

    /// Reads until there was a heartbeat from the end of the log.
    async fn read_up(&mut self, client: usize) -> Verdict {
        for _ in 0..1000 {
            let Some(frame) = self.clients[client].next(PATIENCE).await else {
                if self.clients[client].is_connected() {
                    return Err(format!("client {client} is left in silence"));
                }
                self.connect(client, client % NODES, &Place::Held).await;
                continue;
            };
            let last = matches!(frame, Frame::Heartbeat(Some(_)));
            self.take(client, &frame)?;
            if last && self.clients[client].place == self.store.log().head() {
                return Ok(());
            }
        }
        let place = self.clients[client].place;
        Err(format!("client {client} does not get beyond {place} (I1)"))
    }

    /// A last event reaches everybody at once, with counts that are exact.
    async fn one_more(&mut self) -> Verdict {
        self.wire.lose_none();
        // Everybody waits for it, and is woken by it.
        for client in 0..self.clients.len() {
            self.read(client, usize::MAX).await?;
        }
        self.send(0, To::Everyone, 1, None).await?;
        tokio::time::sleep(MOMENT).await;
        for client in 0..self.clients.len() {
            self.read(client, usize::MAX).await?;
            let (log, client) = (self.store.log(), &self.clients[client]);
            let exact = client.shows(log.counts_at(&client.user, log.head()));
            ensure!(client.place == log.head() && exact, "{} did not get the last event, live", client.user);
        }
        Ok(())
    }
}
