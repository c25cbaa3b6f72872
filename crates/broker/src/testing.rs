//! What the tests of this crate share: a store in memory that does what it is told, and short ways
//! to make events.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use secrecy::SecretBox;
use tidings_models::*;

use crate::Entry;

pub(crate) fn pos(value: i64) -> Position {
    Position::new(value).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn epoch() -> Epoch {
    Epoch::from_random([3; 16])
}

pub(crate) fn cursors() -> Cursors {
    Cursors::new(&CursorKey::new([7; 16]), epoch(), &[Epoch::from_random([2; 16])])
}

pub(crate) fn event(position: i64, audience: &str, payload: &str) -> Event {
    Event {
        position: pos(position),
        audience: Audience::parse(audience).unwrap(),
        seq: Seq::new(position),
        kind: Kind::Notification,
        created_at: Timestamp::from_millis(position * 1000),
        effect: Effect::ARRIVED,
        payload: payload.into(),
    }
}

pub(crate) fn entry(position: i64, audience: &str) -> Arc<Entry> {
    Entry::render(event(position, audience, "{}"), &cursors()).unwrap()
}

pub(crate) fn notification(title: &str) -> Notification {
    serde_json::from_value(serde_json::json!({
        "id": NotificationId::new(Timestamp::from_millis(1), &SystemRandom).to_string(), "title": title,
        "level": "info", "critical": false, "created_at": Timestamp::from_millis(1),
    }))
    .unwrap()
}

pub(crate) fn draft(name: &str) -> Draft {
    Draft::Notify { notification: Box::new(notification("x")), to: Recipients::User(user(name)), key: None }
}

pub(crate) fn page(name: &str, position: i64, counts: Counts) -> InboxPage {
    InboxPage {
        head: Head { epoch: epoch(), position: pos(position), floor: pos(0) },
        windows: vec![
            Window { audience: Audience::User(user(name)), from: pos(0) },
            Window { audience: Audience::Everyone, from: pos(0) },
        ],
        counts,
        items: Vec::new(),
        more: false,
    }
}

/// Stands still, except where tokio's time moves it.
pub(crate) struct VirtualClock(tokio::time::Instant);

impl Default for VirtualClock {
    fn default() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.0.elapsed().as_millis()).unwrap())
    }
}

/// Counts instead of throwing dice: no two alike, and the same in every run.
#[derive(Default)]
pub(crate) struct Counting(std::sync::atomic::AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        bytes.fill(0);
        let from = bytes.len().saturating_sub(8);
        for (to, byte) in bytes[from..].iter_mut().zip(next.to_be_bytes()) {
            *to = byte;
        }
    }
}

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
            event.position > after
                && event.position <= up_to
                && crate::session::entitled(windows, &event.audience, event.position)
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
            if crate::session::entitled(&page.windows, &event.audience, event.position) {
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
