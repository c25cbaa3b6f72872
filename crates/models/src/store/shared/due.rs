//! What happens at its time: scheduled notifications are made, others expire, and what was snoozed comes
//! back. Each is done, and no longer due, in one transaction: exactly once, whoever asks and how often.

use uuid::Uuid;

use super::{DatabaseConnection, StoreError, commit::Group, inbox, json, leave, marks, sql};
use crate::{
    Audience, Draft, Flags, Kind, Mark, Notification, NotificationId, Recipients, Timestamp, UserId, store::Outcome,
};

/// Keeps a notification until its time has come.
pub(super) async fn schedule(
    group: &mut Group<'_>,
    notification: &Notification,
    to: &Recipients,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(sql::SCHEDULE)
        .bind(notification.id.as_uuid())
        .bind(at)
        .bind(written(to)?)
        .bind(json(notification)?)
        .execute(&mut *group.conn)
        .await?;
    Ok(())
}

/// Recipients as they are kept for later.
pub(super) fn written(to: &Recipients) -> Result<String, StoreError> {
    json(&to.audiences().iter().map(Audience::to_string).collect::<Vec<_>>())
}

pub(super) fn read(recipients: &str) -> Result<Recipients, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("the recipients {recipients}"));
    let names: Vec<String> = serde_json::from_str(recipients).map_err(|_| corrupt())?;
    let audiences = names.iter().map(|name| Audience::parse(name)).collect::<Option<_>>();
    audiences.and_then(Recipients::of).ok_or_else(corrupt)
}

/// Whether anything is due.
pub(super) async fn any(conn: &mut DatabaseConnection, now: Timestamp) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(sql::ANY_DUE).bind(now).fetch_one(conn).await?)
}

/// Does some of what is due, and tells how much it was.
pub(super) async fn some(group: &mut Group<'_>, now: Timestamp) -> Result<Outcome, StoreError> {
    let limit = i64::try_from(Draft::DUE_AT_ONCE).unwrap_or(i64::MAX);
    let did = deliver(group, now, limit).await? + expire(group, now, limit).await? + wake(group, now, limit).await?;
    Ok(Outcome::Did(did))
}

async fn deliver(group: &mut Group<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let due: Vec<(Uuid, Timestamp, String, String)> =
        sqlx::query_as(sql::DUE_TO_DELIVER).bind(now).bind(limit).fetch_all(&mut *group.conn).await?;
    let did = due.len();
    for (id, _, recipients, json) in due {
        // It is as old as its delivery: for who reads it, and for how long it is kept.
        let (notification, to) = (Notification { created_at: now, ..inbox::parse(&json)? }, read(&recipients)?);
        group.look_for_seqs(to.audiences().into_iter()).await?;
        // Its topic may be gone by now: then it is for nobody, and still is made.
        group.deliver(&notification, &to, now).await?;
        sqlx::query(sql::UNSCHEDULE).bind(id).execute(&mut *group.conn).await?;
    }
    Ok(did)
}

async fn expire(group: &mut Group<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    group.flush().await?;
    let due: Vec<(Uuid, String)> =
        sqlx::query_as(sql::DUE_TO_EXPIRE).bind(now).bind(limit).fetch_all(&mut *group.conn).await?;
    let did = due.len();
    for (id, json) in due {
        let id = NotificationId::from_uuid(id);
        leave::everywhere(group, id, Kind::NotificationExpired, json, now).await?;
        end(group, id, "expired", now).await?;
    }
    Ok(did)
}

/// A notification is over, for everybody.
pub(super) async fn end(
    group: &mut Group<'_>,
    id: NotificationId,
    how: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let end = sqlx::query(sql::END).bind(id.as_uuid()).bind(how).bind(now);
    end.execute(&mut *group.conn).await?;
    Ok(())
}

async fn wake(group: &mut Group<'_>, now: Timestamp, limit: i64) -> Result<usize, StoreError> {
    let due: Vec<(String, Uuid)> =
        sqlx::query_as(sql::DUE_TO_WAKE).bind(now).bind(limit).fetch_all(&mut *group.conn).await?;
    let did = due.len();
    for (user, id) in due {
        let user = UserId::parse(&user).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let mark = Mark::one(NotificationId::from_uuid(id), Flags::AWAKE);
        let applied = marks::apply(&mut *group.conn, group.start, &user, &mark, now).await?;
        let marks::Applied::Changed(change, effect) = applied else {
            // Nothing of theirs any more. It must not be due for ever.
            let wake = sqlx::query(sql::FORGET_SNOOZE).bind(user.as_str()).bind(id);
            wake.execute(&mut *group.conn).await?;
            continue;
        };
        let own = Audience::User(user);
        group.look_for_seqs(std::iter::once(own.clone())).await?;
        group.changed(&change, effect, own, now)?;
    }
    Ok(did)
}
