//! What becomes of drafts.

use tidings_models::*;

use super::Log;
use crate::{
    model::holdings::{Logged, What, count, take_change},
    testing::pos,
};

impl Log {
    /// Commits a group.
    pub(in crate::model) fn commit(&mut self, drafts: Vec<Draft>) -> Vec<Outcome> {
        let start = self.head();
        drafts.into_iter().map(|draft| self.commit_one(draft, start)).collect()
    }

    fn commit_one(&mut self, draft: Draft, start: i64) -> Outcome {
        match draft {
            Draft::Meet { user, .. } => {
                self.meet(&user, start);
                Outcome::Met
            }
            Draft::Notify { notification, to, key, deliver_at } => {
                if let Some(key) = key {
                    if let Some(made) = self.keys.get(&key.key) {
                        return Outcome::Repeated(*made);
                    }
                    self.keys.insert(key.key, notification.id);
                }
                if let Some(at) = deliver_at {
                    let id = notification.id;
                    self.scheduled.push((at, *notification, to));
                    return Outcome::Stored(id);
                }
                self.notify(*notification, &to, start)
            }
            Draft::Signal { kind, payload, to, .. } => {
                for audience in to.audiences() {
                    self.meet_audience(&audience, start);
                    self.append(audience, kind.clone(), Effect::NONE, payload.to_string(), What::Signal);
                }
                Outcome::Done(true)
            }
            Draft::Mark { user, mark, .. } => self.mark(&user, mark),
            Draft::Subscribe { user, topic, join, .. } => {
                self.meet(&user, start);
                self.subscribe(&user, topic, join)
            }
            Draft::Prefer { user, preferences, .. } => {
                self.meet(&user, start);
                self.prefer(&user, preferences)
            }
            Draft::Correct { notification, .. } => self.correct(*notification),
            Draft::Retract { id, .. } => self.end(id, &Kind::NotificationRetracted, false),
            Draft::Due { at } => self.due(at, start),
            other => unreachable!("not in this model: {other:?}"),
        }
    }

    fn meet(&mut self, who: &UserId, from: i64) {
        if !self.windows.contains_key(who) {
            let own = Window::since(Audience::User(who.clone()), Position::START);
            self.windows.insert(who.clone(), vec![own, Window::since(Audience::Everyone, pos(from))]);
            self.read_again(); // broadcasts of the same group may be theirs now
        }
    }

    /// Who is written to is known.
    fn meet_audience(&mut self, audience: &Audience, from: i64) {
        if let Audience::User(user) = audience {
            self.meet(user, from);
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
        for kind in kinds(&event, &what) {
            self.count(kind);
        }
        self.entries.push(Logged { event, what });
        self.read_last();
    }

    fn changed(&mut self, who: &UserId, effect: Effect, change: Change) {
        let payload = serde_json::to_string(&change).unwrap();
        self.append(Audience::User(who.clone()), Kind::InboxChanged, effect, payload, What::Changed(change));
    }

    fn notify(&mut self, notification: Notification, to: &Recipients, start: i64) -> Outcome {
        let (id, group) = (notification.id, notification.group_key.clone());
        let payload = serde_json::to_string(&notification).unwrap();
        let what = What::Sent { id, group: group.clone(), subject: subject(&notification) };
        self.notifications.insert(id, notification);
        for audience in to.audiences() {
            self.meet_audience(&audience, start);
            let effect = group.as_deref().map_or(Effect::ARRIVED, |group| self.replace(&audience, group));
            self.append(audience, Kind::Notification, effect, payload.clone(), what.clone());
        }
        Outcome::Stored(id)
    }

    /// Tells those who left what is going to be replaced, and what its replacement does to the counts.
    fn replace(&mut self, audience: &Audience, group: &str) -> Effect {
        let Some((id, at)) = self.last_of(audience, group).filter(|(id, _)| !self.places(*id).is_empty()) else {
            return Effect::ARRIVED;
        };
        let json = serde_json::to_string(self.notification(id)).unwrap();
        for user in self.former_members(audience, at) {
            let effect = self.lost(&user, id).unwrap_or(Effect::NONE);
            self.append(Audience::User(user), Kind::NotificationExpired, effect, json.clone(), What::Ended(id));
        }
        Effect::Reloads
    }

    /// What a user's counts lose with a notification.
    fn lost(&self, user: &UserId, id: NotificationId) -> Option<Effect> {
        let item = self.inbox(user).get(&id).filter(|item| item.is_unread())?;
        Some(Effect::Adds { unread: -1, unseen: -i64::from(item.seen != Some(true)) })
    }

    fn mark(&mut self, who: &UserId, mark: Mark) -> Outcome {
        let change = match mark {
            Mark::Ids(ids, flags) => Change { ids, flags: flags.told(), ..Change::default() },
            Mark::UpTo(up_to, flags) => {
                Change { up_to: Some(up_to.get().min(self.head())), flags, ..Change::default() }
            }
        };
        let before = self.inbox(who).clone();
        if change.ids.iter().any(|id| !before.contains_key(id)) {
            return Outcome::NotFound;
        }
        let mut after = before.clone();
        take_change(&mut after, &change);
        if before == after {
            return Outcome::Marked(false);
        }
        self.changed(who, Effect::between(count(&before), count(&after)), change);
        Outcome::Marked(true)
    }

    fn subscribe(&mut self, who: &UserId, topic: TopicName, join: bool) -> Outcome {
        let (audience, place) = (Audience::Topic(topic.clone()), pos(self.head() + 1));
        let windows = self.windows.get_mut(who).unwrap();
        let open = windows.iter_mut().find(|window| window.audience == audience && window.until.is_none());
        let change = match (open, join) {
            (None, true) => {
                windows.push(Window::since(audience, place));
                Change { joined: Some(topic), ..Change::default() }
            }
            (Some(window), false) => {
                window.until = Some(place);
                Change { left: Some(topic), ..Change::default() }
            }
            _ => return Outcome::Done(false),
        };
        self.changed(who, Effect::Reloads, change);
        Outcome::Done(true)
    }

    fn prefer(&mut self, who: &UserId, preferences: Preferences) -> Outcome {
        let (place, wanted) = (pos(self.head() + 1), preferences.mutings());
        let mutes = self.mutes.entry(who.clone()).or_default();
        let mut had: Vec<_> = mutes.iter_mut().filter(|mute| mute.until.is_none()).collect();
        if had.len() == wanted.len() && had.iter().all(|mute| wanted.contains(&mute.what)) {
            return Outcome::Done(false);
        }
        let new: Vec<_> = wanted.iter().filter(|what| had.iter().all(|mute| mute.what != **what)).cloned().collect();
        had.iter_mut().filter(|mute| !wanted.contains(&mute.what)).for_each(|mute| mute.until = Some(place));
        mutes.extend(new.into_iter().map(|what| Mute { what, from: place, until: None }));
        self.changed(who, Effect::Reloads, Change { preferences: Some(preferences), ..Change::default() });
        Outcome::Done(true)
    }

    fn correct(&mut self, new: Notification) -> Outcome {
        let (id, places) = (new.id, self.places(new.id));
        if places.is_empty() {
            return Outcome::Conflict;
        }
        let subjects = (subject(self.notification(id)), subject(&new));
        let remutes = subjects.0 != subjects.1;
        let effect = if remutes { Effect::Reloads } else { Effect::NONE };
        let what = What::Corrected(id, remutes.then_some(subjects.1));
        let payload = serde_json::to_string(&new).unwrap();
        self.notifications.insert(id, new);
        for (audience, at) in places {
            let former = self.former_members(&audience, at).into_iter().map(Audience::User);
            for audience in former.chain([audience]) {
                self.append(audience, Kind::NotificationUpdated, effect, payload.clone(), what.clone());
            }
        }
        Outcome::Done(true)
    }

    /// Takes a notification out of all inboxes and tells everybody who has it, or had it when they left its
    /// topic. What is no longer kept goes quietly: of those who are told by name, only who has it unread is.
    fn end(&mut self, id: NotificationId, kind: &Kind, quietly: bool) -> Outcome {
        let (places, head, mut told) = (self.places(id), self.head(), Vec::new());
        for (audience, at) in &places {
            let mut readers = self.former_members(audience, *at);
            match audience {
                Audience::User(user) => readers.push(user.clone()),
                Audience::Topic(_) | Audience::Everyone | Audience::Nodes => {
                    told.push((audience.clone(), Effect::Recounts));
                }
            }
            for user in readers {
                match self.lost(&user, id) {
                    None if quietly => drop(self.gone.insert((user, id), head)),
                    lost => told.push((Audience::User(user), lost.unwrap_or(Effect::NONE))),
                }
            }
        }
        for (audience, effect) in told {
            let payload = serde_json::to_string(self.notification(id)).unwrap();
            self.append(audience, kind.clone(), effect, payload, What::Ended(id));
        }
        let mut readers = std::mem::take(&mut self.readers);
        for (reader, state) in &mut readers {
            self.let_go(reader, &mut state.held, self.head());
        }
        self.readers = readers;
        Outcome::Done(!places.is_empty())
    }

    /// Lets the oldest notification below the floor go, if there is one.
    pub(in crate::model) fn expire(&mut self) {
        let oldest = self.between(0, self.floor).iter().find_map(|entry| match entry.what {
            What::Sent { id, .. } if !self.places(id).is_empty() => Some(id),
            _ => None,
        });
        if let Some(id) = oldest {
            self.count("no longer kept");
            self.end(id, &Kind::NotificationExpired, true);
        }
    }

    /// What is to be made by now is made, what expires ends, and what was put off comes back.
    fn due(&mut self, now: Timestamp, start: i64) -> Outcome {
        let (due, later) = std::mem::take(&mut self.scheduled).into_iter().partition(|(at, ..)| *at <= now);
        let mut due: Vec<_> = due;
        self.scheduled = later;
        due.sort_by_key(|(at, notification, _)| (*at, notification.id));
        let made = due.len();
        for (_, notification, to) in due {
            self.count("made at its time");
            self.notify(notification, &to, start);
        }
        let expired: Vec<_> = self.expiring().filter(|(at, _)| *at <= now).map(|(_, id)| id).collect();
        for id in &expired {
            self.count("expired at its time");
            self.end(*id, &Kind::NotificationExpired, false);
        }
        Outcome::Did(made + expired.len() + self.wake(now))
    }

    /// What was put off until now comes back.
    fn wake(&mut self, now: Timestamp) -> usize {
        let mut due = Vec::new();
        for (user, reader) in &self.readers {
            let ids = reader.held.iter().filter(|(_, item)| item.snoozed.is_some_and(|at| at <= now));
            due.extend(ids.map(|(id, _)| (user.clone(), *id)));
        }
        for (user, id) in &due {
            self.mark(user, Mark::one(*id, Flags::AWAKE));
        }
        due.len()
    }
}

/// What the log tells of with an event.
fn kinds(event: &Event, what: &What) -> Vec<&'static str> {
    let all = match what {
        What::Sent { group, .. } => vec![
            (matches!(event.audience, Audience::User(_)), "sent to a user"),
            (matches!(event.audience, Audience::Topic(_)), "sent to a topic"),
            (event.audience == Audience::Everyone, "sent to everyone"),
            (group.is_some(), "sent in a group"),
            (event.effect != Effect::ARRIVED, "took the place of another"),
        ],
        What::Corrected(_, subject) => {
            vec![(true, "corrected"), (subject.is_some(), "corrected into or out of what is muted")]
        }
        What::Ended(_) => vec![(event.kind == Kind::NotificationRetracted, "retracted")],
        What::Signal => vec![(true, "signals")],
        What::Changed(change) => {
            let flags = change.flags;
            let came_back = flags == Flags::AWAKE;
            vec![
                (change.joined.is_some(), "joined"),
                (change.left.is_some(), "left"),
                (change.preferences.is_some(), "muted or unmuted"),
                (change.ids.len() == 1 && !came_back, "marked by id"),
                (change.ids.len() > 1, "marked by a list"),
                (change.up_to.is_some(), "marked by a watermark"),
                ([flags.seen, flags.read, flags.archived].contains(&Some(false)) && !came_back, "taken back"),
                (flags.acted == Some(true), "acted on"),
                (matches!(flags.snoozed_until, Some(Some(_))), "snoozed"),
                (came_back, "came back"),
                (flags.deleted == Some(true), "deleted"),
            ]
        }
    };
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect()
}

fn subject(of: &Notification) -> Subject {
    Subject { level: of.level, category: of.category.clone(), critical: of.critical }
}
