//! A log in a list, that does what a test tells it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use secrecy::SecretBox;
use tidings_models::*;

use super::{cursors, epoch, event, notification, page, pos};
use crate::session::entitled;

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
    inbox_time: Duration,
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
        let payload = serde_json::to_string(&notification(&position.to_string())).unwrap();
        self.put(event(position, audience, &payload));
        position
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

    /// Makes each read of an inbox take some time.
    pub(crate) fn take_long(&self, time: Duration) {
        self.state.lock().inbox_time = time;
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
impl Store for FakeStore {
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
        let time = self.state.lock().commit_time;
        pass(time).await;
        self.check()?;
        self.state.lock().groups.push(drafts.len());
        let before = self.state.lock().log.len();
        let mut outcomes = Vec::new();
        for draft in drafts {
            let Draft::Notify { notification, to, .. } = draft else { unreachable!("no marks here") };
            for audience in to.audiences() {
                self.add(&audience.to_string());
            }
            outcomes.push(Outcome::Stored(notification.id));
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
        let mut page = page(reader.as_str(), head.position.get(), Counts::default());
        page.head = head;
        let state = self.state.lock();
        for event in state.log.iter().rev() {
            if entitled(&page.windows, &event.audience, event.position) {
                page.counts = page.counts.after(event.effect).unwrap_or_default();
                page.items.push(InboxItem {
                    notification: serde_json::from_str(&event.payload).unwrap(),
                    audience: event.audience.clone(),
                    position: event.position,
                    seq: event.seq,
                    seen: false,
                    read: false,
                    archived: false,
                });
            }
        }
        page.more = page.items.len() > query.limit as usize;
        page.items.truncate(query.limit as usize);
        Ok(Some(page))
    }

    fn cursors(&self) -> &Arc<Cursors> {
        &self.cursors
    }

    async fn inbox_item(&self, _: &UserId, _: NotificationId) -> Result<Option<InboxItem>, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn notification(&self, _: NotificationId) -> Result<Option<(Notification, Recipients)>, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn create_account(&self, _: &Account) -> Result<bool, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn trim(&self, _: &Retention, _: Timestamp, _: Position) -> Result<Trimmed, StoreError> {
        Ok(Trimmed::default())
    }
    async fn account(&self, _: &UserId) -> Result<Option<Account>, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn set_password(&self, _: &UserId, _: &PasswordHash) -> Result<bool, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn set_disabled(&self, _: &UserId, _: bool) -> Result<bool, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn token_secret(&self) -> Result<SecretBox<[u8; 32]>, StoreError> {
        unreachable!("not asked by the broker")
    }
    async fn close(&self) {}
}
