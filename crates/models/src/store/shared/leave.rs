//! What leaves the inboxes before its time: replaced by a newer one of its group, expired or retracted.

use uuid::Uuid;

use super::{StoreError, commit::Group, log, position, sql};
use crate::{Audience, Effect, Kind, NotificationId, Position, Timestamp, UserId};

/// What a user's counts lose with an entry. `None`: nothing.
pub(super) async fn lost(
    group: &mut Group<'_>,
    user: &UserId,
    audience: &Audience,
    at: Position,
) -> Result<Option<Effect>, StoreError> {
    let state: Option<(bool, bool)> = sqlx::query_as(sql::UNREAD_UNSEEN)
        .bind(user.as_str())
        .bind(at.get())
        .bind(audience.to_string())
        .fetch_optional(&mut *group.conn)
        .await?;
    Ok(state.filter(|(unread, _)| *unread).map(|(_, unseen)| Effect::Adds { unread: -1, unseen: -i64::from(unseen) }))
}

/// Where a notification stands.
pub(super) async fn entries(
    group: &mut Group<'_>,
    id: NotificationId,
) -> Result<Vec<(Audience, Position)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(sql::ENTRIES).bind(id.as_uuid()).fetch_all(&mut *group.conn).await?;
    rows.into_iter().map(|(audience, at)| Ok((audience_of(&audience, at)?, position(at)?))).collect()
}

pub(super) fn audience_of(audience: &str, at: i64) -> Result<Audience, StoreError> {
    Audience::parse(audience).ok_or_else(|| StoreError::Corrupt(format!("the audience of entry {at}")))
}

/// Takes a notification out of all inboxes, and tells everybody who has it, or had it when they left its
/// topic.
pub(super) async fn everywhere(
    group: &mut Group<'_>,
    id: NotificationId,
    kind: Kind,
    json: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entries = entries(group, id).await?;
    let mut told = Vec::new();
    for (audience, at) in &entries {
        match audience {
            Audience::User(user) => {
                let effect = lost(group, user, audience, *at).await?;
                told.push((audience.clone(), effect.unwrap_or(Effect::NONE)));
            }
            Audience::Topic(_) | Audience::Everyone | Audience::Nodes => {
                told.push((audience.clone(), Effect::Recounts));
            }
        }
        for user in had_by(group, audience, *at).await? {
            let effect = lost(group, &user, audience, *at).await?;
            told.push((Audience::User(user), effect.unwrap_or(Effect::NONE)));
        }
        out(group, audience, *at).await?;
    }
    sqlx::query(sql::DROP_GROUPS).bind(id.as_uuid()).execute(&mut *group.conn).await?;
    tell(group, told, &kind, json, now).await
}

/// Plans an event for each of some audiences, all with one content.
async fn tell(
    group: &mut Group<'_>,
    told: Vec<(Audience, Effect)>,
    kind: &Kind,
    json: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    group.look_for_seqs(told.iter().map(|(audience, _)| audience.clone())).await?;
    let payload = group.raw_payload(json.into());
    for (audience, effect) in told {
        group.event(audience, kind.clone(), &payload, effect, now)?;
    }
    Ok(())
}

/// Who has an entry of a topic without belonging to it any more: events of the topic do not reach them.
pub(super) async fn had_by(
    group: &mut Group<'_>,
    audience: &Audience,
    at: Position,
) -> Result<Vec<UserId>, StoreError> {
    let Audience::Topic(topic) = audience else { return Ok(Vec::new()) };
    let left: Vec<String> =
        sqlx::query_scalar(sql::FORMER_MEMBERS).bind(topic.as_str()).bind(at.get()).fetch_all(&mut *group.conn).await?;
    left.iter().map(|user| UserId::parse(user).map_err(|error| StoreError::Corrupt(error.to_string()))).collect()
}

/// Takes one entry out. Its event stays in the log for as long as any other.
async fn out(group: &mut Group<'_>, audience: &Audience, at: Position) -> Result<(), StoreError> {
    let floor = log::head(&mut *group.conn).await?.floor;
    let audience = audience.to_string();
    sqlx::query(sql::KEEP_FORMER_ENTRY).bind(&audience).bind(at.get()).execute(&mut *group.conn).await?;
    sqlx::query(sql::LIST_FORMER_EVENT)
        .bind(&audience)
        .bind(at.get())
        .bind(floor.get())
        .execute(&mut *group.conn)
        .await?;
    sqlx::query(sql::DROP_ENTRY).bind(&audience).bind(at.get()).execute(&mut *group.conn).await?;
    sqlx::query(sql::DROP_RECEIPTS).bind(at.get()).execute(&mut *group.conn).await?;
    Ok(())
}

/// Takes out what a newer one (`by`) of the same group replaces, and tells what the newer one does to the counts.
pub(super) async fn replaced(
    group: &mut Group<'_>,
    audience: &Audience,
    key: &str,
    by: NotificationId,
    now: Timestamp,
) -> Result<Effect, StoreError> {
    let old: Option<(i64, Uuid)> =
        sqlx::query_as(sql::OF_GROUP).bind(audience.to_string()).bind(key).fetch_optional(&mut *group.conn).await?;
    let Some((at, id)) = old else { return Ok(Effect::ARRIVED) };
    let at = position(at)?;
    let mut told = Vec::new();
    for user in had_by(group, audience, at).await? {
        // The newer one is not for them, and the old one goes.
        let effect = lost(group, &user, audience, at).await?;
        told.push((Audience::User(user), effect.unwrap_or(Effect::NONE)));
    }
    out(group, audience, at).await?;
    let replace = sqlx::query(sql::REPLACE).bind(id).bind(by.as_uuid()).bind(now);
    replace.execute(&mut *group.conn).await?;
    let json: String = sqlx::query_scalar(sql::CONTENT).bind(id).fetch_one(&mut *group.conn).await?;
    tell(group, told, &Kind::NotificationExpired, json, now).await?;
    // What it was to each reader, and what the newer one is, differs.
    Ok(Effect::Reloads)
}

/// From now on this entry is the one of its group.
pub(super) async fn now_of_group(
    group: &mut Group<'_>,
    audience: &Audience,
    key: &str,
    at: Position,
    id: NotificationId,
) -> Result<(), StoreError> {
    sqlx::query(sql::SET_GROUP)
        .bind(audience.to_string())
        .bind(key)
        .bind(at.get())
        .bind(id.as_uuid())
        .execute(&mut *group.conn)
        .await?;
    Ok(())
}
