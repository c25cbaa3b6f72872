//! Writing the log: a group of drafts becomes events, in one transaction.
//!
//! What a group needs to know is asked for in one statement. Then its drafts are planned in their order,
//! which gives positions and seqs, and what they add is written in one statement: a statement costs a
//! hop to the thread of the connection or to the server, a row in one that is under way costs next to nothing.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::{
    Committed, DatabaseConnection, Draft, StoreError, Turn, access, admin, begin_group, due, erase, json,
    keys::{Keys, Made},
    leave, marks, position, preferences,
    seqs::{Last, Seqs},
    sql, together, topics,
    write::{EventRow, NotificationRow, Rows, Then},
};
use crate::{
    Audience, Change, Effect, Event, Kind, Mark, Notification, Position, Recipients, Seq, Timestamp, UserId,
    store::{IdempotencyKey, Outcome},
};

pub(super) async fn commit(turn: &mut Turn<'_>, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
    let mut group = Group::begin(turn, drafts.iter().flat_map(audiences)).await?;
    group.keys.learn(&mut *group.conn, &drafts).await?;
    let mut outcomes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        outcomes.push(apply(&mut group, draft).await?);
    }
    let events = group.commit().await?;
    Ok(Committed { outcomes, events })
}

/// Plans a draft, or refuses it.
pub(super) async fn apply(group: &mut Group<'_>, draft: Draft) -> Result<Outcome, StoreError> {
    match draft {
        Draft::Notify { notification, to, key, deliver_at } => group.notify(&notification, &to, key, deliver_at).await,
        Draft::Signal { kind, payload, to, key, at } => group.signal(kind, payload, &to, key, at).await,
        Draft::Meet { user, at } => {
            group.rows.met.push((user.as_str().into(), at));
            Ok(Outcome::Met)
        }
        Draft::Mark { user, mark, key, at } => group.mark(user, &mark, key, at).await,
        Draft::Subscribe { user, topic, join, by_admin, at } => {
            topics::subscribe(group, &user, &topic, join, by_admin, at).await
        }
        Draft::Prefer { user, preferences, at } => preferences::set(group, &user, preferences, at).await,
        Draft::Correct { notification, deliver_at, revision, by, at } => {
            admin::correct(group, &notification, deliver_at, revision, &by, at).await
        }
        Draft::Retract { id, by, at } => admin::retract(group, id, &by, at).await,
        Draft::Access { change, at } => access::change::apply(group, change, at).await,
        Draft::Due { at } => due::some(group, at).await,
        Draft::Erase { user, alias, at } => erase::some(group, &user, &alias, at).await,
        Draft::Together(drafts) => Box::pin(together::all(group, drafts)).await,
    }
}

/// The audiences that a draft may add to.
fn audiences(draft: &Draft) -> Vec<Audience> {
    match draft {
        Draft::Notify { to, .. } | Draft::Signal { to, .. } => to.audiences(),
        Draft::Mark { user, .. }
        | Draft::Subscribe { user, .. }
        | Draft::Prefer { user, .. }
        | Draft::Erase { user, .. } => vec![Audience::User(user.clone())],
        Draft::Access { .. } => vec![Audience::Nodes],
        Draft::Together(drafts) => drafts.iter().flat_map(audiences).collect(),
        Draft::Meet { .. } | Draft::Correct { .. } | Draft::Retract { .. } | Draft::Due { .. } => Vec::new(),
    }
}

/// A transaction, and what it is going to add. It begins with the first question and ends with what is
/// written: on SQLite neither costs a hop of its own. One that does not come to its end is ended with its
/// connection (see [`Turn`]).
pub(super) struct Group<'a> {
    pub(super) conn: &'a mut DatabaseConnection,
    kept: &'a mut Seqs,
    /// The head of the log before the group.
    pub(super) start: Position,
    /// The last position planned.
    head: Position,
    seqs: HashMap<Audience, Last>,
    keys: Keys,
    /// What is yet to be written.
    rows: Rows,
    /// What is written already.
    written: Vec<Event>,
}

/// How far a group was, to come back to.
pub(super) struct Saved {
    head: Position,
    seqs: HashMap<Audience, Last>,
    keys: Keys,
    written: usize,
}

/// A content that was planned: its id, which is the position of the first event that carries it.
pub(super) struct Payload {
    pub(super) id: Position,
    json: Arc<str>,
}

impl<'a> Group<'a> {
    /// Begins a group that may add to `audiences`.
    pub(super) async fn begin(
        turn: &'a mut Turn<'_>,
        audiences: impl Iterator<Item = Audience>,
    ) -> Result<Self, StoreError> {
        let mut group = Self {
            conn: &mut turn.connection,
            kept: &mut turn.seqs,
            start: Position::START,
            head: Position::START,
            seqs: HashMap::new(),
            keys: Keys::default(),
            rows: Rows::default(),
            written: Vec::new(),
        };
        let unknown = group.take_kept(audiences);
        let question = begin_group(group.conn).await?;
        group.start = group.learn(question, unknown).await?;
        group.head = group.start;
        if !group.kept.hold_at(group.start) {
            // Another process has written.
            let all = group.seqs.keys().cloned().collect();
            group.learn(sql::HEAD_AND_SEQS, all).await?;
        }
        Ok(group)
    }

    /// Learns the last seqs of more audiences that events are to be planned for.
    pub(super) async fn look_for_seqs(&mut self, audiences: impl Iterator<Item = Audience>) -> Result<(), StoreError> {
        let unknown = self.take_kept(audiences);
        if !unknown.is_empty() {
            self.learn(sql::HEAD_AND_SEQS, unknown).await?;
        }
        Ok(())
    }

    /// Takes the last seqs that are kept, and tells which audiences of the group are left.
    fn take_kept(&mut self, audiences: impl Iterator<Item = Audience>) -> Vec<Audience> {
        let mut unknown = Vec::new();
        for audience in audiences {
            if let Entry::Vacant(free) = self.seqs.entry(audience) {
                let last = self.kept.get(free.key()).unwrap_or_else(|| {
                    unknown.push(free.key().clone());
                    Last { name: free.key().to_string().into(), seq: 0 }
                });
                free.insert(last);
            }
        }
        unknown
    }

    /// Asks for the last seqs of audiences of the group, and for the head.
    async fn learn(&mut self, question: &'static str, audiences: Vec<Audience>) -> Result<Position, StoreError> {
        let names: Vec<_> = audiences.iter().filter_map(|audience| Some(&self.seqs.get(audience)?.name)).collect();
        let (head, seqs): (i64, String) =
            sqlx::query_as(question).bind(json(&names)?).fetch_one(&mut *self.conn).await?;
        let seqs: Vec<i64> = serde_json::from_str(&seqs).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        for (audience, seq) in audiences.iter().zip(seqs) {
            if let Some(last) = self.seqs.get_mut(audience) {
                last.seq = seq;
            }
        }
        position(head)
    }

    async fn notify(
        &mut self,
        notification: &Notification,
        to: &Recipients,
        key: Option<IdempotencyKey>,
        deliver_at: Option<Timestamp>,
    ) -> Result<Outcome, StoreError> {
        if let Some(before) = self.keys.notified(key.as_ref()) {
            return Ok(before);
        }
        if is_late(notification, deliver_at) {
            return Ok(Outcome::Expired);
        }
        if !self.has_topic(to).await? {
            return Ok(Outcome::NoTopic);
        }
        if let Some(key) = key {
            self.remember(key, Made::Notification(notification.id));
        }
        match deliver_at.filter(|at| *at > notification.created_at) {
            Some(at) => due::schedule(self, notification, to, at).await?,
            None => self.deliver(notification, to, notification.created_at).await?,
        }
        Ok(Outcome::Stored(notification.id))
    }

    /// Brings a notification into inboxes.
    pub(super) async fn deliver(
        &mut self,
        notification: &Notification,
        to: &Recipients,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut effects = Vec::new();
        if let Some(key) = &notification.group_key {
            self.flush().await?; // the one before may be of this very group
            for audience in to.audiences() {
                effects.push(leave::replaced(self, &audience, key, notification.id, at).await?);
            }
        }
        let payload = self.payload(notification)?;
        self.rows.notifications.push(NotificationRow {
            id: notification.id,
            payload: payload.id,
            level: notification.level.as_str(),
            category: notification.category.clone(),
            critical: notification.critical,
            group_key: notification.group_key.clone(),
            created_at: notification.created_at,
            expires_at: notification.expires_at,
        });
        for (index, audience) in to.audiences().into_iter().enumerate() {
            let effect = effects.get(index).copied().unwrap_or(Effect::ARRIVED);
            let position = self.event(audience.clone(), Kind::Notification, &payload, effect, at)?;
            if let Some(planned) = self.rows.events.last_mut() {
                planned.brings = Some(notification.id);
            }
            if let Some(key) = &notification.group_key {
                leave::now_of_group(self, &audience, key, position, notification.id).await?;
            }
        }
        Ok(())
    }

    async fn signal(
        &mut self,
        kind: Kind,
        payload: Arc<str>,
        to: &Recipients,
        key: Option<IdempotencyKey>,
        at: Timestamp,
    ) -> Result<Outcome, StoreError> {
        if let Some(before) = self.keys.done(key.as_ref()) {
            return Ok(before);
        }
        if !self.has_topic(to).await? {
            return Ok(Outcome::NoTopic);
        }
        let payload = self.raw_payload(payload);
        for audience in to.audiences() {
            self.event(audience, kind.clone(), &payload, Effect::NONE, at)?;
        }
        if let Some(key) = key {
            self.remember(key, Made::Events(self.head));
        }
        Ok(Outcome::Done(true))
    }

    async fn mark(
        &mut self,
        user: UserId,
        mark: &Mark,
        key: Option<IdempotencyKey>,
        at: Timestamp,
    ) -> Result<Outcome, StoreError> {
        if let Some(before) = self.keys.done(key.as_ref()) {
            return Ok(before);
        }
        let (change, effect) = match marks::apply(&mut *self.conn, self.start, &user, mark, at).await? {
            marks::Applied::NotFound => return Ok(Outcome::NotFound),
            marks::Applied::Changed(change, effect) => (change, effect),
            // A key goes with its event, so that there are never more keys than events.
            marks::Applied::Nothing(change) if key.is_some() => (change, Effect::NONE),
            marks::Applied::Nothing(_) => return Ok(Outcome::Marked(false)),
        };
        let position = self.changed(&change, effect, Audience::User(user), at)?;
        if let Some(key) = key {
            self.remember(key, Made::Events(position));
        }
        Ok(Outcome::Marked(true))
    }

    /// Writes down what a key made.
    fn remember(&mut self, key: IdempotencyKey, made: Made) {
        self.keys.insert(&key, made);
        self.rows.keys.push((key, made));
    }

    /// Whether the topic that is written to is there, if one is.
    async fn has_topic(&mut self, to: &Recipients) -> Result<bool, StoreError> {
        let Recipients::Topic(topic) = to else { return Ok(true) };
        Ok(topics::find(&mut *self.conn, topic).await?.is_some())
    }

    /// Writes what is planned, so that it can be asked for.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.rows);
        rows.write(self.conn, self.start, self.head, Then::More).await?;
        self.written.extend(rows.events.into_iter().map(|row| row.event));
        Ok(())
    }

    /// Remembers how far the group is, in the database too.
    pub(super) async fn save(&mut self) -> Result<Saved, StoreError> {
        self.flush().await?;
        sqlx::query(sql::SAVE).execute(&mut *self.conn).await?;
        let Self { head, written, .. } = self;
        Ok(Saved { head: *head, seqs: self.seqs.clone(), keys: self.keys.clone(), written: written.len() })
    }

    /// Keeps what came since the group was saved.
    pub(super) async fn keep(&mut self) -> Result<(), StoreError> {
        sqlx::query(sql::KEEP_SAVED).execute(&mut *self.conn).await?;
        Ok(())
    }

    /// Forgets everything since the group was saved: what was planned, and what was written already.
    pub(super) async fn go_back(&mut self, to: Saved) -> Result<(), StoreError> {
        sqlx::query(sql::GO_BACK).execute(&mut *self.conn).await?;
        self.rows = Rows::default();
        self.written.truncate(to.written);
        (self.head, self.seqs, self.keys) = (to.head, to.seqs, to.keys);
        self.keep().await
    }

    /// Plans an `inbox.changed`.
    pub(super) fn changed(
        &mut self,
        change: &Change,
        effect: Effect,
        audience: Audience,
        at: Timestamp,
    ) -> Result<Position, StoreError> {
        let payload = self.payload(change)?;
        self.event(audience, Kind::InboxChanged, &payload, effect, at)
    }

    /// Plans a content for the events that follow: its id is the position of the first of them.
    pub(super) fn payload(&mut self, content: &impl serde::Serialize) -> Result<Payload, StoreError> {
        Ok(self.raw_payload(json(content)?.into()))
    }

    pub(super) fn raw_payload(&mut self, json: Arc<str>) -> Payload {
        let id = self.head.next();
        self.rows.payloads.push((id, Arc::clone(&json)));
        Payload { id, json }
    }

    /// Plans an event of an audience that the group has looked for.
    pub(super) fn event(
        &mut self,
        audience: Audience,
        kind: Kind,
        payload: &Payload,
        effect: Effect,
        created_at: Timestamp,
    ) -> Result<Position, StoreError> {
        let Some(last) = self.seqs.get_mut(&audience) else {
            return Err(StoreError::Corrupt(format!("no seq for {audience}")));
        };
        if last.seq == 0
            && let Audience::User(user) = &audience
        {
            // Whoever is written to is known: from the first event on, so later ones need not ask.
            self.rows.met.push((user.as_str().into(), created_at));
        }
        last.seq += 1;
        self.head = self.head.next();
        let (position, seq, json) = (self.head, Seq::new(last.seq), Arc::clone(&payload.json));
        let name = Arc::clone(&last.name);
        let event = Event { position, audience, seq, kind, created_at, effect, payload: json };
        self.rows.events.push(EventRow { event, audience: name, payload: payload.id, brings: None });
        Ok(position)
    }

    /// Plans the event that ends what a user was told, under the name that they have from now on: it is for nobody.
    /// Should they come back, their seqs begin anew.
    pub(super) fn forgets(&mut self, user: UserId, alias: UserId, created_at: Timestamp) {
        let forgotten = self.seqs.get_mut(&Audience::User(user)).map(|last| std::mem::take(&mut last.seq));
        let seq = Seq::new(forgotten.unwrap_or_default() + 1);
        let payload = self.raw_payload("{}".into());
        self.head = self.head.next();
        let (audience, kind) = (Audience::User(alias), Kind::Other(erase::KIND.into()));
        let name = audience.to_string().into();
        let (position, effect) = (self.head, Effect::NONE);
        let event = Event { position, audience, seq, kind, created_at, effect, payload: payload.json };
        self.rows.events.push(EventRow { event, audience: name, payload: payload.id, brings: None });
    }

    /// What the log gained is on disk when this returns.
    pub(super) async fn commit(mut self) -> Result<Vec<Event>, StoreError> {
        self.rows.write(self.conn, self.start, self.head, Then::Commit).await?;
        self.kept.end_at(self.head, self.seqs.into_iter());
        self.written.extend(self.rows.events.into_iter().map(|row| row.event));
        Ok(self.written)
    }
}

/// Whether it would be of no interest any more when it is made. Asked after its key: a retry that comes
/// late still gets its first answer.
fn is_late(notification: &Notification, deliver_at: Option<Timestamp>) -> bool {
    let from = deliver_at.map_or(notification.created_at, |at| at.max(notification.created_at));
    notification.expires_at.is_some_and(|at| at <= from)
}
