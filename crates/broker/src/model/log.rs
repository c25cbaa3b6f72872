//! The log as a list that nothing is ever cut from, with what each inbox says after each entry of it:
//! what the broker is held to. Naive on purpose.

use std::collections::{BTreeMap, BTreeSet};

use tidings_models::*;

use super::holdings::{Holdings, Logged, What, count, take_in};
use crate::testing::{pos, user};

mod commit;

/// What is to happen in histories, as the log tells of it.
pub(super) const KINDS: &[&str] = &[
    "sent to a user",
    "sent to a topic",
    "sent to everyone",
    "sent in a group",
    "took the place of another",
    "made at its time",
    "corrected",
    "corrected into or out of what is muted",
    "retracted",
    "expired at its time",
    "no longer kept",
    "signals",
    "joined",
    "left",
    "muted or unmuted",
    "marked by id",
    "marked by a list",
    "marked by a watermark",
    "taken back",
    "acted on",
    "snoozed",
    "came back",
    "deleted",
];

/// Everybody there is.
pub(super) const USERS: [&str; 3] = ["ann", "bob", "cyd"];

/// One life of the log.
#[derive(Clone)]
pub(super) struct Log {
    entries: Vec<Logged>,
    /// Up to here it was trimmed: readers get nothing of that, but it is remembered here.
    pub(super) floor: i64,
    /// What everybody who is known belongs to, and belonged to.
    windows: BTreeMap<UserId, Vec<Window>>,
    mutes: BTreeMap<UserId, Vec<Mute>>,
    keys: BTreeMap<String, NotificationId>,
    /// As they are by now.
    notifications: BTreeMap<NotificationId, Notification>,
    /// What is to be made when.
    scheduled: Vec<(Timestamp, Notification, Recipients)>,
    /// How often what of [`KINDS`] happened.
    happened: BTreeMap<&'static str, usize>,
    /// What left an inbox without an event because its owner had read it, and where the log ended then.
    gone: BTreeMap<(UserId, NotificationId), i64>,
    readers: BTreeMap<UserId, Reader>,
}

/// A user's inbox now, and the counts after each entry of the log.
#[derive(Clone, Default)]
struct Reader {
    held: Holdings,
    counts: Vec<Counts>,
}

impl Log {
    pub(super) fn new() -> Self {
        let mut log = Self {
            entries: Vec::new(),
            floor: 0,
            windows: BTreeMap::new(),
            mutes: BTreeMap::new(),
            keys: BTreeMap::new(),
            notifications: BTreeMap::new(),
            scheduled: Vec::new(),
            happened: BTreeMap::new(),
            gone: BTreeMap::new(),
            readers: BTreeMap::new(),
        };
        log.read_again();
        log
    }

    pub(super) fn head(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap()
    }

    pub(super) fn at(&self, position: i64) -> Option<&Logged> {
        self.entries.get(usize::try_from(position - 1).ok()?)
    }

    /// The entries after one position and up to another.
    pub(super) fn between(&self, after: i64, up_to: i64) -> &[Logged] {
        let index = |position: i64| usize::try_from(position.clamp(0, self.head())).unwrap();
        &self.entries[index(after)..index(up_to).max(index(after))]
    }

    /// Whether an event is for a user (I4).
    pub(super) fn is_for(&self, reader: &UserId, event: &Event) -> bool {
        self.windows(reader).iter().any(|window| window.holds(&event.audience, event.position))
    }

    /// Whether a user belonged to an audience when the log ended at a position.
    pub(super) fn belongs(&self, reader: &UserId, audience: &Audience, at: i64) -> bool {
        self.windows(reader).iter().any(|window| window.holds(audience, pos(at + 1)))
    }

    /// Whether a user had muted what an event brings.
    pub(super) fn is_muted(&self, reader: &UserId, Logged { event, what }: &Logged) -> bool {
        let What::Sent { subject, .. } = what else { return false };
        self.mutes(reader).iter().any(|mute| mute.covers(&event.audience, event.position, subject))
    }

    /// The positions of a user's events after one position and before another.
    pub(super) fn missed(&self, reader: &UserId, after: i64, before: i64) -> Vec<i64> {
        let own = self.between(after, before - 1).iter().filter(|entry| self.is_for(reader, &entry.event));
        own.map(|entry| entry.event.position.get()).collect()
    }

    /// What a user's inbox said when the log ended at a position.
    pub(super) fn inbox_at(&self, reader: &UserId, position: i64) -> Holdings {
        let mut held = Holdings::new();
        self.between(0, position).iter().for_each(|entry| self.read(reader, &mut held, entry));
        held
    }

    /// Whether something left a user's inbox without an event.
    pub(super) fn is_gone(&self, reader: &UserId, id: NotificationId) -> bool {
        self.gone.contains_key(&(reader.clone(), id))
    }

    fn let_go(&self, reader: &UserId, held: &mut Holdings, position: i64) {
        if !self.gone.is_empty() {
            held.retain(|id, _| self.gone.get(&(reader.clone(), *id)).is_none_or(|at| *at > position));
        }
    }

    pub(super) fn inbox(&self, reader: &UserId) -> &Holdings {
        &self.readers[reader].held
    }

    /// A user's counts when the log ended at a position.
    pub(super) fn counts_at(&self, reader: &UserId, position: i64) -> Option<Counts> {
        self.readers[reader].counts.get(usize::try_from(position).ok()?).copied()
    }

    pub(super) fn notification(&self, id: NotificationId) -> &Notification {
        &self.notifications[&id]
    }

    /// What a notification said, from time to time.
    pub(super) fn versions(&self, id: NotificationId) -> impl Iterator<Item = &str> {
        let of_it = move |what: &What| match what {
            What::Sent { id: its, .. } | What::Corrected(its, _) => *its == id,
            What::Changed(_) | What::Ended(_) | What::Signal => false,
        };
        self.entries.iter().filter(move |entry| of_it(&entry.what)).map(|entry| &*entry.event.payload)
    }

    /// Those that an admin could still change, in the order they were made.
    pub(super) fn changeable(&self) -> Vec<NotificationId> {
        self.notifications.keys().copied().filter(|id| !self.places(*id).is_empty()).collect()
    }

    /// How often a key made something: once at most (I8).
    pub(super) fn made_by(&self, key: &str) -> Option<NotificationId> {
        self.keys.get(key).copied()
    }

    /// Whether users had to be read anew because of some event.
    pub(super) fn has_recounts(&self) -> bool {
        self.entries.iter().any(|entry| !matches!(entry.event.effect, Effect::Adds { .. }))
    }

    /// The first time at which something comes back, is made, or expires.
    pub(super) fn wakes_at(&self) -> Option<Timestamp> {
        let back = self.readers.values().flat_map(|reader| reader.held.values()).filter_map(|item| item.snoozed);
        let made = self.scheduled.iter().map(|(at, ..)| *at);
        back.chain(made).chain(self.expiring().map(|(at, _)| at)).min()
    }

    /// What stands somewhere and expires, and when.
    fn expiring(&self) -> impl Iterator<Item = (Timestamp, NotificationId)> {
        let expiring = self.notifications.iter().filter_map(|(id, notification)| Some((notification.expires_at?, *id)));
        expiring.filter(|(_, id)| !self.places(*id).is_empty())
    }

    /// How often what happened.
    pub(super) fn happened(&self) -> &BTreeMap<&'static str, usize> {
        &self.happened
    }

    fn count(&mut self, kind: &'static str) {
        *self.happened.entry(kind).or_default() += 1;
    }

    /// What a user belongs to, and belonged to. Nothing: they are not known.
    pub(super) fn windows(&self, reader: &UserId) -> &[Window] {
        self.windows.get(reader).map_or(&[], Vec::as_slice)
    }

    /// The topics that a user belongs to now.
    pub(super) fn topics_of(&self, reader: &UserId) -> Vec<TopicName> {
        let open = self.windows(reader).iter().filter(|window| window.until.is_none());
        let topics = open.filter_map(|window| match &window.audience {
            Audience::Topic(topic) => Some(topic.clone()),
            Audience::User(_) | Audience::Everyone | Audience::Nodes => None,
        });
        topics.collect()
    }

    /// Where a user's life in the log begins: at its end, if it did not yet.
    pub(super) fn known_from(&self, reader: &UserId) -> i64 {
        let shared = self.windows(reader).iter().find(|window| window.audience == Audience::Everyone);
        shared.map_or(self.head(), |window| window.from.get())
    }

    /// What a user muted, now and before.
    pub(super) fn mutes(&self, reader: &UserId) -> &[Mute] {
        self.mutes.get(reader).map_or(&[], Vec::as_slice)
    }

    /// Where a notification stands: neither where a newer one of its group took its place, nor anywhere when
    /// it has ended.
    fn places(&self, id: NotificationId) -> Vec<(Audience, Position)> {
        let ended = |entry: &Logged| matches!(entry.what, What::Ended(its) if its == id);
        if self.entries.iter().any(ended) || self.gone.keys().any(|(_, its)| *its == id) {
            return Vec::new();
        }
        let sent = self.entries.iter().filter_map(|entry| match &entry.what {
            What::Sent { id: its, group, .. } if *its == id => Some((&entry.event, group.as_deref())),
            _ => None,
        });
        let stands = |(event, group): &(&Event, Option<&str>)| {
            group.is_none_or(|group| self.last_of(&event.audience, group) == Some((id, event.position)))
        };
        sent.filter(stands).map(|(event, _)| (event.audience.clone(), event.position)).collect()
    }

    /// The last of a group that came to an audience.
    fn last_of(&self, audience: &Audience, group: &str) -> Option<(NotificationId, Position)> {
        self.entries.iter().rev().find_map(|Logged { event, what }| match what {
            What::Sent { id, group: Some(its), .. } if its == group && event.audience == *audience => {
                Some((*id, event.position))
            }
            _ => None,
        })
    }

    /// Who belonged to an audience at a position, and left it since.
    fn former_members(&self, audience: &Audience, at: Position) -> Vec<UserId> {
        let left = |window: &Window| window.until.is_some() && window.holds(audience, at);
        let users = self.windows.iter().filter(|(_, windows)| windows.iter().any(left));
        users.map(|(user, _)| user.clone()).collect()
    }

    /// Takes an entry into a user's inbox, if it is for them.
    fn read(&self, reader: &UserId, held: &mut Holdings, entry: &Logged) {
        if self.is_for(reader, &entry.event) {
            take_in(held, entry, |audience, position, subject| {
                Some(self.mutes(reader).iter().any(|mute| mute.covers(audience, position, subject)))
            });
        }
        self.let_go(reader, held, entry.event.position.get());
    }

    fn read_last(&mut self) {
        let Some(entry) = self.entries.last() else { return };
        let mut readers = std::mem::take(&mut self.readers);
        for (reader, state) in &mut readers {
            self.read(reader, &mut state.held, entry);
            state.counts.push(count(&state.held));
        }
        self.readers = readers;
    }

    fn read_again(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        for name in USERS {
            let fresh = Reader { held: Holdings::new(), counts: vec![Counts::default()] };
            self.readers.insert(user(name), fresh);
        }
        for entry in entries {
            self.entries.push(entry);
            self.read_last();
        }
    }

    /// An earlier state of this log, as a backup has it.
    pub(super) fn restored(mut self, head: i64) -> Self {
        let (end, kept) = (pos(head), |until: Option<Position>| until.filter(|until| *until <= pos(head)));
        self.entries.truncate(usize::try_from(head).unwrap());
        self.floor = self.floor.min(head);
        for windows in self.windows.values_mut() {
            windows.retain(|window| window.from <= end);
            for window in windows {
                window.until = kept(window.until);
            }
        }
        // Who was not known to everyone yet was not known.
        self.windows.retain(|_, windows| windows.iter().any(|window| window.audience == Audience::Everyone));
        for mutes in self.mutes.values_mut() {
            mutes.retain(|mute| mute.from <= end);
            for mute in mutes {
                mute.until = kept(mute.until);
            }
        }
        let ids: BTreeSet<_> = self.notifications.keys().copied().collect();
        for id in ids {
            let last = self.versions(id).last().map(|json| serde_json::from_str(json).unwrap());
            match last {
                Some(notification) => drop(self.notifications.insert(id, notification)),
                None => drop(self.notifications.remove(&id)),
            }
        }
        let is_scheduled =
            |id: &NotificationId| self.scheduled.iter().any(|(_, notification, _)| notification.id == *id);
        self.keys.retain(|_, id| self.notifications.contains_key(id) || is_scheduled(id));
        self.gone.retain(|_, at| *at <= head);
        self.read_again();
        self
    }
}
