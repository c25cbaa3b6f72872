//! Removing what is no longer kept, in steps so small that no publisher waits for long.

use uuid::Uuid;

use super::{Pool, StoreError, Turn, Writer, commit::Group, leave, log, sql};
use crate::{
    Audience, Effect, Kind, NotificationId, Position, Recipients, Timestamp,
    store::{Retention, Trimmed},
};

/// Events of one step; bounds how long the writer is taken.
const EVENTS_PER_STEP: i64 = 500;
/// Notifications of one step at most.
const NOTIFICATIONS_PER_STEP: i64 = 50;
/// A step takes no further notification once it has removed this many entries. Each takes two
/// statements, and one notification has a thousand entries at most.
const ENTRIES_PER_STEP: usize = 200;

pub(super) async fn step(
    writer: &Writer,
    readers: &Pool,
    keep: &Retention,
    now: Timestamp,
    up_to: Position,
) -> Result<Trimmed, StoreError> {
    let mut turn = writer.turn().await?;
    let done = events(&mut turn, keep, now, up_to).await;
    let events = turn.end(done).await?;
    let cut = cut(readers, keep, now).await?;
    let mut turn = writer.turn().await?; // whoever waited had theirs in between
    let done = notifications(&mut turn, cut, now).await;
    let (notifications, more) = turn.end(done).await?;
    Ok(Trimmed { events, notifications, more: more || events >= EVENTS_PER_STEP })
}

/// Raises the floor over events that are too old or too many, and removes what lies below it, in one
/// transaction: a reader sees either both or neither.
async fn events(turn: &mut Turn<'_>, keep: &Retention, now: Timestamp, up_to: Position) -> Result<i64, StoreError> {
    let mut tx = turn.begin().await?;
    let head = log::head(&mut tx).await?;
    let (floor, last) = (head.floor.get(), head.position.get());
    let reach = last.min(floor + EVENTS_PER_STEP);
    let kept: Option<i64> = sqlx::query_scalar(sql::FIRST_KEPT)
        .bind(floor)
        .bind(reach)
        .bind(keep.events_before(now))
        .fetch_one(&mut *tx)
        .await?;
    let too_old = kept.map_or(reach, |kept| kept - 1);
    let too_many = (last - keep.max_events).min(reach);
    let cut = too_old.max(too_many).min(up_to.get());
    if cut <= floor {
        tx.rollback().await?;
        return Ok(0);
    }
    for statement in [sql::KEEP_SEQS, sql::TRIM_OTHER_EVENTS, sql::TRIM_EVENTS, sql::TRIM_KEYS, sql::SET_FLOOR] {
        sqlx::query(statement).bind(cut).execute(&mut *tx).await?;
    }
    // A payload lies before its last event by the number of its recipients at most.
    let reach = i64::try_from(Recipients::MAX_USERS).unwrap_or(i64::MAX);
    sqlx::query(sql::TRIM_PAYLOADS).bind(floor - reach).bind(cut).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(cut - floor)
}

/// The first notification that is neither too old nor too many.
async fn cut(readers: &Pool, keep: &Retention, now: Timestamp) -> Result<NotificationId, StoreError> {
    let newest: Option<Uuid> =
        sqlx::query_scalar(sql::NEWEST_KEPT).bind((keep.max_notifications - 1).max(0)).fetch_optional(readers).await?;
    let too_old = NotificationId::first_at(keep.notifications_before(now));
    Ok(newest.map_or(too_old, |newest| too_old.max(NotificationId::from_uuid(newest))))
}

/// Removes notifications before `cut`. Whoever had one unread is told by an event, because their counts
/// change.
async fn notifications(turn: &mut Turn<'_>, cut: NotificationId, now: Timestamp) -> Result<(i64, bool), StoreError> {
    let mut group = Group::begin(turn, std::iter::empty()).await?;
    let floor = log::head(&mut *group.conn).await?.floor.get();
    let old: Vec<(Uuid, i64, String)> = sqlx::query_as(sql::OLD_NOTIFICATIONS)
        .bind(cut.as_uuid())
        .bind(floor)
        .bind(NOTIFICATIONS_PER_STEP)
        .bind(cut.made_at())
        .fetch_all(&mut *group.conn)
        .await?;
    let full = i64::try_from(old.len()).unwrap_or(i64::MAX) >= NOTIFICATIONS_PER_STEP;
    let (mut removed, mut entries) = (0, 0);
    for (id, payload, json) in old {
        if entries >= ENTRIES_PER_STEP {
            group.commit().await?;
            return Ok((removed, true));
        }
        entries += remove(&mut group, id, payload, json, now).await?;
        removed += 1;
    }
    group.commit().await?;
    Ok((removed, full))
}

/// Removes a notification, and tells those who had it unread. How many entries it had.
async fn remove(
    group: &mut Group<'_>,
    id: Uuid,
    payload: i64,
    json: String,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let entries = leave::entries(group, NotificationId::from_uuid(id)).await?;
    let count = entries.len();
    let mut told = Vec::new();
    for (audience, at) in entries {
        let mut readers = leave::had_by(group, &audience, at).await?;
        match &audience {
            Audience::User(user) => readers.push(user.clone()),
            Audience::Topic(_) | Audience::Everyone | Audience::Nodes => {
                told.push((audience.clone(), Effect::Recounts));
            }
        }
        for user in readers {
            let lost = leave::lost(group, &user, &audience, at).await?;
            told.extend(lost.map(|effect| (Audience::User(user), effect)));
        }
        sqlx::query(sql::DROP_RECEIPTS).bind(at.get()).execute(&mut *group.conn).await?;
    }
    for statement in [
        sql::KEEP_SEQS_OF,
        sql::DROP_KEYS,
        sql::DROP_AUDIT,
        sql::DROP_GROUPS,
        sql::DROP_ENTRIES,
        sql::DROP_FORMER_ENTRIES,
        sql::DROP_NOTIFICATION,
    ] {
        sqlx::query(statement).bind(id).execute(&mut *group.conn).await?;
    }
    sqlx::query(sql::DROP_PAYLOAD).bind(payload).execute(&mut *group.conn).await?;
    if !told.is_empty() {
        group.look_for_seqs(told.iter().map(|(audience, _)| audience.clone())).await?;
        let payload = group.raw_payload(json.into()); // one for all of them
        for (audience, effect) in told {
            group.event(audience, Kind::NotificationExpired, &payload, effect, now)?;
        }
    }
    Ok(count)
}
