//! What is asked of all nodes together. Without others it is what this one knows.

use std::time::Duration;

use tidings_models::{
    Audience, StoreError, UserId,
    store::{ListedStream, Node},
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{broker::Broker, ledger::OpenStream};

/// How long who opens a stream waits for the number of those that they have elsewhere.
const SOON: Duration = Duration::from_secs(1);

/// An open stream, wherever it is.
#[derive(Clone, Debug)]
pub enum StreamSomewhere {
    /// On this node.
    Here(OpenStream),
    /// On another, which tells less of it.
    There(Uuid, ListedStream),
}

impl StreamSomewhere {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Here(open) => open.connection.id,
            Self::There(_, listed) => listed.id,
        }
    }
}

/// How many streams there are on all nodes, and of how many users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// Open streams.
    pub streams: usize,
    /// Users with open streams.
    pub users: usize,
}

impl Broker {
    /// The nodes of this deployment that are alive, this one first.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        let Some(peers) = &self.peers else { return Vec::new() };
        let mut others = peers.others();
        others.sort_by_key(|node| (node.started_at, node.id));
        std::iter::once(peers.own(&self.hubs)).chain(others).collect()
    }

    /// The id of this node, where there can be others.
    #[must_use]
    pub fn node(&self) -> Option<Uuid> {
        self.peers.as_ref().map(|peers| peers.id)
    }

    /// Streams and users of all nodes. Those of others as they told some seconds ago.
    pub async fn present(&self) -> Result<Present, StoreError> {
        let (users, streams) = self.hubs.census.figures();
        match self.others() {
            None => Ok(Present { streams, users }),
            Some(peers) => {
                let (streams, users) = self.reads.one(peers.nodes.present()).await?;
                Ok(Present { streams: count(streams), users: count(users) })
            }
        }
    }

    /// How many users of an audience have a stream open, on whatever node.
    pub async fn connected(&self, audience: &Audience) -> Result<usize, StoreError> {
        match self.others() {
            None => Ok(self.hubs.connected(audience)),
            Some(peers) => Ok(count(self.reads.one(peers.nodes.users_present(audience)).await?)),
        }
    }

    /// The next open streams of all nodes after one of them, by their id: at most `limit`.
    pub async fn streams(&self, after: Option<Uuid>, limit: usize) -> Result<Vec<StreamSomewhere>, StoreError> {
        let mut all: Vec<_> = self.open_streams(after, limit).into_iter().map(StreamSomewhere::Here).collect();
        if let Some(peers) = self.others() {
            let most = u32::try_from(limit).unwrap_or(u32::MAX);
            let there = self.reads.one(peers.nodes.listed_streams(peers.id, after, most)).await?;
            all.extend(there.into_iter().map(|(node, listed)| StreamSomewhere::There(node, listed)));
            all.sort_by_key(StreamSomewhere::id);
            all.truncate(limit);
        }
        Ok(all)
    }

    /// Whether a user has that stream on another node.
    pub async fn is_elsewhere(&self, user: &UserId, stream: Uuid) -> Result<bool, StoreError> {
        let Some(peers) = self.others() else { return Ok(false) };
        self.reads.one(peers.nodes.is_elsewhere(user, stream, peers.id)).await
    }

    /// How many streams a user has on other nodes. None, if that cannot be told soon: who comes is let in by this node's own
    /// limits then.
    pub(crate) async fn elsewhere(&self, user: &UserId) -> usize {
        let Some(peers) = self.others() else { return 0 };
        let lively = peers.lively();
        if lively.is_empty() {
            return 0;
        }
        let asked = timeout(SOON, self.reads.one(peers.nodes.streams_at(user, &lively))).await;
        asked.map_or(0, |answer| answer.map_or(0, count))
    }

    /// Takes this node back from the others: for one that stops, once nothing is served any more.
    pub async fn leave(&self) -> Result<(), StoreError> {
        match &self.peers {
            Some(peers) => peers.leave().await,
            None => Ok(()),
        }
    }

    /// The others, if there are any.
    fn others(&self) -> Option<&crate::peers::Peers> {
        self.peers.as_deref().filter(|peers| peers.any())
    }
}

fn count(of: i64) -> usize {
    usize::try_from(of).unwrap_or_default()
}
