//! The log as a list that nothing is ever cut from, with what each inbox says after each entry of it:
//! what the broker is held to. Naive on purpose.

use std::collections::{BTreeMap, BTreeSet};

use tidings_models::*;

use crate::testing::{pos, user};

/// Everybody there is.
pub(super) const USERS: [&str; 3] = ["ann", "bob", "cyd"];

/// What an entry says, so that nobody has to parse it.
#[derive(Clone, Debug)]
pub(super) enum What {
    Sent(NotificationId),
    Changed(Change),
    Expired(NotificationId),
}

#[derive(Clone, Debug)]
pub(super) struct Logged {
    pub(super) event: Event,
    pub(super) what: What,
}

/// A notification as somebody holds it. `seen` is `None` where that was never said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) position: i64,
    pub(super) seen: Option<bool>,
    pub(super) read: bool,
    pub(super) archived: bool,
}

/// What somebody holds: an inbox, or a client's picture of it.
pub(super) type Holdings = BTreeMap<NotificationId, Held>;

/// Takes an entry in. The one rule that inboxes and clients share.
pub(super) fn take_in(held: &mut Holdings, position: i64, what: &What) {
    match what {
        What::Sent(id) => {
            let new = Held { position, seen: Some(false), read: false, archived: false };
            held.entry(*id).or_insert(new); // a repeat changes nothing
        }
        What::Expired(id) => {
            held.remove(id);
        }
        What::Changed(Change { ids, up_to, flags }) => {
            let named = |id: &NotificationId, item: &Held| {
                ids.contains(id) || up_to.is_some_and(|up_to| item.position <= up_to)
            };
            if flags.deleted == Some(true) {
                held.retain(|id, item| !named(id, item));
            }
            for (_, item) in held.iter_mut().filter(|(id, item)| named(id, item)) {
                item.seen = flags.seen.or(item.seen);
                item.read = flags.read.unwrap_or(item.read);
                item.archived = flags.archived.unwrap_or(item.archived);
            }
        }
    }
}

fn count(held: &Holdings) -> Counts {
    let unread = held.values().filter(|item| !item.read && !item.archived);
    unread.fold(Counts::default(), |counts, item| Counts {
        unread: counts.unread + 1,
        unseen: counts.unseen + i64::from(item.seen != Some(true)),
    })
}

/// One life of the log.
#[derive(Clone)]
pub(super) struct Log {
    entries: Vec<Logged>,
    /// Up to here it was trimmed: readers get nothing of that, but it is remembered here.
    pub(super) floor: i64,
    met: BTreeMap<UserId, i64>,
    keys: BTreeMap<String, NotificationId>,
    notifications: BTreeMap<NotificationId, Notification>,
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
            met: BTreeMap::new(),
            keys: BTreeMap::new(),
            notifications: BTreeMap::new(),
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
        match &event.audience {
            Audience::User(user) => user == reader,
            Audience::Everyone => self.met.get(reader).is_some_and(|from| event.position.get() > *from),
            Audience::Topic(_) => false,
        }
    }

    /// The positions of a user's events after one position and before another.
    pub(super) fn missed(&self, reader: &UserId, after: i64, before: i64) -> Vec<i64> {
        let own = self.between(after, before - 1).iter().filter(|entry| self.is_for(reader, &entry.event));
        own.map(|entry| entry.event.position.get()).collect()
    }

    /// What a user's inbox said when the log ended at a position.
    pub(super) fn inbox_at(&self, reader: &UserId, position: i64) -> Holdings {
        let mut held = Holdings::new();
        for entry in self.between(0, position) {
            if self.is_for(reader, &entry.event) {
                take_in(&mut held, entry.event.position.get(), &entry.what);
            }
            self.let_go(reader, &mut held, entry.event.position.get());
        }
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

    /// How often a key made something: once at most (I8).
    pub(super) fn made_by(&self, key: &str) -> Option<NotificationId> {
        self.keys.get(key).copied()
    }

    pub(super) fn windows(&self, reader: &UserId) -> Option<Vec<Window>> {
        let from = pos(*self.met.get(reader)?);
        let own = Window { audience: Audience::User(reader.clone()), from: Position::START };
        Some(vec![own, Window { audience: Audience::Everyone, from }])
    }

    fn meet(&mut self, who: &UserId, from: i64) {
        if !self.met.contains_key(who) {
            self.met.insert(who.clone(), from);
            self.read_again(); // broadcasts of the same group may be theirs now
        }
    }

    fn append(&mut self, audience: Audience, kind: Kind, effect: Effect, payload: String, what: What) {
        let position = pos(self.head() + 1);
        let seq = self.entries.iter().filter(|entry| entry.event.audience == audience).count() + 1;
        let event = Event {
            position,
            audience,
            seq: Seq::new(i64::try_from(seq).unwrap()),
            kind,
            created_at: Timestamp::from_millis(position.get()),
            effect,
            payload: payload.into(),
        };
        self.entries.push(Logged { event, what });
        self.read_last();
    }

    fn read_last(&mut self) {
        let Some(entry) = self.entries.last() else { return };
        let position = entry.event.position.get();
        let mut readers = std::mem::take(&mut self.readers);
        for (reader, state) in &mut readers {
            if self.is_for(reader, &entry.event) {
                take_in(&mut state.held, position, &entry.what);
            }
            self.let_go(reader, &mut state.held, position);
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

    /// Commits a group.
    pub(super) fn commit(&mut self, drafts: Vec<Draft>) -> Vec<Outcome> {
        let start = self.head();
        drafts.into_iter().map(|draft| self.commit_one(draft, start)).collect()
    }

    fn commit_one(&mut self, draft: Draft, start: i64) -> Outcome {
        match draft {
            Draft::Meet { user, .. } => {
                self.meet(&user, start);
                Outcome::Met
            }
            Draft::Notify { notification, to, key } => {
                if let Some(key) = key {
                    if let Some(made) = self.keys.get(&key.key) {
                        return Outcome::Repeated(*made);
                    }
                    self.keys.insert(key.key, notification.id);
                }
                let payload = serde_json::to_string(&*notification).unwrap();
                for audience in to.audiences() {
                    if let Audience::User(user) = &audience {
                        self.meet(user, start);
                    }
                    let what = What::Sent(notification.id);
                    self.append(audience, Kind::Notification, Effect::ARRIVED, payload.clone(), what);
                }
                self.notifications.insert(notification.id, *notification.clone());
                Outcome::Stored(notification.id)
            }
            Draft::Mark { user, mark, .. } => self.mark(&user, mark),
        }
    }

    fn mark(&mut self, who: &UserId, mark: Mark) -> Outcome {
        let change = match mark {
            Mark::Ids(ids, flags) => Change { ids, up_to: None, flags: flags.with_implied() },
            Mark::UpTo(up_to, flags) => {
                let up_to = up_to.get().min(self.head());
                Change { ids: Vec::new(), up_to: Some(up_to), flags: flags.with_implied() }
            }
        };
        let before = self.inbox(who).clone();
        if change.ids.iter().any(|id| !before.contains_key(id)) {
            return Outcome::NotFound;
        }
        let mut after = before.clone();
        let payload = serde_json::to_string(&change).unwrap();
        let what = What::Changed(change);
        take_in(&mut after, self.head() + 1, &what);
        if before == after {
            return Outcome::Marked(false);
        }
        let effect = Effect::between(count(&before), count(&after));
        self.append(Audience::User(who.clone()), Kind::InboxChanged, effect, payload, what);
        Outcome::Marked(true)
    }

    /// Lets the oldest notification below the floor go, if there is one.
    pub(super) fn expire(&mut self) {
        let told = self.entries.iter().filter_map(|entry| match entry.what {
            What::Expired(id) => Some(id),
            What::Sent(_) | What::Changed(_) => None,
        });
        let expired: BTreeSet<_> = told.chain(self.gone.keys().map(|(_, id)| *id)).collect();
        let oldest = self.between(0, self.floor).iter().find_map(|entry| match entry.what {
            What::Sent(id) if !expired.contains(&id) => Some(id),
            _ => None,
        });
        let Some(id) = oldest else { return };
        let places = self.entries.iter().filter(|entry| matches!(entry.what, What::Sent(sent) if sent == id));
        let audiences: Vec<_> = places.map(|entry| entry.event.audience.clone()).collect();
        let payload = serde_json::to_string(self.notification(id)).unwrap();
        for audience in audiences {
            let effect = match &audience {
                Audience::User(user) => match self.inbox(user).get(&id) {
                    Some(item) if !item.read && !item.archived => {
                        Effect::Adds { unread: -1, unseen: -i64::from(item.seen != Some(true)) }
                    }
                    _ => {
                        self.gone.insert((user.clone(), id), self.head());
                        continue;
                    }
                },
                Audience::Everyone | Audience::Topic(_) => Effect::Recounts,
            };
            self.append(audience, Kind::NotificationExpired, effect, payload.clone(), What::Expired(id));
        }
        let mut readers = std::mem::take(&mut self.readers);
        for (reader, state) in &mut readers {
            self.let_go(reader, &mut state.held, self.head());
        }
        self.readers = readers;
    }

    /// An earlier state of this log, as a backup has it.
    pub(super) fn restored(mut self, head: i64) -> Self {
        self.entries.truncate(usize::try_from(head).unwrap());
        self.floor = self.floor.min(head);
        self.met.retain(|_, from| *from <= head);
        let sent = self.entries.iter().filter_map(|entry| match entry.what {
            What::Sent(id) => Some(id),
            What::Changed(_) | What::Expired(_) => None,
        });
        let kept: BTreeSet<_> = sent.collect();
        self.keys.retain(|_, id| kept.contains(id));
        self.gone.retain(|_, at| *at <= head);
        self.read_again();
        self
    }
}
