//! Writing the log: a group of drafts becomes events, in one transaction.
//!
//! Drafts are planned in their order, which gives positions. What they add is then written in a
//! handful of statements, however many they are: a statement costs a hop to the thread of the
//! connection, a row in one that is under way costs next to nothing.

use std::{collections::HashMap, sync::Arc};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool, Transaction, query_builder::Separated};
use uuid::Uuid;

use super::{Committed, Draft, StoreError, log, marks, sql};
use crate::{
    Audience, Change, Effect, Event, Kind, Notification, NotificationId, Position, Recipients, Seq, Timestamp,
    store::{IdempotencyKey, Outcome},
};

/// Rows of one statement. SQLite takes 32,766 parameters, and no row here has more than 8.
const ROWS_PER_STATEMENT: usize = 4000;

pub(super) async fn commit(pool: &SqlitePool, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
    let tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut group = Group::begin(tx).await?;
    let mut outcomes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        outcomes.push(match draft {
            Draft::Notify { notification, to, key } => group.notify(&notification, &to, key).await?,
            Draft::Meet { user, at } => {
                group.met.insert(user.as_str().to_owned(), at);
                Outcome::Met
            }
            Draft::Mark { user, mark, at } => match marks::apply(&mut group.tx, group.start, &user, &mark, at).await? {
                marks::Applied::NotFound => Outcome::NotFound,
                marks::Applied::Nothing => Outcome::Marked(false),
                marks::Applied::Changed(change, effect) => {
                    group.changed(&change, effect, Audience::User(user), at)?;
                    Outcome::Marked(true)
                }
            },
        });
    }
    let events = group.commit().await?;
    Ok(Committed { outcomes, events })
}

/// A transaction, and what it is going to add.
pub(super) struct Group {
    pub(super) tx: Transaction<'static, Sqlite>,
    /// The head of the log before the group.
    start: Position,
    /// The last position planned.
    head: Position,
    payloads: Vec<(Position, Arc<str>)>,
    notifications: Vec<NotificationRow>,
    entries: Vec<usize>, // events that place a notification
    events: Vec<EventRow>,
    /// Users who are to be known.
    met: HashMap<String, Timestamp>,
    keys: HashMap<(String, String), ([u8; 32], NotificationId)>,
}

struct NotificationRow {
    id: NotificationId,
    payload: Position,
    level: &'static str,
    category: Option<String>,
    created_at: Timestamp,
}

struct EventRow {
    /// Its seq is given when all events of the group are known.
    event: Event,
    notification: Option<NotificationId>,
    payload: Position,
}

/// A content that was planned: its id, which is the position of the first event that carries it.
#[derive(Clone)]
pub(super) struct Payload {
    id: Position,
    json: Arc<str>,
}

impl Group {
    pub(super) async fn begin(mut tx: Transaction<'static, Sqlite>) -> Result<Self, StoreError> {
        let start = log::head(&mut tx).await?.position;
        Ok(Self {
            tx,
            start,
            head: start,
            payloads: Vec::new(),
            notifications: Vec::new(),
            entries: Vec::new(),
            events: Vec::new(),
            met: HashMap::new(),
            keys: HashMap::new(),
        })
    }

    async fn notify(
        &mut self,
        notification: &Notification,
        to: &Recipients,
        key: Option<IdempotencyKey>,
    ) -> Result<Outcome, StoreError> {
        if let Some(key) = key {
            if let Some((fingerprint, made)) = self.made_by(&key).await? {
                return Ok(if fingerprint == key.fingerprint { Outcome::Repeated(made) } else { Outcome::KeyConflict });
            }
            if is_late(notification) {
                return Ok(Outcome::Expired);
            }
            self.keys.insert((key.publisher.as_str().to_owned(), key.key), (key.fingerprint, notification.id));
        }
        if is_late(notification) {
            return Ok(Outcome::Expired);
        }
        let payload = self.payload(notification)?;
        self.notifications.push(NotificationRow {
            id: notification.id,
            payload: payload.id,
            level: notification.level.as_str(),
            category: notification.category.clone(),
            created_at: notification.created_at,
        });
        for audience in to.audiences() {
            self.entries.push(self.events.len());
            self.event(
                audience,
                Kind::Notification,
                Some(notification.id),
                &payload,
                Effect::ARRIVED,
                notification.created_at,
            );
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
        self.event(audience, Kind::InboxChanged, None, &payload, effect, at);
        Ok(())
    }

    /// What a key made before: in the database, or earlier in this group.
    async fn made_by(&mut self, key: &IdempotencyKey) -> Result<Option<([u8; 32], NotificationId)>, StoreError> {
        if let Some(made) = self.keys.get(&(key.publisher.as_str().to_owned(), key.key.clone())) {
            return Ok(Some(*made));
        }
        let row: Option<(Vec<u8>, Uuid)> =
            sqlx::query_as(sql::KEY).bind(key.publisher.as_str()).bind(&key.key).fetch_optional(&mut *self.tx).await?;
        let Some((fingerprint, made)) = row else { return Ok(None) };
        Ok(Some((super::array(&fingerprint)?, NotificationId::from_uuid(made))))
    }

    /// Plans a content for the events that follow: its id is the position of the first of them.
    fn payload(&mut self, content: &impl serde::Serialize) -> Result<Payload, StoreError> {
        let json = serde_json::to_string(content).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(self.raw_payload(json.into()))
    }

    pub(super) fn raw_payload(&mut self, json: Arc<str>) -> Payload {
        let id = self.head.next();
        self.payloads.push((id, Arc::clone(&json)));
        Payload { id, json }
    }

    pub(super) fn event(
        &mut self,
        audience: Audience,
        kind: Kind,
        notification: Option<NotificationId>,
        payload: &Payload,
        effect: Effect,
        created_at: Timestamp,
    ) {
        if let Audience::User(user) = &audience {
            self.met.insert(user.as_str().to_owned(), created_at); // whoever is written to is known
        }
        self.head = self.head.next();
        let (position, seq, json) = (self.head, Seq::default(), Arc::clone(&payload.json));
        let event = Event { position, audience, seq, kind, created_at, effect, payload: json };
        self.events.push(EventRow { event, notification, payload: payload.id });
    }

    /// What the log gained is on disk when this returns.
    pub(super) async fn commit(mut self) -> Result<Vec<Event>, StoreError> {
        self.meet().await?;
        if !self.events.is_empty() {
            self.give_seqs().await?;
            self.write().await?;
            sqlx::query(sql::SET_HEAD).bind(self.head.get()).execute(&mut *self.tx).await?;
        }
        self.tx.commit().await?;
        Ok(self.events.into_iter().map(|row| row.event).collect())
    }

    /// Broadcasts of this group are theirs already.
    async fn meet(&mut self) -> Result<(), StoreError> {
        let start = self.start.get();
        let users: Vec<_> = self.met.iter().collect();
        let into = "INSERT INTO recipients (user_id, known_from, created_at) ";
        insert(&mut self.tx, into, " ON CONFLICT (user_id) DO NOTHING", &users, |mut row, (user, at)| {
            row.push_bind((*user).clone()).push_bind(start).push_bind(at.as_millis());
        })
        .await
    }

    /// Raises the counter of each audience by what the group adds to it, and numbers its events.
    async fn give_seqs(&mut self) -> Result<(), StoreError> {
        let mut added: HashMap<String, i64> = HashMap::new();
        for EventRow { event, .. } in &self.events {
            *added.entry(event.audience.to_string()).or_default() += 1;
        }
        let rows: Vec<_> = added.iter().collect();
        let mut next = HashMap::with_capacity(rows.len());
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO audiences (audience, seq) ");
            query.push_values(rows, |mut row, (audience, count)| {
                row.push_bind((*audience).clone()).push_bind(**count);
            });
            query.push(
                " ON CONFLICT (audience) DO UPDATE SET seq = audiences.seq + excluded.seq RETURNING audience, seq",
            );
            let last: Vec<(String, i64)> = query.build_query_as().persistent(false).fetch_all(&mut *self.tx).await?;
            for (audience, last) in last {
                let first = last - added.get(&audience).copied().unwrap_or_default() + 1;
                next.insert(audience, first);
            }
        }
        for EventRow { event, .. } in &mut self.events {
            let Some(seq) = next.get_mut(&event.audience.to_string()) else {
                return Err(StoreError::Corrupt(format!("no seq for {}", event.audience)));
            };
            event.seq = Seq::new(*seq);
            *seq += 1;
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        let tx: &mut SqliteConnection = &mut self.tx;
        insert(tx, "INSERT INTO payloads (id, json) ", "", &self.payloads, |mut row, (id, json)| {
            row.push_bind(id.get()).push_bind(json.to_string());
        })
        .await?;
        let into = "INSERT INTO notifications (id, payload, level, category, created_at) ";
        insert(tx, into, "", &self.notifications, |mut row, new| {
            row.push_bind(*new.id.as_uuid())
                .push_bind(new.payload.get())
                .push_bind(new.level)
                .push_bind(new.category.clone())
                .push_bind(new.created_at.as_millis());
        })
        .await?;
        let entries: Vec<&EventRow> = self.entries.iter().filter_map(|&index| self.events.get(index)).collect();
        let into = "INSERT INTO entries (audience, position, seq, notification) ";
        insert(tx, into, "", &entries, |mut row, EventRow { event, notification, .. }| {
            row.push_bind(event.audience.to_string())
                .push_bind(event.position.get())
                .push_bind(event.seq.get())
                .push_bind(notification.map(|id| *id.as_uuid()));
        })
        .await?;
        let keys: Vec<_> = self.keys.iter().collect();
        let into = "INSERT INTO idempotency_keys (publisher, key, fingerprint, notification) ";
        insert(tx, into, "", &keys, |mut row, ((publisher, key), (fingerprint, made))| {
            row.push_bind(publisher.clone())
                .push_bind(key.clone())
                .push_bind(fingerprint.to_vec())
                .push_bind(*made.as_uuid());
        })
        .await?;
        let into = "INSERT INTO events (position, audience, seq, kind, payload, unread, unseen, created_at) ";
        insert(tx, into, "", &self.events, |mut row, EventRow { event, payload, .. }| {
            let effect = match event.effect {
                Effect::Adds { unread, unseen } => Some((unread, unseen)),
                Effect::Recounts => None,
            };
            row.push_bind(event.position.get())
                .push_bind(event.audience.to_string())
                .push_bind(event.seq.get())
                .push_bind(event.kind.as_str().to_owned())
                .push_bind(payload.get())
                .push_bind(effect.map(|(unread, _)| unread))
                .push_bind(effect.map(|(_, unseen)| unseen))
                .push_bind(event.created_at.as_millis());
        })
        .await
    }
}

/// Whether it would be of no interest any more when it is made. Asked after its key: a retry that comes
/// late still gets its first answer.
fn is_late(notification: &Notification) -> bool {
    notification.expires_at.is_some_and(|at| at <= notification.created_at)
}

/// Inserts `rows` in as few statements as the database takes.
pub(super) async fn insert<T>(
    conn: &mut SqliteConnection,
    into: &str,
    rest: &str,
    rows: &[T],
    bind: impl Fn(Separated<'_, Sqlite, &'static str>, &T),
) -> Result<(), StoreError> {
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let mut query = QueryBuilder::<Sqlite>::new(into);
        query.push_values(rows, &bind);
        query.push(rest);
        // The text differs with the number of rows: keeping it prepared would only push others out.
        query.build().persistent(false).execute(&mut *conn).await?;
    }
    Ok(())
}
