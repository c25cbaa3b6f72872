//! The naive log behind the door that the broker knows, with a database's moods: it takes time, fails
//! before or after a commit, and trims while somebody reads.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use tidings_models::*;

use super::{holdings::newest, log::Log};
use crate::{
    sabotage::{self, Bug},
    testing::pos,
};

/// A commit takes so long, and its answer as long again.
pub(super) const COMMIT: Duration = Duration::from_millis(2);

/// When a commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fails {
    /// Nothing was stored.
    Before,
    /// It was, but nobody is told.
    After,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// What a read of an inbox or a replay takes between its snapshot and its answer.
    pub(super) latency: Duration,
    /// The same for followers.
    pub(super) lag: Duration,
    /// What becomes of the next commit.
    pub(super) commit: Option<Fails>,
    pub(super) reads_fail: bool,
    /// A row that followers do not see yet, though later ones they do.
    pub(super) hidden: Option<i64>,
    /// How far beyond its place the log is trimmed during the next replay.
    pub(super) trim_during_replay: Option<u8>,
}

pub(super) struct LogStore {
    log: Mutex<Log>,
    pub(super) faults: Mutex<Faults>,
    epoch: Epoch,
    cursors: Arc<Cursors>,
    /// Replays that were read from here, not from a ring.
    pub(super) replays: Mutex<usize>,
}

fn epoch(life: u8) -> Epoch {
    Epoch::from_random([life + 1; 16])
}

impl LogStore {
    /// A log in one of its lives, 0 being the first.
    pub(super) fn new(log: Log, life: u8) -> Self {
        let past: Vec<_> = (0..life).map(epoch).collect();
        Self {
            log: Mutex::new(log),
            faults: Mutex::default(),
            epoch: epoch(life),
            cursors: Arc::new(Cursors::new(&CursorKey::new([7; 16]), epoch(life), &past)),
            replays: Mutex::default(),
        }
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock()
    }

    /// An answer is on its way. What it says was true when it was read.
    async fn answer<T>(&self, read: T) -> Result<T, StoreError> {
        let latency = self.faults.lock().latency;
        self.answer_after(latency, read).await
    }

    async fn answer_after<T>(&self, latency: Duration, read: T) -> Result<T, StoreError> {
        let faults = *self.faults.lock();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if faults.reads_fail { Err(StoreError::Corrupt("told to fail".into())) } else { Ok(read) }
    }

    fn head_of(&self, log: &Log) -> Head {
        Head { epoch: self.epoch, position: pos(log.head()), floor: pos(log.floor) }
    }

    fn trim_underfoot(&self, after: Position, up_to: Position) {
        if let Some(beyond) = self.faults.lock().trim_during_replay.take() {
            let mut log = self.log();
            log.floor = log.floor.max(up_to.get().min(after.get() + i64::from(beyond)));
        }
    }

    fn own(log: &Log, windows: &[Window], after: Position, up_to: Position, limit: u32) -> Vec<Event> {
        let kept = log.between(after.get().max(log.floor), up_to.get()).iter().map(|entry| &entry.event);
        let own = kept.filter(|event| crate::session::entitled(windows, &event.audience, event.position));
        own.take(limit as usize).cloned().collect()
    }

    fn page(&self, log: &Log, user: &UserId, query: &InboxQuery) -> Option<InboxPage> {
        let (windows, mutes) = (log.windows(user).to_vec(), log.mutes(user).to_vec());
        if windows.is_empty() {
            return None; // not known
        }
        let wanted = newest(log.inbox(user), query.state);
        let items = wanted.iter().take(query.limit as usize).map(|(id, held)| {
            let event = &log.at(held.position).unwrap().event;
            InboxItem {
                notification: log.notification(*id).clone(),
                audience: event.audience.clone(),
                position: event.position,
                seq: event.seq,
                seen: held.seen == Some(true),
                read: held.read,
                acted_at: (held.acted == Some(true)).then_some(Timestamp::from_millis(0)),
                archived: held.archived,
                snoozed_until: held.snoozed,
                muted: held.muted == Some(true),
            }
        });
        let items: Vec<_> = items.collect();
        let counts = log.counts_at(user, log.head()).unwrap();
        Some(InboxPage { head: self.head_of(log), windows, mutes, counts, more: items.len() < wanted.len(), items })
    }
}

#[async_trait]
impl tidings_models::Log for LogStore {
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
        tokio::time::sleep(COMMIT).await;
        let fails = self.faults.lock().commit.take();
        if fails == Some(Fails::Before) {
            return Err(StoreError::Corrupt("told to fail".into()));
        }
        let (outcomes, events) = {
            let mut log = self.log();
            let before = log.head();
            let outcomes = log.commit(drafts);
            let events = log.between(before, i64::MAX).iter().map(|entry| entry.event.clone()).collect();
            // Now and then it does not tell what it wrote: then it must be read. So must a row that is hidden.
            let tells = before % 3 != 0 && self.faults.lock().hidden.is_none();
            (outcomes, if tells { events } else { Vec::new() })
        };
        tokio::time::sleep(COMMIT).await;
        match fails {
            Some(_) => Err(StoreError::Corrupt("told to fail, too late".into())),
            None => Ok(Committed { outcomes, events }),
        }
    }

    async fn head(&self) -> Result<Head, StoreError> {
        let head = self.head_of(&self.log());
        self.answer(head).await
    }

    async fn read_log(&self, after: Position, limit: u32) -> Result<Vec<Event>, StoreError> {
        let Faults { hidden, lag, .. } = *self.faults.lock();
        let events = {
            let log = self.log();
            let kept = log.between(after.get().max(log.floor), i64::MAX).iter().map(|entry| &entry.event);
            kept.filter(|event| Some(event.position.get()) != hidden).take(limit as usize).cloned().collect()
        };
        self.answer_after(lag, events).await
    }

    async fn replay(
        &self,
        windows: &[Window],
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Replay, StoreError> {
        *self.replays.lock() += 1;
        let floor = pos(self.log().floor);
        if sabotage::is(Bug::TrimBetweenFloorAndRead) {
            self.trim_underfoot(after, up_to);
        }
        let events = Self::own(&self.log(), windows, after, up_to, limit);
        self.trim_underfoot(after, up_to);
        self.answer(if after < floor { Replay::Expired } else { Replay::Events(events) }).await
    }

    async fn inbox(&self, reader: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        let page = self.page(&self.log(), reader, query);
        self.answer(page).await
    }

    async fn states(&self, users: &[UserId]) -> Result<Vec<Option<InboxPage>>, StoreError> {
        let pages = {
            let log = self.log();
            users.iter().map(|user| self.page(&log, user, &InboxQuery::counts())).collect()
        };
        self.answer(pages).await
    }

    async fn note_connections(&self, _: &[store::Connection]) -> Result<(), StoreError> {
        Ok(()) // what is noted is nobody's business here
    }

    async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let due = self.log().wakes_at().is_some_and(|at| at <= now);
        self.answer(due).await
    }

    fn cursors(&self) -> &Arc<Cursors> {
        &self.cursors
    }

    async fn trim(&self, _: &Retention, _: Timestamp, _: Position) -> Result<Trimmed, StoreError> {
        Ok(Trimmed::default()) // the test says when
    }
}
