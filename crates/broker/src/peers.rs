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
/// Without a beat for so long, streams of a node do not count any more: it may have been killed, and its clients come back.
const LIVELY: Duration = Duration::from_secs(6);
/// A node that told nothing for so long is gone, and its streams are removed. Longer than a pause of a busy machine.
const GONE: Duration = Duration::from_secs(30);
/// A node that is behind and does not move for so long holds nothing up any more.
const STUCK: Duration = Duration::from_mins(5);
/// Changes that wait to be told, for each stream that there may be. When the database is away for so long that there are
/// more, they are forgotten, and once it is back all open streams are told anew. Bounds their memory.
const CHANGES_PER_STREAM: usize = 2;
/// Transactions in which changes are told at once. Bounds for how long publishers of this node find its writer taken.
const AT_ONCE: usize = 16;

/// What nodes know of each other, as this one sees it.
pub(crate) struct Peers {
    pub(crate) nodes: Arc<dyn Nodes>,
    /// This node.
    pub(crate) id: Uuid,
    started_at: Timestamp,
    most_changes: usize,
    state: Mutex<State>,
}

/// Another node, as this one has seen it.
struct Other {
    node: Node,
    /// Since when it says what it says, and whether it ever said something else: one that did not may be long gone.
    since: Instant,
    beats: bool,
    /// Since when it is behind this node, and has read no further.
    moved: Instant,
}

#[derive(Default)]
struct State {
    beat: i64,
    /// The beat that was told last, and answered, and when.
    told: Option<(i64, Instant)>,
    /// What is to be told, by stream.
    changes: BTreeMap<Uuid, StreamChange>,
    /// More came than could be told, or what was told is no longer known.
    all_anew: bool,
    others: HashMap<Uuid, Other>,
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

    /// The other nodes that are not gone.
    pub(crate) fn others(&self) -> Vec<Node> {
        let here = |other: &Other| (other.since.elapsed() < GONE).then(|| other.node.clone());
        self.state.lock().others.values().filter_map(here).collect()
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        self.state.lock().others.values().any(|other| other.since.elapsed() < GONE)
    }

    /// Those whose streams count.
    pub(crate) fn lively(&self) -> Vec<Uuid> {
        let lively = |other: &&Other| other.beats && other.since.elapsed() < LIVELY;
        self.state.lock().others.values().filter(lively).map(|other| other.node.id).collect()
    }

    /// The log has been read up to here by all who are to be waited for, this node at `own` among them. `None`: that is not
    /// known yet.
    pub(crate) fn read_by_all(&self, own: Position) -> Option<Position> {
        let state = self.state.lock();
        state.told?;
        let waited_for =
            state.others.values().filter(|other| other.since.elapsed() < GONE && other.moved.elapsed() < STUCK);
        Some(waited_for.map(|other| other.node.position).fold(own, Position::min))
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

    /// Tells what there is to tell, if there is anything or it is time to. What comes meanwhile waits for the next time.
    pub(crate) async fn tell(&self, hubs: &Hubs) -> Result<(), StoreError> {
        self.begin_anew(hubs).await?;
        for _ in 0..AT_ONCE {
            let Some(changes) = self.next() else { break };
            let more = changes.len() >= StreamChange::AT_ONCE;
            let node = self.own(hubs);
            match self.nodes.tell(&node, &changes).await {
                Ok(before) => self.learn(&node, before),
                Err(error) => {
                    self.put_back(changes);
                    return Err(error);
                }
            }
            if !more {
                break;
            }
        }
        for (node, beat) in self.gone() {
            self.nodes.forget_node(node, Some(beat)).await?;
            self.state.lock().others.remove(&node);
            tracing::warn!(%node, "a node has told nothing for {} s, and is forgotten", GONE.as_secs());
        }
        Ok(())
    }

    /// Takes this node back, for one that stops in peace once its streams have gone.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        self.nodes.forget_node(self.id, None).await
    }

    /// The next changes, and another beat. `None`: there is nothing to tell, and no need to.
    fn next(&self) -> Option<Vec<StreamChange>> {
        let mut state = self.state.lock();
        let due = state.told.is_none_or(|(_, at)| at.elapsed() >= BEAT);
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

    /// Who was there when this node told that of itself.
    fn learn(&self, own: &Node, before: Vec<Node>) {
        let now = Instant::now();
        let mut state = self.state.lock();
        // Silence counts only while this node listened.
        let listened = state.told.is_some_and(|(_, at)| at.elapsed() < LIVELY);
        if let Some((told, _)) = state.told {
            // Forgotten, and perhaps known again by something that was told without an answer: but not its streams.
            state.all_anew |= !before.iter().any(|node| (node.id, node.beat) == (self.id, told));
        }
        state.told = Some((own.beat, now));
        let mut known = std::mem::take(&mut state.others);
        for node in before.into_iter().filter(|node| node.id != self.id) {
            let other = match known.remove(&node.id) {
                None => Other { node, since: now, beats: false, moved: now },
                Some(other) => {
                    let same = other.node.beat == node.beat;
                    let stands = listened && other.node.position == node.position && node.position < own.position;
                    Other {
                        since: if same && listened { other.since } else { now },
                        beats: other.beats || !same,
                        moved: if stands { other.moved } else { now },
                        node,
                    }
                }
            };
            state.others.insert(other.node.id, other);
        }
    }

    /// What was told is no longer known, as after a crash of the database: so all is said again.
    async fn begin_anew(&self, hubs: &Hubs) -> Result<(), StoreError> {
        if !self.state.lock().all_anew {
            return Ok(());
        }
        self.nodes.forget_node(self.id, None).await?;
        {
            // What opens from now on comes to the changes by itself.
            let mut state = self.state.lock();
            (state.all_anew, state.told) = (false, None);
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
        let gone = state.others.values().filter(|other| other.since.elapsed() >= GONE);
        gone.map(|other| (other.node.id, other.node.beat)).collect()
    }
}

/// Tells the others for as long as the process lives, or until the database is another one: then its task ends, and the
/// node with it.
pub(crate) async fn run(peers: Arc<Peers>, hubs: Arc<Hubs>) {
    let mut failing = false;
    loop {
        let told = peers.tell(&hubs).await;
        match &told {
            Err(error @ StoreError::AnotherLife) => {
                tracing::error!(%error, "this node cannot go on");
                return;
            }
            Err(error) if !failing => {
                tracing::error!(%error, "the other nodes could not be told of this one; trying again each second");
            }
            _ => {}
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
