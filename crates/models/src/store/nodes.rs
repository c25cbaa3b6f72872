//! What the nodes of a deployment tell each other beside the log: that they are there, which streams they have, and
//! signals for streams that are open now. All of it may be lost: nodes say it again.

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::{Audience, Kind, Position, Timestamp, UserId};

/// A node, as it tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// One life of a process.
    pub id: Uuid,
    /// Another one each time that it tells. Whoever sees it change knows that the node is alive, whatever clocks say.
    pub beat: i64,
    /// The version that it runs.
    pub version: String,
    /// When it was started, by its clock.
    pub started_at: Timestamp,
    /// It has read the log up to here.
    pub position: Position,
    /// Its open streams.
    pub streams: i64,
}

impl Node {
    /// Most nodes that are told of at once; bounds an answer, should ever so many have come and gone.
    pub const MOST: i64 = 1000;
}

/// An open stream, for the other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedStream {
    /// Which.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The word for how it is carried.
    pub transport: String,
}

/// A stream that was opened, or has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamChange {
    /// It was opened.
    Opened(ListedStream),
    /// It has gone, if it was ever there.
    Closed(Uuid),
}

impl StreamChange {
    /// Most of them that are told at once; bounds the transaction.
    pub const AT_ONCE: usize = 256;
}

/// A signal for streams that are open now, on its way to the other nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whispered {
    /// Its type.
    pub kind: Kind,
    /// Who it is for.
    pub audience: Audience,
    /// Its content: one line of JSON.
    pub payload: Arc<str>,
    /// When it was made.
    pub at: Timestamp,
}

impl Whispered {
    /// Most of them that are written or read at once; bounds the transaction, and what a read takes of memory.
    pub const AT_ONCE: usize = 256;
    /// For how long one is kept, in milliseconds: for longer than any node that is alive takes to look, clocks that
    /// differ included.
    pub const KEPT_MS: i64 = 60_000;
}

/// A whisper of another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overheard {
    /// Its number: whispers are numbered in the order of their commits.
    pub number: i64,
    /// Where the log ended when it was said. Who has left an audience up to there is not to hear it.
    pub position: Position,
    /// What was said.
    pub whisper: Whispered,
}

/// What nodes know of each other.
#[async_trait]
pub trait Nodes: Send + Sync + 'static {
    /// A node tells of itself, and of streams that came and went: at most [`StreamChange::AT_ONCE`] of them. Returns who
    /// there was before, the first to start first: who does not find itself there was forgotten, and its streams with
    /// it.
    async fn tell(&self, node: &Node, streams: &[StreamChange]) -> Result<Vec<Node>, StoreError>;

    /// Removes a node that has gone, and its streams; where a beat is given, only if that is still its last.
    async fn forget_node(&self, node: Uuid, beat: Option<i64>) -> Result<(), StoreError>;

    /// How many streams a user has on these nodes.
    async fn streams_at(&self, user: &UserId, nodes: &[Uuid]) -> Result<i64, StoreError>;

    /// Whether a user has that stream on another node than this.
    async fn is_elsewhere(&self, user: &UserId, stream: Uuid, node: Uuid) -> Result<bool, StoreError>;

    /// The next streams of other nodes than this after one of them, by their id.
    async fn listed_streams(
        &self,
        node: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<(Uuid, ListedStream)>, StoreError>;

    /// How many streams there are, and of how many users.
    async fn present(&self) -> Result<(i64, i64), StoreError>;

    /// How many users of an audience have a stream on any node.
    async fn users_present(&self, audience: &Audience) -> Result<i64, StoreError>;

    /// A node has signals for the others, at `now`: at most [`Whispered::AT_ONCE`] of them. Those from long before are
    /// removed.
    async fn whisper(&self, node: Uuid, whispers: &[Whispered], now: Timestamp) -> Result<(), StoreError>;

    /// Where the whispers end now. What comes later has a greater number.
    async fn last_whisper(&self) -> Result<i64, StoreError>;

    /// The next whispers of other nodes after a number: at most [`Whispered::AT_ONCE`]. What a later version wrote, and
    /// this one does not know, is not among them.
    async fn whispers_after(&self, after: i64, node: Uuid) -> Result<Vec<Overheard>, StoreError>;
}
