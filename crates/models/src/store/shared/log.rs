//! Reading the log.

use uuid::Uuid;

use super::{DatabaseConnection, Replay, Snapshot, StoreError, position, sql};
use crate::{Audience, Effect, Epoch, Event, Head, Kind, Position, Seq, Timestamp, Window};

pub(in crate::store) async fn head(conn: &mut DatabaseConnection) -> Result<Head, StoreError> {
    let (epoch, last, floor): (Uuid, i64, i64) = sqlx::query_as(sql::HEAD).fetch_one(conn).await?;
    Ok(Head { epoch: Epoch::from_uuid(epoch), position: position(last)?, floor: position(floor)? })
}

pub(super) async fn read_log(
    conn: &mut DatabaseConnection,
    after: Position,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<EventRow> = sqlx::query_as(sql::LOG).bind(after.get()).bind(i64::from(limit)).fetch_all(conn).await?;
    rows.into_iter().map(event).collect()
}

/// Reads each audience by what stands where in it and merges, so the cost is that of the events asked for,
/// however many others the log holds.
pub(super) async fn replay(
    mut tx: Snapshot,
    windows: &[Window],
    after: Position,
    up_to: Position,
    limit: u32,
) -> Result<Replay, StoreError> {
    if after < head(&mut tx).await?.floor {
        return Ok(Replay::Expired);
    }
    let mut events = Vec::new();
    for window in windows {
        let rows: Vec<EventRow> = sqlx::query_as(sql::REPLAY)
            .bind(window.audience.to_string())
            .bind(after.max(window.from).get())
            .bind(window.until.unwrap_or(up_to).min(up_to).get())
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await?;
        for row in rows {
            events.push(event(row)?);
        }
    }
    tx.commit().await?;
    events.sort_unstable_by_key(|event| event.position);
    events.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Replay::Events(events))
}

type EventRow = (i64, String, i64, String, Option<i64>, Option<i64>, Timestamp, String);

fn event(row: EventRow) -> Result<Event, StoreError> {
    let (at, audience, seq, kind, unread, unseen, created_at, payload) = row;
    let newer = || StoreError::Newer(format!("an event {kind:?} for {audience:?} at {at}"));
    let (to, what) = (Audience::parse(&audience).ok_or_else(newer)?, Kind::parse((&kind).into()).ok_or_else(newer)?);
    if to == Audience::Nodes && what != Kind::Access {
        return Err(newer());
    }
    Ok(Event {
        position: position(at)?,
        audience: to,
        seq: Seq::new(seq),
        kind: what,
        created_at,
        effect: match (unread, unseen) {
            (Some(unread), Some(unseen)) => Effect::Adds { unread, unseen },
            (None, Some(_)) => Effect::Reloads,
            (_, None) => Effect::Recounts,
        },
        payload: payload.into(),
    })
}
