//! The other nodes of this deployment: what they are told of this one, and what it knows of them.
//!
//! ```text
//! a stream opens or goes --> changes --(once a second)--> Nodes::tell --> who is there
//! ```
//!
//! Whoever tells something in a while is alive. Clocks are not compared: a node is seen to be alive by what changes,
//! and forgotten by whoever saw no change for [`GONE`], with its streams. Nothing of this is in the log, and all of it
//! may be lost: a node that does not find itself among the others says everything again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tidings_models::{
    Clock, Position, Random, StoreError, Timestamp, UserId,
    store::{ListedStream, Node, Nodes, StreamChange},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{hubs::Hubs, ledger::Opened, sync::Mutex};

/// How often the others are told of streams that came or went. So much later a limit knows of them.
const EVERY: Duration = Duration::from_secs(1);
/// How often they are told that this node is alive, if there is nothing else to tell.
const BEAT: Duration = Duration::from_secs(2);
/// A node that told nothing for so long is gone: until then its streams count. Longer than a pause of a busy machine.
const GONE: Duration = Duration::from_secs(30);
/// Changes that wait to be told, for each stream that there may be. When the database is away for so long that there are
/// more, they are forgotten, and once it is back all open streams are told anew. Bounds their memory.
const CHANGES_PER_STREAM: usize = 2;

/// What nodes know of each other, as this one sees it.
pub(crate) struct Peers {
    pub(crate) nodes: Arc<dyn Nodes>,
    /// This node.
    pub(crate) id: Uuid,
    started_at: Timestamp,
    most_changes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    beat: i64,
    told_at: Option<Instant>,
    /// What is to be told, by stream.
    changes: BTreeMap<Uuid, StreamChange>,
    /// More came than could be told, or what was told is no longer known.
    all_anew: bool,
    /// The others, and since when each says what it says.
    others: HashMap<Uuid, (Node, Instant)>,
}

/// That a stream is listed. Dropping it takes it off the list.
pub(crate) struct Listed {
    peers: Arc<Peers>,
    id: Uuid,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.peers.change(StreamChange::Closed(self.id));
    }
}

impl Peers {
    /// Nobody is known yet. `streams`: as many as there may be here.
    pub(crate) fn new(nodes: Arc<dyn Nodes>, streams: usize, clock: &dyn Clock, random: &dyn Random) -> Self {
        let mut id = [0; 16];
        random.fill(&mut id);
        let id = uuid::Builder::from_random_bytes(id).into_uuid();
        let most_changes = streams.saturating_mul(CHANGES_PER_STREAM);
        Self { nodes, id, started_at: clock.now(), most_changes, state: Mutex::default() }
    }

    /// A stream was opened here.
    pub(crate) fn list(self: &Arc<Self>, user: &UserId, opened: &Opened) -> Listed {
        self.change(StreamChange::Opened(listed(user, opened)));
        Listed { peers: Arc::clone(self), id: opened.id }
    }

    fn change(&self, change: StreamChange) {
        let mut state = self.state.lock();
        if state.changes.len() >= self.most_changes {
            state.changes.clear();
            state.all_anew = true;
        }
        state.changes.insert(*id_of(&change), change);
    }

    /// The other nodes that are alive.
    pub(crate) fn others(&self) -> Vec<Node> {
        let alive = |(node, since): &(Node, Instant)| (since.elapsed() < GONE).then(|| node.clone());
        self.state.lock().others.values().filter_map(alive).collect()
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        self.state.lock().others.values().any(|(_, since)| since.elapsed() < GONE)
    }

    /// The others have read the log up to here, as far as is known. `None`: there are none.
    pub(crate) fn slowest(&self) -> Option<Position> {
        self.others().iter().map(|node| node.position).min()
    }

    /// This node as it tells of itself.
    pub(crate) fn own(&self, hubs: &Hubs) -> Node {
        let beat = self.state.lock().beat;
        Node {
            id: self.id,
            beat,
            version: env!("CARGO_PKG_VERSION").into(),
            started_at: self.started_at,
            position: hubs.position(),
            streams: i64::try_from(hubs.census.figures().1).unwrap_or(i64::MAX),
        }
    }

    /// Tells what there is to tell, if there is anything or it is time to.
    pub(crate) async fn tell(&self, hubs: &Hubs, clock: &dyn Clock) -> Result<(), StoreError> {
        self.begin_anew(hubs).await?;
        loop {
            let Some(changes) = self.next() else { break };
            match self.nodes.tell(&self.own(hubs), &changes, clock.now()).await {
                Ok(before) => self.learn(before),
                Err(error) => {
                    self.put_back(changes);
                    return Err(error);
                }
            }
        }
        for (node, beat) in self.gone() {
            self.nodes.forget_node(node, beat).await?;
            self.state.lock().others.remove(&node);
            tracing::warn!(%node, "a node has told nothing for {} s, and is forgotten", GONE.as_secs());
        }
        Ok(())
    }

    /// Takes this node back, for one that stops in peace once its streams have gone.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        let beat = self.state.lock().beat;
        self.nodes.forget_node(self.id, beat).await
    }

    /// The next changes, and another beat. `None`: there is nothing to tell, and no need to.
    fn next(&self) -> Option<Vec<StreamChange>> {
        let mut state = self.state.lock();
        let due = state.told_at.is_none_or(|at| at.elapsed() >= BEAT);
        if state.changes.is_empty() && !due {
            return None;
        }
        state.beat += 1;
        let rest = state.changes.keys().nth(StreamChange::AT_ONCE).copied();
        let rest = rest.map(|id| state.changes.split_off(&id)).unwrap_or_default();
        Some(std::mem::replace(&mut state.changes, rest).into_values().collect())
    }

    /// What could not be told waits, unless something newer is to be told of the same stream.
    fn put_back(&self, changes: Vec<StreamChange>) {
        let mut state = self.state.lock();
        for change in changes {
            state.changes.entry(*id_of(&change)).or_insert(change);
        }
    }

    /// Who was there when this node told of itself.
    fn learn(&self, before: Vec<Node>) {
        let now = Instant::now();
        let mut state = self.state.lock();
        let known = state.told_at.is_none() || before.iter().any(|node| node.id == self.id);
        if !known {
            state.all_anew = true;
        }
        state.told_at = Some(now);
        let mut others = HashMap::new();
        for node in before.into_iter().filter(|node| node.id != self.id) {
            let same = state.others.get(&node.id).filter(|(seen, _)| seen.beat == node.beat);
            let since = same.map_or(now, |(_, since)| *since);
            others.insert(node.id, (node, since));
        }
        state.others = others;
    }

    /// What was told is no longer known, as after a crash of the database: so all is said again.
    async fn begin_anew(&self, hubs: &Hubs) -> Result<(), StoreError> {
        let (anew, beat) = {
            let state = self.state.lock();
            (state.all_anew, state.beat)
        };
        if !anew {
            return Ok(());
        }
        self.nodes.forget_node(self.id, beat).await?;
        {
            // What opens from now on comes to the changes by itself.
            let mut state = self.state.lock();
            (state.all_anew, state.told_at) = (false, None);
            state.changes.clear();
        }
        for hub in hubs.all() {
            hub.visit(None, |user, outlet| {
                if let Some((opened, ..)) = outlet.noted() {
                    let mut state = self.state.lock();
                    state.changes.entry(opened.id).or_insert(StreamChange::Opened(listed(user, &opened)));
                }
            });
        }
        Ok(())
    }

    fn gone(&self) -> Vec<(Uuid, i64)> {
        let state = self.state.lock();
        let gone = state.others.values().filter(|(_, since)| since.elapsed() >= GONE);
        gone.map(|(node, _)| (node.id, node.beat)).collect()
    }
}

/// Tells the others for as long as the process lives, or until the database is another one: then its task ends, and the
/// node with it.
pub(crate) async fn run(peers: Arc<Peers>, hubs: Arc<Hubs>, clock: Arc<dyn Clock>) {
    let mut failing = false;
    loop {
        let told = peers.tell(&hubs, &*clock).await;
        if let (Err(error), false) = (&told, failing) {
            tracing::error!(%error, "the other nodes could not be told of this one; trying again each second");
        }
        if matches!(told, Err(StoreError::AnotherLife)) {
            return;
        }
        failing = told.is_err();
        tokio::time::sleep(EVERY).await;
    }
}

fn listed(user: &UserId, opened: &Opened) -> ListedStream {
    let transport = opened.transport.as_str().into();
    ListedStream { id: opened.id, user: user.clone(), opened_at: opened.at, transport }
}

fn id_of(change: &StreamChange) -> &Uuid {
    match change {
        StreamChange::Opened(stream) => &stream.id,
        StreamChange::Closed(id) => id,
    }
}

#[cfg(test)]
mod tests;
