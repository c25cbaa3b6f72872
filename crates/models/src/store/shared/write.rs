//! The rows of a group, written in one statement.

use std::sync::Arc;

use super::{
    DatabaseConnection, StoreError,
    insert::{Insert, MOST, Values},
    keys::Made,
    sql,
    table::{Kind, Last, Table},
};
use crate::{Effect, Event, NotificationId, Position, Timestamp, store::IdempotencyKey};

/// What a group adds to the log, and to what is kept beside it.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) payloads: Vec<(Position, Arc<str>)>,
    pub(super) notifications: Vec<NotificationRow>,
    pub(super) events: Vec<EventRow>,
    /// Users who are to be known.
    pub(super) met: Vec<(Arc<str>, Timestamp)>,
    pub(super) keys: Vec<(IdempotencyKey, Made)>,
}

pub(super) struct NotificationRow {
    pub(super) id: NotificationId,
    pub(super) payload: Position,
    pub(super) level: &'static str,
    pub(super) category: Option<String>,
    pub(super) critical: bool,
    pub(super) group_key: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
}

pub(super) struct EventRow {
    pub(super) event: Event,
    pub(super) audience: Arc<str>,
    pub(super) payload: Position,
    /// The notification that enters inboxes by it, and has an entry there. Any other event is listed as such.
    pub(super) brings: Option<NotificationId>,
}

const PAYLOADS: Table = Table { name: "payloads", columns: &[("id", Kind::Number), ("json", Kind::Text)], rest: "" };
const NOTIFICATIONS: Table = Table {
    name: "notifications",
    columns: &[
        ("id", Kind::Id),
        ("payload", Kind::Number),
        ("level", Kind::Text),
        ("category", Kind::Text),
        ("critical", Kind::Flag),
        ("group_key", Kind::Text),
        ("created_at", Kind::Time),
        ("expires_at", Kind::Time),
    ],
    rest: "",
};
const ENTRIES: Table = Table {
    name: "entries",
    columns: &[("audience", Kind::Text), ("position", Kind::Number), ("seq", Kind::Number), ("notification", Kind::Id)],
    rest: "",
};
const OTHER_EVENTS: Table =
    Table { name: "other_events", columns: &[("audience", Kind::Text), ("position", Kind::Number)], rest: "" };
const EVENTS: Table = Table {
    name: "events",
    columns: &[
        ("position", Kind::Number),
        ("audience", Kind::Text),
        ("seq", Kind::Number),
        ("kind", Kind::Text),
        ("payload", Kind::Number),
        ("unread", Kind::Number),
        ("unseen", Kind::Number),
        ("created_at", Kind::Time),
    ],
    rest: "",
};
const RECIPIENTS: Table = Table {
    name: "recipients",
    columns: &[("user_id", Kind::Text), ("known_from", Kind::Number), ("created_at", Kind::Time)],
    rest: "ON CONFLICT (user_id) DO NOTHING",
};
const KEYS: Table = Table {
    name: "idempotency_keys",
    columns: &[
        ("publisher", Kind::Text),
        ("key", Kind::Text),
        ("fingerprint", Kind::Bytes),
        ("notification", Kind::Id),
        ("position", Kind::Number),
    ],
    rest: "",
};

static MEETS: Insert = Insert::new(&[RECIPIENTS], Last::Nothing);
const ALL: &[Table] = &[PAYLOADS, NOTIFICATIONS, ENTRIES, OTHER_EVENTS, EVENTS];
static GROUP: Insert = Insert::new(ALL, Last::Head);
/// The same for a group after which nothing comes.
static WHOLE_GROUP: Insert = Insert::new(ALL, Last::HeadAndCommit);
static MADE: Insert = Insert::new(&[KEYS], Last::Nothing);

// A group with more rows of one table than a statement takes goes table by table.
static ONLY_PAYLOADS: Insert = Insert::new(&[PAYLOADS], Last::Nothing);
static ONLY_NOTIFICATIONS: Insert = Insert::new(&[NOTIFICATIONS], Last::Nothing);
static ONLY_ENTRIES: Insert = Insert::new(&[ENTRIES], Last::Nothing);
static ONLY_OTHER_EVENTS: Insert = Insert::new(&[OTHER_EVENTS], Last::Nothing);
static ONLY_EVENTS: Insert = Insert::new(&[EVENTS], Last::Nothing);

impl Rows {
    /// Writes everything, and ends the transaction if nothing else follows. `start`, `head`: where the log ended
    /// before the group, and where it ends with these.
    pub(super) async fn write(
        &self,
        conn: &mut DatabaseConnection,
        start: Position,
        head: Position,
        then: Then,
    ) -> Result<(), StoreError> {
        // Broadcasts of this group are theirs already.
        let meet = |row: &mut Values, (user, at): &(Arc<str>, Timestamp)| {
            row.add(Arc::clone(user)).add(start.get()).add(*at);
        };
        only(conn, &MEETS, &self.met, meet).await?;
        if self.events.is_empty() {
            only(conn, &MADE, &self.keys, key).await?; // of what is scheduled
            return then.go(conn).await;
        }
        let (entries, others): (Vec<_>, Vec<_>) = self.events.iter().partition(|row| row.brings.is_some());
        let entry = |row: &mut Values, new: &&EventRow| {
            row.add(Arc::clone(&new.audience)).add(new.event.position.get()).add(new.event.seq.get());
            row.add(new.brings.map(|id| *id.as_uuid()));
        };
        let other = |row: &mut Values, new: &&EventRow| {
            row.add(Arc::clone(&new.audience)).add(new.event.position.get());
        };
        let most = [self.payloads.len(), self.events.len()].into_iter().max().unwrap_or_default();
        if most <= MOST {
            let whole = self.keys.is_empty() && then == Then::Commit;
            let mut group = if whole { &WHOLE_GROUP } else { &GROUP }.of(most);
            group.rows(&self.payloads, payload);
            group.rows(&self.notifications, notification).rows(&entries, entry).rows(&others, other);
            group.rows(&self.events, event);
            group.write(conn, Some(head.get())).await?;
            if whole {
                return Ok(());
            }
        } else {
            only(conn, &ONLY_PAYLOADS, &self.payloads, payload).await?;
            only(conn, &ONLY_NOTIFICATIONS, &self.notifications, notification).await?;
            only(conn, &ONLY_ENTRIES, &entries, entry).await?;
            only(conn, &ONLY_OTHER_EVENTS, &others, other).await?;
            only(conn, &ONLY_EVENTS, &self.events, event).await?;
            sqlx::query(sql::SET_HEAD).bind(head.get()).execute(&mut *conn).await?;
        }
        only(conn, &MADE, &self.keys, key).await?;
        then.go(conn).await
    }
}

/// What comes after some rows.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Then {
    /// More of the same transaction.
    More,
    /// Its end.
    Commit,
}

impl Then {
    async fn go(self, conn: &mut DatabaseConnection) -> Result<(), StoreError> {
        if self == Self::Commit {
            sqlx::query("COMMIT").execute(conn).await?;
        }
        Ok(())
    }
}

/// Inserts any number of rows of one table.
pub(super) async fn only<T>(
    conn: &mut DatabaseConnection,
    insert: &'static Insert,
    rows: &[T],
    row: impl Fn(&mut Values, &T),
) -> Result<(), StoreError> {
    for rows in rows.chunks(MOST) {
        let mut filling = insert.of(rows.len());
        filling.rows(rows, &row);
        filling.write(&mut *conn, None).await?;
    }
    Ok(())
}

fn payload(row: &mut Values, (id, json): &(Position, Arc<str>)) {
    row.add(id.get()).add(Arc::clone(json));
}

fn notification(row: &mut Values, new: &NotificationRow) {
    row.add(*new.id.as_uuid()).add(new.payload.get()).add(new.level);
    row.add(new.category.clone()).add(new.critical).add(new.group_key.clone());
    row.add(new.created_at).add(new.expires_at);
}

fn event(row: &mut Values, EventRow { event, audience, payload, .. }: &EventRow) {
    let (unread, unseen) = match event.effect {
        Effect::Adds { unread, unseen } => (Some(unread), Some(unseen)),
        Effect::Recounts => (None, None),
        Effect::Reloads => (None, Some(0)),
    };
    row.add(event.position.get()).add(Arc::clone(audience)).add(event.seq.get()).add(event.kind.as_str().to_owned());
    row.add(payload.get()).add(unread).add(unseen);
    row.add(event.created_at);
}

fn key(row: &mut Values, (key, made): &(IdempotencyKey, Made)) {
    let (notification, events) = match made {
        Made::Notification(id) => (Some(*id.as_uuid()), None),
        Made::Events(at) => (None, Some(at.get())),
    };
    row.add(key.publisher.as_str()).add(key.key.clone()).add(key.fingerprint.to_vec()).add(notification).add(events);
}
