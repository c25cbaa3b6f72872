//! What admins do to notifications that they sent, and what they see of them.

use uuid::Uuid;

use super::{BEGINNING, DatabaseConnection, NEVER, Snapshot, StoreError, commit::Group, due, inbox, json, leave, sql};
use crate::{
    Audience, Effect, Kind, Notification, NotificationId, Recipients, Timestamp, UserId,
    store::{Deed, Outcome, Replacement, Sent, SentQuery, Stage},
};

pub(super) async fn find(mut tx: Snapshot, id: NotificationId) -> Result<Option<Sent>, StoreError> {
    let sent = sent(&mut tx, id).await?;
    tx.commit().await?;
    Ok(sent)
}

pub(super) async fn list(mut tx: Snapshot, query: SentQuery, limit: u32) -> Result<Vec<Sent>, StoreError> {
    let ids: Vec<Uuid> = match query {
        SentQuery::Made(before) => {
            let before = before.map_or(Uuid::max(), |before| *before.as_uuid());
            sqlx::query_scalar(sql::NOTIFICATIONS).bind(before).bind(i64::from(limit)).fetch_all(&mut *tx).await?
        }
        SentQuery::Scheduled(after) => {
            let (at, id) = after.map_or((BEGINNING, Uuid::nil()), |(at, id)| (at, *id.as_uuid()));
            sqlx::query_scalar(sql::SCHEDULED_LIST).bind(at).bind(id).bind(i64::from(limit)).fetch_all(&mut *tx).await?
        }
    };
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        all.extend(sent(&mut tx, NotificationId::from_uuid(id)).await?);
    }
    tx.commit().await?;
    Ok(all)
}

async fn sent(conn: &mut DatabaseConnection, id: NotificationId) -> Result<Option<Sent>, StoreError> {
    let history = history(conn, id).await?;
    if let Some((json, recipients, due_at, revision)) = scheduled(conn, id).await? {
        let stage = Stage::Scheduled(due_at);
        let (notification, to) = (inbox::parse(&json)?, due::read(&recipients)?);
        return Ok(Some(Sent { notification, to, stage, revision, history }));
    }
    let Some((json, revision, stage)) = made(conn, id).await? else { return Ok(None) };
    let rows: Vec<(String, i64)> = sqlx::query_as(sql::PLACES).bind(id.as_uuid()).fetch_all(conn).await?;
    let audiences = rows.iter().map(|(audience, at)| leave::audience_of(audience, *at)).collect::<Result<_, _>>()?;
    let to = Recipients::of(audiences).ok_or_else(|| StoreError::Corrupt(format!("{id} is for nobody")))?;
    Ok(Some(Sent { notification: inbox::parse(&json)?, to, stage, revision, history }))
}

/// JSON, recipients, due at, revision.
type ScheduledRow = (String, String, Timestamp, i64);

async fn scheduled(conn: &mut DatabaseConnection, id: NotificationId) -> Result<Option<ScheduledRow>, StoreError> {
    Ok(sqlx::query_as(sql::SCHEDULED).bind(id.as_uuid()).fetch_optional(conn).await?)
}

/// JSON, payload, how and when it ended, what replaced it and when, whether it stands anywhere.
type MadeRow = (String, i64, Option<String>, Option<Timestamp>, Option<Uuid>, Option<Timestamp>, bool);

/// JSON, revision and stage of one that was made.
async fn made(conn: &mut DatabaseConnection, id: NotificationId) -> Result<Option<(String, i64, Stage)>, StoreError> {
    let row: Option<MadeRow> = sqlx::query_as(sql::NOTIFICATION).bind(id.as_uuid()).fetch_optional(conn).await?;
    let Some((json, payload, ended, at, by, replaced_at, stands)) = row else { return Ok(None) };
    let at = at.unwrap_or(NEVER);
    let replaced = by.zip(replaced_at).map(|(by, at)| Replacement { by: NotificationId::from_uuid(by), at });
    let stage = match ended.as_deref() {
        None if !stands => Stage::Replaced(replaced),
        None => Stage::Delivered,
        Some("expired") => Stage::Expired(at),
        Some(_) => Stage::Retracted(at),
    };
    Ok(Some((json, payload, stage)))
}

async fn history(conn: &mut DatabaseConnection, id: NotificationId) -> Result<Vec<Deed>, StoreError> {
    let rows: Vec<(Timestamp, String, String, Option<String>)> =
        sqlx::query_as(sql::AUDIT).bind(id.as_uuid()).fetch_all(conn).await?;
    let deed = |(at, by, action, before): (Timestamp, String, String, Option<String>)| {
        let by = UserId::parse(&by).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Deed { at, by, action, before })
    };
    rows.into_iter().map(deed).collect()
}

/// Writes down who did what.
async fn note(
    group: &mut Group<'_>,
    id: NotificationId,
    by: &UserId,
    action: &str,
    before: Option<String>,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(sql::ADD_AUDIT)
        .bind(id.as_uuid())
        .bind(at)
        .bind(by.as_str())
        .bind(action)
        .bind(before)
        .execute(&mut *group.conn)
        .await?;
    Ok(())
}

/// Changes a notification, and tells everybody who has it.
pub(super) async fn correct(
    group: &mut Group<'_>,
    new: &Notification,
    deliver_at: Option<Timestamp>,
    revision: i64,
    by: &UserId,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    group.flush().await?;
    if let Some((before, recipients, due_at, now)) = scheduled(&mut *group.conn, new.id).await? {
        if now != revision {
            return Ok(Outcome::Conflict);
        }
        sqlx::query(sql::RESCHEDULE)
            .bind(new.id.as_uuid())
            .bind(deliver_at.unwrap_or(due_at))
            .bind(recipients)
            .bind(json(new)?)
            .execute(&mut *group.conn)
            .await?;
        note(group, new.id, by, "corrected", Some(before), at).await?;
        return Ok(Outcome::Done(true));
    }
    let Some((before, now, stage)) = made(&mut *group.conn, new.id).await? else { return Ok(Outcome::NotFound) };
    if now != revision || stage != Stage::Delivered || deliver_at.is_some() {
        return Ok(Outcome::Conflict);
    }
    let old = inbox::parse(&before)?;
    let subject = |of: &Notification| (of.level, of.category.clone(), of.critical);
    let effect = if subject(&old) == subject(new) { Effect::NONE } else { Effect::Reloads };
    let mut told = Vec::new();
    for (audience, position) in leave::entries(group, new.id).await? {
        if effect == Effect::Reloads {
            sqlx::query(sql::REMUTE)
                .bind(position.get())
                .bind(audience.to_string())
                .bind(new.level.as_str())
                .bind(new.category.as_deref())
                .bind(new.critical)
                .execute(&mut *group.conn)
                .await?;
        }
        told.extend(leave::had_by(group, &audience, position).await?.into_iter().map(Audience::User));
        told.push(audience);
    }
    group.look_for_seqs(told.iter().cloned()).await?;
    let payload = group.payload(new)?;
    for audience in told {
        group.event(audience, Kind::NotificationUpdated, &payload, effect, at)?;
    }
    group.flush().await?; // the notification refers to its new content
    sqlx::query(sql::CORRECT)
        .bind(new.id.as_uuid())
        .bind(payload.id.get())
        .bind(new.level.as_str())
        .bind(new.category.as_deref())
        .bind(new.critical)
        .bind(new.expires_at)
        .execute(&mut *group.conn)
        .await?;
    note(group, new.id, by, "corrected", Some(before), at).await?;
    Ok(Outcome::Done(true))
}

/// Takes a notification back, or calls off one that was yet to be made.
pub(super) async fn retract(
    group: &mut Group<'_>,
    id: NotificationId,
    by: &UserId,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    group.flush().await?;
    if scheduled(&mut *group.conn, id).await?.is_some() {
        sqlx::query(sql::UNSCHEDULE).bind(id.as_uuid()).execute(&mut *group.conn).await?;
        sqlx::query(sql::DROP_AUDIT).bind(id.as_uuid()).execute(&mut *group.conn).await?;
        sqlx::query(sql::DROP_KEYS).bind(id.as_uuid()).execute(&mut *group.conn).await?;
        return Ok(Outcome::Done(true));
    }
    let Some((json, _, stage)) = made(&mut *group.conn, id).await? else { return Ok(Outcome::NotFound) };
    match stage {
        Stage::Delivered | Stage::Replaced(_) => {}
        Stage::Retracted(_) => return Ok(Outcome::Done(false)),
        Stage::Scheduled(_) | Stage::Expired(_) => return Ok(Outcome::Conflict),
    }
    leave::everywhere(group, id, Kind::NotificationRetracted, json, at).await?;
    due::end(group, id, "retracted", at).await?;
    note(group, id, by, "retracted", None, at).await?;
    Ok(Outcome::Done(true))
}
