//! A client that believes its frames, and a judge who has read the log.

use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use tidings_models::{Log as _, *};

use super::{
    holdings::{Held, Holdings, Logged, What, newest, take_in},
    line::Line,
    log::Log,
    store::LogStore,
};
use crate::{Entry, Frame, Own, ResetReason, Stream, Whisper, model::world::moment_of};

/// What goes wrong is told in words.
pub(super) type Verdict = Result<(), String>;

macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            return Err(format!($($words)*));
        }
    };
}
pub(super) use ensure;

type Pending = Pin<Box<dyn Future<Output = Option<(Stream, Vec<Frame>)>>>>;

/// Its way to the server.
#[derive(Default)]
pub(super) enum Wire {
    #[default]
    Cut,
    /// Something is under way: opening, or the next frames.
    Pending(Pending),
    Idle(Box<Stream>),
}

/// What a client came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    WithNothing,
    WithPlace,
    /// With something that must be answered by `reset`.
    Impossible(ResetReason),
}

pub(super) struct Client {
    pub(super) user: UserId,
    pub(super) wire: Wire,
    /// Where events come while the stream waits, for those who have such a connection. They ask their
    /// stream anew each time.
    line: Option<Arc<Line>>,
    /// What has come over the wire and was not looked at yet.
    inbound: VecDeque<Frame>,
    /// The last id.
    pub(super) cursor: Option<String>,
    /// What that id stands for.
    pub(super) place: i64,
    pub(super) held: Holdings,
    counts: Option<Counts>,
    /// Everything after this it must know of. What came before it may have begun without.
    baseline: i64,
    came: Came,
    /// The end of the log when it came.
    head_then: i64,
    settled: bool,
    events: u64,
    /// The counts that it saw are of here or later.
    counted: i64,
    ended: bool,
    /// Its place was made up. If the log gets there, it has what the log says.
    dreams: bool,
}

impl Client {
    pub(super) fn new(user: UserId) -> Self {
        Self {
            user,
            wire: Wire::Cut,
            line: None,
            inbound: VecDeque::new(),
            cursor: None,
            place: 0,
            held: Holdings::new(),
            counts: None,
            baseline: 0,
            came: Came::WithNothing,
            head_then: 0,
            settled: false,
            events: 0,
            counted: 0,
            ended: false,
            dreams: false,
        }
    }

    /// Forgets everything: another client, with a place of its own. Its past is as the log has it.
    pub(super) fn become_new(&mut self, cursor: Option<String>, place: i64, held: Holdings) {
        *self = Self { cursor, place, held, baseline: place, ..Self::new(self.user.clone()) };
    }

    /// The same with a place that the log has not reached.
    pub(super) fn become_dreamer(&mut self, cursor: String, place: i64) {
        self.become_new(Some(cursor), place, Holdings::new());
        self.dreams = true;
    }

    pub(super) fn cut(&mut self) {
        self.wire = Wire::Cut;
        self.inbound.clear(); // what it had not read is lost
    }

    pub(super) fn opens(&mut self, came: Came, head: i64, line: Option<Arc<Line>>, opening: Pending) {
        self.cut();
        self.line = line;
        self.came = came;
        self.head_then = head;
        self.settled = false;
        self.events = 0;
        self.counted = self.place;
        self.ended = false;
        if came == Came::WithNothing {
            self.held.clear();
            (self.place, self.counted, self.baseline) = (0, 0, 0);
        }
        self.wire = Wire::Pending(opening);
    }

    pub(super) fn is_connected(&self) -> bool {
        !matches!(self.wire, Wire::Cut)
    }

    /// Goes on with what is under way, without asking for more.
    pub(super) async fn progress(&mut self, patience: Duration) {
        let Wire::Pending(pending) = &mut self.wire else { return };
        if let Ok(done) = tokio::time::timeout(patience, pending).await {
            self.wire = done.map_or(Wire::Cut, |(stream, frames)| {
                self.inbound.extend(frames);
                Wire::Idle(Box::new(stream))
            });
        }
    }

    /// Asks the stream for its next frames, and no longer once patience is over. What went straight to
    /// the connection came before them.
    async fn ask(&mut self, line: &Line, patience: Duration) {
        let Wire::Idle(stream) = &mut self.wire else { return };
        line.read_into(&mut self.inbound);
        if !self.inbound.is_empty() {
            return;
        }
        let asked = tokio::time::timeout(patience, stream.next()).await;
        line.read_into(&mut self.inbound);
        match asked {
            Ok(Some(frames)) => self.inbound.extend(frames),
            Ok(None) => self.wire = Wire::Cut,
            Err(_) => {}
        }
    }

    /// The next frame, if one comes soon enough.
    pub(super) async fn next(&mut self, patience: Duration) -> Option<Frame> {
        if let Some(line) = self.line.clone() {
            self.progress(patience).await;
            if self.inbound.is_empty() {
                self.ask(&line, patience).await;
            }
            return self.inbound.pop_front();
        }
        if self.inbound.is_empty() {
            self.wire = match std::mem::take(&mut self.wire) {
                Wire::Idle(mut stream) => Wire::Pending(Box::pin(async move {
                    let frames = stream.next().await?;
                    Some((*stream, frames))
                })),
                other => other,
            };
            self.progress(patience).await;
        }
        if self.inbound.is_empty()
            && let Wire::Idle(_) = self.wire
        {
            // It had only been opening.
            return Box::pin(self.next(patience)).await;
        }
        self.inbound.pop_front()
    }

    /// Believes a frame, and has it judged.
    pub(super) fn take(&mut self, frame: Frame, store: &LogStore) -> Verdict {
        let log = store.log();
        ensure!(!self.ended, "something came after the goodbye");
        match frame {
            Frame::Event(entry, own) => self.event(&entry, own, store, &log),
            Frame::Whisper(whisper, counts) => self.whisper(&whisper, counts, &log),
            Frame::Reset { reason, cursor, page } => {
                let at = open(store, cursor.as_str())?;
                self.reset(reason, at, &page, &log)?;
                self.cursor = Some(cursor.to_string());
                Ok(())
            }
            Frame::Ready { cursor, counts, replayed, .. } => {
                ensure!(replayed == self.events, "{replayed} are said to be replayed, {} came", self.events);
                let at = open(store, cursor.as_str())?;
                if self.came == Came::WithNothing && !self.settled {
                    self.begin(at, &log)?;
                }
                self.moves_to(at, &log)?;
                self.sees(counts, at, &log)?;
                self.settled = true;
                self.cursor = Some(cursor.to_string());
                Ok(())
            }
            Frame::Heartbeat(None) | Frame::Expiring(_) => Ok(()),
            Frame::Heartbeat(Some(cursor)) => {
                self.moves_to(open(store, cursor.as_str())?, &log)?;
                self.cursor = Some(cursor.to_string());
                Ok(())
            }
            Frame::Goodbye(_) => {
                self.ended = true;
                Ok(())
            }
        }
    }

    fn event(&mut self, entry: &Entry, own: Own, store: &LogStore, log: &Log) -> Verdict {
        let at = entry.position().get();
        ensure!(open(store, entry.cursor.as_str())? == at, "the event at {at} has another id");
        let Some(logged) = log.at(at) else { return Err(format!("an event at {at}, beyond the log")) };
        ensure!(log.is_for(&self.user, &logged.event), "the event at {at} is not for {} (I4)", self.user);
        let beginning = self.came == Came::WithNothing && !self.settled;
        let same = entry.event.kind == logged.event.kind && entry.event.audience == logged.event.audience;
        ensure!(same && says(entry, logged, beginning.then_some(log)), "the event at {at} says something else (I6)");
        // What a client begins with is unread, so not muted: a correction may have seen to that.
        let muted = !beginning && log.is_muted(&self.user, logged);
        ensure!(own.muted == muted, "the event at {at} says that it is muted: {} (I9)", own.muted);
        self.events += 1;
        if beginning {
            ensure!(at > self.place, "the event at {at} after {}", self.place);
            let What::Sent { id, group, .. } = &logged.what else { return Err(format!("{at} is no notification")) };
            let held = Held {
                position: at,
                audience: logged.event.audience.clone(),
                group: group.clone(),
                seen: None,
                read: false,
                acted: None,
                archived: false,
                snoozed: None,
                muted: Some(false),
            };
            self.held.insert(*id, held);
            (self.place, self.baseline) = (at, at);
        } else {
            ensure!(at > self.place, "the event at {at} after {} (I2)", self.place);
            self.moves_to(at - 1, log)?;
            // After a correction only the server knows.
            let brings = matches!(logged.what, What::Sent { .. });
            take_in(&mut self.held, logged, |_, _, _| brings.then_some(own.muted));
            self.place = at;
        }
        self.cursor = Some(entry.cursor.to_string());
        self.sees(own.counts, at, log)
    }

    /// It may come or not; but only to its audience, as its node knew it then or later, and the counts are no
    /// older than those that were shown.
    fn whisper(&mut self, whisper: &Whisper, counts: Counts, log: &Log) -> Verdict {
        ensure!(self.settled, "a whisper before the stream is live");
        let mut since = moment_of(whisper)..=log.head();
        let theirs = since.any(|moment| log.belongs(&self.user, &whisper.audience, moment));
        ensure!(theirs, "a whisper for {} comes to {} (I4)", whisper.audience, self.user);
        self.sees(counts, self.place, log)
    }

    /// Its place moves on: only over what is not for it (I1), and never back (I3).
    fn moves_to(&mut self, at: i64, log: &Log) -> Verdict {
        if let Came::Impossible(reason) = self.came
            && !self.settled
        {
            return Err(format!("a place that must be reset ({}) was continued", reason.as_str()));
        }
        ensure!(at >= self.place, "back from {} to {at} without a reset (I3)", self.place);
        ensure!(at <= log.head(), "{at} is beyond the log");
        if std::mem::take(&mut self.dreams) {
            self.held = log.inbox_at(&self.user, self.place);
        }
        let missed = log.missed(&self.user, self.place, at + 1);
        ensure!(missed.is_empty(), "{} moved from {} to {at} and missed {missed:?} (I1)", self.user, self.place);
        self.place = at;
        Ok(())
    }

    /// Counts must be those of some moment at `at` or later, and never of one before the last (I9).
    fn sees(&mut self, counts: Counts, at: i64, log: &Log) -> Verdict {
        let from = at.max(self.counted);
        let moment = (from..=log.head()).find(|moment| log.counts_at(&self.user, *moment) == Some(counts));
        let Some(moment) = moment else { return Err(format!("{counts:?} at {at} is of no moment since {from} (I9)")) };
        self.counted = moment;
        self.counts = Some(counts);
        Ok(())
    }

    /// The end of the unread ones that a client without a place begins with.
    fn begin(&mut self, at: i64, log: &Log) -> Verdict {
        let inbox = log.inbox_at(&self.user, at);
        let mut unread: Vec<_> = newest(&inbox, InboxState::Unread).into_iter().map(|(id, _)| id).collect();
        unread.truncate(100);
        unread.retain(|id| !log.is_gone(&self.user, *id));
        let known: Vec<_> = newest(&self.held, InboxState::All).into_iter().map(|(id, _)| id).collect();
        let known: Vec<_> = known.into_iter().filter(|id| !log.is_gone(&self.user, *id)).collect();
        ensure!(known == unread, "the unread at {at} are {unread:?}, it began with {known:?}");
        // What lies between is in that state.
        (self.place, self.baseline) = (at, at);
        Ok(())
    }

    fn reset(&mut self, reason: ResetReason, at: i64, page: &InboxPage, log: &Log) -> Verdict {
        let just = match (self.came, reason) {
            (Came::Impossible(expected), _) if !self.settled => expected == reason,
            (_, ResetReason::Ahead) => self.place > self.head_then,
            (_, ResetReason::Expired) => self.place < log.floor.max(log.known_from(&self.user)),
            (_, ResetReason::Malformed | ResetReason::Epoch) => false,
        };
        ensure!(just, "reset from {} as {} without need", self.place, reason.as_str());
        ensure!(page.head.position.get() == at, "a state of {} at {at}", page.head.position);
        ensure!(at <= log.head(), "{at} is beyond the log");
        let inbox = log.inbox_at(&self.user, at);
        let kept = |(id, _): &(NotificationId, Held)| !log.is_gone(&self.user, *id);
        let expected: Vec<_> = newest(&inbox, InboxState::All).into_iter().take(50).filter(kept).collect();
        let items: Vec<_> = page.items.iter().map(|item| (item.notification.id, Held::of(item))).collect();
        let known: Vec<_> = items.iter().filter(|item| kept(item)).cloned().collect();
        ensure!(known == expected, "the state at {at} is {expected:?}, it was given {known:?}");
        self.held = items.into_iter().collect();
        self.dreams = false;
        (self.place, self.baseline, self.counted, self.settled) = (at, at, at, true);
        self.sees(page.counts, at, log)
    }

    /// Whether what it holds is what its inbox says (I9).
    pub(super) fn agrees(&self, log: &Log) -> Verdict {
        let missed = log.missed(&self.user, self.place, log.head() + 1);
        ensure!(missed.is_empty(), "{} stays at {} and misses {missed:?} (I1)", self.user, self.place);
        let expected = log.counts_at(&self.user, log.head());
        ensure!(self.counts == expected, "{} shows {:?}, its inbox {expected:?} (I9)", self.user, self.counts);
        let inbox = log.inbox(&self.user);
        for (id, item) in inbox {
            let known = item.position <= self.baseline || self.held.contains_key(id);
            ensure!(known, "{} does not have what came at {} (I9)", self.user, item.position);
        }
        for (id, held) in &self.held {
            if log.is_gone(&self.user, *id) {
                continue;
            }
            let Some(item) = inbox.get(id) else {
                return Err(format!("{} still has what came at {} (I9)", self.user, held.position));
            };
            ensure!(held.agrees_with(item), "{} has {held:?}, its inbox {item:?} (I9)", self.user);
        }
        Ok(())
    }

    /// Counts of the last moment, and not of one before (I9): for when nothing lags.
    pub(super) fn shows(&self, counts: Option<Counts>) -> bool {
        self.counts == counts
    }
}

fn open(store: &LogStore, cursor: &str) -> Result<i64, String> {
    let place = store.cursors().open(cursor.as_bytes());
    place.map(Position::get).map_err(|error| format!("an id that is no cursor: {error}"))
}

/// Whether an event's envelope has the content that was logged (I6). What a client without a place begins with
/// comes as it is by then: one of the versions that a log has of it.
fn says(entry: &Entry, logged: &Logged, by_now: Option<&Log>) -> bool {
    let ends_with = |payload: &str| entry.envelope.ends_with(payload.as_bytes());
    match (&logged.what, by_now) {
        // Its places are cursors in the envelope: `entry.rs` tests that.
        (What::Changed(_), _) => true,
        (What::Sent { id, .. }, Some(log)) => log.versions(*id).any(ends_with),
        _ => ends_with(&logged.event.payload),
    }
}
