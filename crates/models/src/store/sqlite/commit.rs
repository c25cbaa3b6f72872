//! Writing the log: a group of drafts becomes events, in one transaction.
//!
//! What a group needs to know is asked for in one statement. Then its drafts are planned in their order,
//! which gives positions and seqs, and what they add is written in one statement: a statement costs a
//! hop to the thread of the connection, a row in one that is under way costs next to nothing.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    Committed, Draft, StoreError, Turn, json, marks, position,
    seqs::{Last, Seqs},
    sql,
    write::{EventRow, NotificationRow, Rows},
};
use crate::{
    Audience, Change, Effect, Event, Kind, Notification, NotificationId, Position, Recipients, Seq, Timestamp,
    store::{IdempotencyKey, Outcome},
};

pub(super) async fn commit(turn: &mut Turn<'_>, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
    let mut group = Group::begin(turn, drafts.iter().flat_map(audiences)).await?;
    group.look_for_keys(&drafts).await?;
    let mut outcomes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        outcomes.push(match draft {
            Draft::Notify { notification, to, key } => group.notify(&notification, &to, key)?,
            Draft::Meet { user, at } => {
                group.rows.met.push((user.as_str().into(), at));
                Outcome::Met
            }
            Draft::Mark { user, mark, at } => {
                match marks::apply(&mut *group.conn, group.start, &user, &mark, at).await? {
                    marks::Applied::NotFound => Outcome::NotFound,
                    marks::Applied::Nothing => Outcome::Marked(false),
                    marks::Applied::Changed(change, effect) => {
                        group.changed(&change, effect, Audience::User(user), at)?;
                        Outcome::Marked(true)
                    }
                }
            }
        });
    }
    let events = group.commit().await?;
    Ok(Committed { outcomes, events })
}

/// The audiences that a draft may add to.
fn audiences(draft: &Draft) -> Vec<Audience> {
    match draft {
        Draft::Notify { to, .. } => to.audiences(),
        Draft::Mark { user, .. } => vec![Audience::User(user.clone())],
        Draft::Meet { .. } => Vec::new(),
    }
}

/// A transaction, and what it is going to add. It begins with the first question and ends with what is
/// written, so that neither costs a hop of its own. One that does not come to its end is ended with its
/// connection (see [`Turn`]).
pub(super) struct Group<'a> {
    pub(super) conn: &'a mut SqliteConnection,
    kept: &'a mut Seqs,
    /// The head of the log before the group.
    start: Position,
    /// The last position planned.
    head: Position,
    seqs: HashMap<Audience, Last>,
    keys: HashMap<(String, String), ([u8; 32], NotificationId)>,
    rows: Rows,
}

/// A content that was planned: its id, which is the position of the first event that carries it.
pub(super) struct Payload {
    id: Position,
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
            keys: HashMap::new(),
            rows: Rows::default(),
        };
        let unknown = group.take_kept(audiences);
        group.start = group.learn(sql::BEGIN_WITH_HEAD_AND_SEQS, unknown).await?;
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

    /// Learns what the keys of drafts made before.
    async fn look_for_keys(&mut self, drafts: &[Draft]) -> Result<(), StoreError> {
        let keys = drafts.iter().filter_map(|draft| match draft {
            Draft::Notify { key, .. } => key.as_ref(),
            Draft::Meet { .. } | Draft::Mark { .. } => None,
        });
        let keys: Vec<&IdempotencyKey> = keys.collect();
        if keys.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = keys.iter().map(|key| (key.publisher.as_str(), key.key.as_str())).collect();
        let made: Vec<(i64, Vec<u8>, Uuid)> =
            sqlx::query_as(sql::KEYS).bind(json(&names)?).fetch_all(&mut *self.conn).await?;
        for (index, fingerprint, made) in made {
            if let Some(key) = usize::try_from(index).ok().and_then(|index| keys.get(index)) {
                self.keys.insert(name(key), (super::array(&fingerprint)?, NotificationId::from_uuid(made)));
            }
        }
        Ok(())
    }

    fn notify(
        &mut self,
        notification: &Notification,
        to: &Recipients,
        key: Option<IdempotencyKey>,
    ) -> Result<Outcome, StoreError> {
        if let Some(key) = &key
            && let Some((fingerprint, made)) = self.keys.get(&name(key))
        {
            return Ok(if *fingerprint == key.fingerprint { Outcome::Repeated(*made) } else { Outcome::KeyConflict });
        }
        if is_late(notification) {
            return Ok(Outcome::Expired);
        }
        if let Some(key) = key {
            self.keys.insert(name(&key), (key.fingerprint, notification.id));
            self.rows.keys.push((key, notification.id));
        }
        let payload = self.payload(notification)?;
        self.rows.notifications.push(NotificationRow {
            id: notification.id,
            payload: payload.id,
            level: notification.level.as_str(),
            category: notification.category.clone(),
            created_at: notification.created_at,
        });
        for audience in to.audiences() {
            self.event(audience, Kind::Notification, &payload, Effect::ARRIVED, notification.created_at)?;
            if let Some(planned) = self.rows.events.last_mut() {
                planned.brings = Some(notification.id);
            }
        }
        Ok(Outcome::Stored(notification.id))
    }

    fn changed(
        &mut self,
        change: &Change,
        effect: Effect,
        audience: Audience,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let payload = self.payload(change)?;
        self.event(audience, Kind::InboxChanged, &payload, effect, at)
    }

    /// Plans a content for the events that follow: its id is the position of the first of them.
    fn payload(&mut self, content: &impl serde::Serialize) -> Result<Payload, StoreError> {
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
    ) -> Result<(), StoreError> {
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
        Ok(())
    }

    /// What the log gained is on disk when this returns.
    pub(super) async fn commit(self) -> Result<Vec<Event>, StoreError> {
        self.rows.write_and_commit(self.conn, self.start, self.head).await?;
        self.kept.end_at(self.head, self.seqs.into_iter());
        Ok(self.rows.events.into_iter().map(|row| row.event).collect())
    }
}

/// Whose key, and which.
fn name(key: &IdempotencyKey) -> (String, String) {
    (key.publisher.as_str().to_owned(), key.key.clone())
}

/// Whether it would be of no interest any more when it is made. Asked after its key: a retry that comes
/// late still gets its first answer.
fn is_late(notification: &Notification) -> bool {
    notification.expires_at.is_some_and(|at| at <= notification.created_at)
}
