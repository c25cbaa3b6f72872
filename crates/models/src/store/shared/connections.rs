//! The ledger: what was written to which stream.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    BEGINNING, DatabaseConnection, NEVER, Pool, Snapshot, StoreError, Turn, Writer,
    inbox::Recipient,
    insert::Insert,
    leave, position, sql,
    table::{Kind, Last, Table},
    write,
};
use crate::{
    Audience, NotificationId, Position, Timestamp, UserId,
    store::{Connection, Delivery, DeliveryPlace, Left, Reach, Retention},
};

/// Streams of one step of trimming; bounds how long the writer is taken.
const PER_STEP: i64 = 500;

static CONNECTIONS: Insert = Insert::new(
    &[Table {
        name: "connections",
        columns: &[
            ("id", Kind::Id),
            ("after_position", Kind::Number),
            ("user_id", Kind::Text),
            ("opened_at", Kind::Time),
            ("state_after", Kind::Number),
            ("written_position", Kind::Number),
            ("written_at", Kind::Time),
            ("closed_at", Kind::Time),
            ("events", Kind::Number),
        ],
        rest: "ON CONFLICT (id, after_position) DO UPDATE SET written_position = excluded.written_position, \
               written_at = excluded.written_at, closed_at = excluded.closed_at, events = excluded.events",
    }],
    Last::Nothing,
);

/// Takes note of how far streams have come.
pub(super) async fn note(turn: &mut Turn<'_>, connections: &[Connection]) -> Result<(), StoreError> {
    let mut tx = turn.begin().await?;
    write::only(&mut tx, &CONNECTIONS, connections, |row, connection| {
        let Connection { id, user, opened_at, after, written, state_after, written_at, closed_at, events } = connection;
        row.add(*id).add(after.get()).add(Arc::<str>::from(user.as_str())).add(*opened_at);
        row.add(state_after.map(Position::get)).add(written.get()).add(*written_at);
        row.add(*closed_at).add(*events);
    })
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Id, after, opened at, state after, written, written at, closed at, events.
pub(super) type ConnectionRow = (Uuid, i64, Timestamp, Option<i64>, i64, Timestamp, Option<Timestamp>, i64);

pub(super) fn connection(user: &UserId, row: ConnectionRow) -> Result<Connection, StoreError> {
    let (id, after, opened_at, state_after, written, written_at, closed_at, events) = row;
    Ok(Connection {
        id,
        user: user.clone(),
        opened_at,
        after: position(after)?,
        written: position(written)?,
        state_after: state_after.map(position).transpose()?,
        written_at,
        closed_at,
        events,
    })
}

/// Audience, position, whether it left, stored at, how it ended; seen, read, acted at, archived, snoozed until, deleted, muted.
type DeliveryRow = (
    String,
    i64,
    bool,
    Timestamp,
    Option<String>,
    Option<bool>,
    Option<bool>,
    Option<Timestamp>,
    Option<bool>,
    Option<Timestamp>,
    bool,
    bool,
);

/// What is known of a notification and one user.
pub(super) async fn delivery(mut tx: Snapshot, id: NotificationId, user: &UserId) -> Result<Delivery, StoreError> {
    let mut delivery = Delivery { user: user.clone(), place: None, connections: Vec::new(), forgotten: false };
    let Some(recipient) = Recipient::find(&mut tx, user).await? else { return Ok(delivery) };
    let row: Option<DeliveryRow> = sqlx::query_as(sql::ledger::DELIVERY)
        .bind(user.as_str())
        .bind(Audience::User(user.clone()).to_string())
        .bind(recipient.known_from.get())
        .bind(id.as_uuid())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(row) = row else { return Ok(delivery) };
    let place = place(row, &recipient)?;
    let rows: Vec<ConnectionRow> = sqlx::query_as(sql::ledger::CONNECTIONS_UP_TO)
        .bind(user.as_str())
        .bind(place.position.get())
        .bind(i64::try_from(Delivery::MAX_CONNECTIONS).unwrap_or(i64::MAX))
        .fetch_all(&mut *tx)
        .await?;
    delivery.connections = rows.into_iter().map(|row| connection(user, row)).collect::<Result<_, _>>()?;
    delivery.forgotten = place.position <= floor(&mut tx).await?;
    delivery.place = Some(place);
    tx.commit().await?;
    Ok(delivery)
}

fn place(row: DeliveryRow, recipient: &Recipient) -> Result<DeliveryPlace, StoreError> {
    let (audience, at, former, stored_at, ended, seen, read, acted_at, archived, snoozed_until, deleted, muted) = row;
    let at_position = position(at)?;
    let read = read.unwrap_or(at_position <= recipient.read);
    Ok(DeliveryPlace {
        audience: leave::audience_of(&audience, at)?,
        position: at_position,
        stored_at,
        left: former.then_some(match ended.as_deref() {
            Some("expired") => Left::Expired,
            Some(_) => Left::Retracted,
            None => Left::Replaced,
        }),
        seen: read || seen.unwrap_or(at_position <= recipient.seen),
        read,
        acted_at,
        archived: archived.unwrap_or(at_position <= recipient.archived),
        snoozed_until: snoozed_until.filter(|until| *until > NEVER),
        deleted,
        muted,
    })
}

async fn floor(conn: &mut DatabaseConnection) -> Result<Position, StoreError> {
    position(sqlx::query_scalar(sql::ledger::LEDGER_FLOOR).fetch_one(conn).await?)
}

/// What is known of a notification, without a look at each of its readers.
pub(super) async fn reach(mut tx: Snapshot, id: NotificationId) -> Result<Reach, StoreError> {
    let mut reach = Reach::default();
    let places: Vec<(String, i64)> = sqlx::query_as(sql::PLACES).bind(id.as_uuid()).fetch_all(&mut *tx).await?;
    // What goes to more than one named user is asked for user by user.
    if let [(audience, at)] = &places[..] {
        (reach.streams, reach.users, reach.more_streams) = sqlx::query_as(sql::ledger::REACH)
            .bind(at)
            .bind(audience)
            .bind(Reach::MAX_STREAMS)
            .fetch_one(&mut *tx)
            .await?;
        (reach.seen, reach.read, reach.acted) =
            sqlx::query_as(sql::ledger::RECEIPTS_AT).bind(at).fetch_one(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(reach)
}

/// Forgets streams that are no longer kept, a step of them. Whether there may be more.
pub(super) async fn trim(
    writer: &Writer,
    readers: &Pool,
    keep: &Retention,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let most = keep.max_events.max(1) - 1;
    let first_kept: Option<Timestamp> =
        sqlx::query_scalar(sql::ledger::FIRST_KEPT_CONNECTION).bind(most).fetch_optional(readers).await?;
    let (too_old, too_many) = (keep.events_before(now), first_kept.unwrap_or(BEGINNING));
    let any: bool =
        sqlx::query_scalar(sql::ledger::OLD_CONNECTIONS).bind(too_old).bind(too_many).fetch_one(readers).await?;
    if !any {
        return Ok(false); // the writer is not taken for nothing
    }
    let mut turn = writer.turn().await?;
    let done = forget(&mut turn, too_old, too_many).await;
    turn.end(done).await
}

async fn forget(turn: &mut Turn<'_>, too_old: Timestamp, too_many: Timestamp) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?;
    let mut gone = 0;
    for statement in [sql::ledger::RAISE_LEDGER_FLOOR, sql::ledger::TRIM_CONNECTIONS] {
        let step = sqlx::query(statement).bind(too_old).bind(too_many).bind(PER_STEP).bind(too_old.max(too_many));
        gone = step.execute(&mut *tx).await?.rows_affected();
    }
    tx.commit().await?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX) >= PER_STEP)
}
