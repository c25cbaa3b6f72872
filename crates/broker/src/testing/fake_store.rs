//! A log in a list, that does what a test tells it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use tidings_models::*;

use super::{cursors, epoch, event, notification, page, pos};
use crate::session::entitled;

/// What was due then is said to be due for ever, and nothing becomes of it.
pub(crate) const NEVER: Timestamp = Timestamp::from_millis(0);

/// Lets time pass; or, under a scheduler that knows no time, others go first.
async fn pass(time: Duration) {
    #[cfg(feature = "shuttle")]
    if time.is_zero() {
        return shuttle::future::yield_now().await;
    }
    tokio::time::sleep(time).await;
}

/// A log in a list. Everybody is known, nothing is ever read.
pub(crate) struct FakeStore {
    state: Mutex<State>,
    cursors: Arc<Cursors>,
}

#[derive(Default)]
struct State {
    log: Vec<Event>,
    floor: i64,
    failing: bool,
    commit_time: Duration,
    groups: Vec<usize>,
    reads: usize,
    inboxes: usize,
    states: Vec<usize>,
    inbox_time: Duration,
    connections: Vec<store::Connection>,
    note_time: Duration,
    unknown: bool,
    /// What everybody belongs to besides, and has muted.
    windows: Vec<Window>,
    mutes: Vec<Mute>,
    /// When something is due, and how often that was asked.
    due: Vec<Timestamp>,
    looks: usize,
}

impl Default for FakeStore {
    fn default() -> Self {
        Self { state: Mutex::default(), cursors: Arc::new(cursors()) }
    }
}

impl FakeStore {
    /// Puts an event in its place, whatever is missing before it.
    pub(crate) fn put(&self, event: Event) {
        let mut state = self.state.lock();
        state.log.push(event);
        state.log.sort_by_key(|event| event.position);
    }

    /// Appends a notification for an audience and gives its position.
    pub(crate) fn add(&self, audience: &str) -> i64 {
        let position = self.state.lock().log.last().map_or(0, |event| event.position.get()) + 1;
        self.put_notification(position, audience, &notification(&position.to_string()));
        position
    }

    /// Puts one in its place.
    pub(crate) fn put_notification(&self, position: i64, audience: &str, notification: &Notification) {
        self.put(event(position, audience, &serde_json::to_string(notification).unwrap()));
    }

    /// Appends news for the nodes.
    pub(crate) fn put_news(&self, news: &News) {
        let position = self.add("nodes");
        let mut state = self.state.lock();
        if let Some(last) = state.log.last_mut().filter(|last| last.position == pos(position)) {
            (last.kind, last.effect) = (Kind::Access, Effect::NONE);
            last.payload = serde_json::to_string(news).unwrap().into();
        }
    }

    /// Appends the news that somebody joined a topic, or muted something.
    fn add_change(&self, name: &str) -> i64 {
        let position = self.add(&format!("user:{name}"));
        let mut state = self.state.lock();
        let last = state.log.last_mut().unwrap();
        (last.kind, last.effect, last.payload) = (Kind::InboxChanged, Effect::Reloads, "{}".into());
        position
    }

    /// Lets everybody join a topic, of which one hears.
    pub(crate) fn join(&self, name: &str, topic: &str) {
        let from = pos(self.add_change(name));
        let audience = Audience::Topic(TopicName::parse(topic).unwrap());
        self.state.lock().windows.push(Window::since(audience, from));
    }

    /// Lets everybody mute something, of which one hears.
    pub(crate) fn mute(&self, name: &str, what: Muting) {
        let from = pos(self.add_change(name));
        self.state.lock().mutes.push(Mute { what, from, until: None });
    }

    /// Something is due at some time.
    pub(crate) fn schedule(&self, at: Timestamp) {
        self.state.lock().due.push(at);
    }

    /// What is due, and has not been done.
    pub(crate) fn due(&self) -> Vec<Timestamp> {
        self.state.lock().due.clone()
    }

    /// How often it was asked whether anything is due.
    pub(crate) fn looks(&self) -> usize {
        self.state.lock().looks
    }

    pub(crate) fn trim(&self, floor: i64) {
        let mut state = self.state.lock();
        state.floor = floor;
        state.log.retain(|event| event.position.get() > floor);
    }

    pub(crate) fn fail(&self, failing: bool) {
        self.state.lock().failing = failing;
    }

    pub(crate) fn set_commit_time(&self, time: Duration) {
        self.state.lock().commit_time = time;
    }

    pub(crate) fn group_sizes(&self) -> Vec<usize> {
        self.state.lock().groups.clone()
    }

    /// How often an inbox was read.
    pub(crate) fn inboxes(&self) -> usize {
        self.state.lock().inboxes
    }

    /// Of how many users the states were read at once, each time.
    pub(crate) fn states_read(&self) -> Vec<usize> {
        self.state.lock().states.clone()
    }

    /// Makes each read of an inbox take some time.
    pub(crate) fn take_long(&self, time: Duration) {
        self.state.lock().inbox_time = time;
    }

    /// Makes each transaction that notes streams take some time.
    pub(crate) fn note_slowly(&self, time: Duration) {
        self.state.lock().note_time = time;
    }

    /// What was noted of streams, each time.
    pub(crate) fn connections(&self) -> Vec<store::Connection> {
        self.state.lock().connections.clone()
    }

    /// From now on nobody is known.
    pub(crate) fn forget_all(&self) {
        self.state.lock().unknown = true;
    }

    /// How often a replay was read from here.
    pub(crate) fn replays(&self) -> usize {
        self.state.lock().reads
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.state.lock().failing { Err(StoreError::Corrupt("told to fail".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Log for FakeStore {
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
        let time = self.state.lock().commit_time;
        pass(time).await;
        self.check()?;
        self.state.lock().groups.push(drafts.len());
        let before = self.state.lock().log.len();
        let mut outcomes = Vec::new();
        for draft in drafts {
            outcomes.push(match draft {
                Draft::Notify { notification, to, .. } => {
                    for audience in to.audiences() {
                        self.add(&audience.to_string());
                    }
                    Outcome::Stored(notification.id)
                }
                Draft::Due { at } => {
                    let due = &mut self.state.lock().due;
                    let next = due.iter().position(|due| *due <= at && *due > NEVER);
                    Outcome::Did(next.map(|next| due.remove(next)).into_iter().count())
                }
                _ => unreachable!("no marks here"),
            });
        }
        let events = self.state.lock().log.split_off(before);
        self.state.lock().log.extend(events.iter().cloned());
        Ok(Committed { outcomes, events })
    }

    async fn head(&self) -> Result<Head, StoreError> {
        self.check()?;
        let state = self.state.lock();
        let position = state.log.last().map_or(pos(state.floor), |event| event.position);
        Ok(Head { epoch: epoch(), position, floor: pos(state.floor) })
    }

    async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.check()?;
        let state = self.state.lock();
        Ok(state.log.iter().filter(|event| event.position > after).take(limit as usize).cloned().collect())
    }

    async fn replay(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Replay, StoreError> {
        self.check()?;
        let mut state = self.state.lock();
        state.reads += 1;
        if after < pos(state.floor) {
            return Ok(Replay::Expired);
        }
        let own = state.log.iter().filter(|event| {
            event.position > after && event.position <= up_to && entitled(windows, &event.audience, event.position)
        });
        Ok(Replay::Events(own.take(limit as usize).cloned().collect()))
    }

    async fn inbox(&self, reader: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        let time = {
            let mut state = self.state.lock();
            state.inboxes += 1;
            state.inbox_time
        };
        if !time.is_zero() {
            pass(time).await;
        }
        let head = self.head().await?;
        if self.state.lock().unknown {
            return Ok(None);
        }
        let mut page = page(reader.as_str(), head.position.get(), Counts::default());
        page.head = head;
        let state = self.state.lock();
        page.windows.extend(state.windows.iter().cloned());
        page.mutes.clone_from(&state.mutes);
        for event in state.log.iter().rev().filter(|event| event.kind != Kind::InboxChanged) {
            if entitled(&page.windows, &event.audience, event.position) {
                let muted = event.subject().is_some_and(|subject| {
                    page.mutes.iter().any(|mute| mute.covers(&event.audience, event.position, &subject))
                });
                let effect = if muted { event.effect.unnoticed() } else { event.effect };
                page.counts = page.counts.after(effect).unwrap_or_default();
                if muted && query.state == InboxState::Unread {
                    continue;
                }
                page.items.push(InboxItem {
                    notification: serde_json::from_str(&event.payload).unwrap(),
                    audience: event.audience.clone(),
                    position: event.position,
                    seq: event.seq,
                    seen: false,
                    read: false,
                    acted_at: None,
                    archived: false,
                    snoozed_until: None,
                    muted,
                });
            }
        }
        page.more = page.items.len() > query.limit as usize;
        page.items.truncate(query.limit as usize);
        Ok(Some(page))
    }

    async fn states(&self, users: &[UserId]) -> Result<Vec<Option<InboxPage>>, StoreError> {
        self.state.lock().states.push(users.len());
        let mut pages = Vec::new();
        for user in users {
            pages.push(self.inbox(user, &InboxQuery::counts()).await?);
        }
        Ok(pages)
    }

    async fn note_connections(&self, connections: &[store::Connection]) -> Result<(), StoreError> {
        let time = self.state.lock().note_time;
        if !time.is_zero() {
            pass(time).await;
        }
        self.check()?;
        self.state.lock().connections.extend_from_slice(connections);
        Ok(())
    }

    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state.lock();
        state.looks += 1;
        let due = state.due.iter().any(|at| *at <= now);
        drop(state);
        self.check().map(|()| due)
    }

    fn cursors(&self) -> &Arc<Cursors> {
        &self.cursors
    }

    async fn trim(&self, _: &Retention, _: Timestamp, _: Position) -> Result<Trimmed, StoreError> {
        Ok(Trimmed::default())
    }
}
