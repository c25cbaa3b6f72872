//! What nodes tell each other, in a list.

use async_trait::async_trait;
use parking_lot::Mutex;
use tidings_models::{
    store::{ListedStream, Node, Nodes, Overheard, StreamChange, Whispered},
    *,
};
use uuid::Uuid;

/// A database of nodes alone, that can be away, and can lose everything.
#[derive(Default)]
pub(crate) struct FakeNodes(Mutex<State>);

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    streams: Vec<(Uuid, ListedStream)>,
    whispers: Vec<(Uuid, Overheard)>,
    /// Where whoever whispers finds the end of the log.
    end: Position,
    away: bool,
    forgetful: bool,
    tells: usize,
    tell_time: std::time::Duration,
}

impl FakeNodes {
    /// Whether it answers.
    pub(crate) fn set_away(&self, away: bool) {
        self.0.lock().away = away;
    }

    /// Does what it is asked, and gives no answer.
    pub(crate) fn set_forgetful(&self, forgetful: bool) {
        self.0.lock().forgetful = forgetful;
    }

    /// How long it takes to be told something.
    pub(crate) fn set_tell_time(&self, time: std::time::Duration) {
        self.0.lock().tell_time = time;
    }

    /// Where the log ends, for who whispers.
    pub(crate) fn set_end(&self, end: Position) {
        self.0.lock().end = end;
    }

    /// As a crash does.
    pub(crate) fn lose_everything(&self) {
        let mut state = self.0.lock();
        state.nodes.clear();
        state.streams.clear();
    }

    /// The users of the streams that are listed, in order.
    pub(crate) fn listed(&self) -> Vec<String> {
        let mut users: Vec<_> = self.0.lock().streams.iter().map(|(_, stream)| stream.user.to_string()).collect();
        users.sort();
        users
    }

    /// How many nodes there are.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().nodes.len()
    }

    /// How often something was told.
    pub(crate) fn tells(&self) -> usize {
        self.0.lock().tells
    }

    fn state(&self) -> Result<parking_lot::MutexGuard<'_, State>, StoreError> {
        let state = self.0.lock();
        if state.away { Err(StoreError::Corrupt("it is away".into())) } else { Ok(state) }
    }
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap()
}

#[async_trait]
impl Nodes for FakeNodes {
    async fn tell(&self, node: &Node, streams: &[StreamChange]) -> Result<Vec<Node>, StoreError> {
        assert!(streams.len() <= StreamChange::AT_ONCE, "{}", streams.len());
        let time = self.0.lock().tell_time;
        tokio::time::sleep(time).await;
        let mut state = self.state()?;
        state.tells += 1;
        let before = state.nodes.clone();
        state.nodes.retain(|known| known.id != node.id);
        state.nodes.push(node.clone());
        for change in streams {
            match change {
                StreamChange::Opened(stream) => {
                    state.streams.retain(|(_, known)| known.id != stream.id);
                    state.streams.push((node.id, stream.clone()));
                }
                StreamChange::Closed(id) => state.streams.retain(|(_, known)| known.id != *id),
            }
        }
        if state.forgetful { Err(StoreError::Corrupt("no answer".into())) } else { Ok(before) }
    }

    async fn forget_node(&self, node: Uuid, beat: Option<i64>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if state.nodes.iter().any(|known| known.id == node && beat.is_none_or(|beat| known.beat == beat)) {
            state.nodes.retain(|known| known.id != node);
            state.streams.retain(|(of, _)| *of != node);
        }
        Ok(())
    }

    async fn streams_at(&self, user: &UserId, nodes: &[Uuid]) -> Result<i64, StoreError> {
        let state = self.state()?;
        Ok(count(state.streams.iter().filter(|(of, stream)| nodes.contains(of) && stream.user == *user).count()))
    }

    async fn is_elsewhere(&self, user: &UserId, stream: Uuid, node: Uuid) -> Result<bool, StoreError> {
        let state = self.state()?;
        Ok(state.streams.iter().any(|(of, known)| *of != node && known.id == stream && known.user == *user))
    }

    async fn listed_streams(
        &self,
        node: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<(Uuid, ListedStream)>, StoreError> {
        let mut streams = self.state()?.streams.clone();
        streams.retain(|(of, stream)| *of != node && after.is_none_or(|after| stream.id > after));
        streams.sort_by_key(|(_, stream)| stream.id);
        streams.truncate(limit as usize);
        Ok(streams)
    }

    async fn present(&self) -> Result<(i64, i64), StoreError> {
        let mut users = self.listed();
        let streams = count(users.len());
        users.dedup();
        Ok((streams, count(users.len())))
    }

    async fn users_present(&self, audience: &Audience) -> Result<i64, StoreError> {
        panic!("counted by the database: {audience}")
    }

    async fn whisper(&self, node: Uuid, whispers: &[Whispered], _: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        for whisper in whispers {
            let (number, position) = (count(state.whispers.len() + 1), state.end);
            state.whispers.push((node, Overheard { number, position, whisper: whisper.clone() }));
        }
        Ok(())
    }

    async fn last_whisper(&self) -> Result<i64, StoreError> {
        Ok(count(self.state()?.whispers.len()))
    }

    async fn whispers_after(&self, after: i64, node: Uuid) -> Result<Vec<Overheard>, StoreError> {
        let state = self.state()?;
        let next = state.whispers.iter().filter(|(of, whisper)| whisper.number > after && *of != node);
        Ok(next.map(|(_, whisper)| whisper.clone()).take(Whispered::AT_ONCE).collect())
    }
}
