//! Removing all that is kept of a person.
//!
//! The log stays dense, and so do seqs: the events of `user:ANN` keep their positions and seqs, but they become
//! those of somebody with a random name, which nobody has and nobody ever will, and lose their content. So they
//! are delivered to nobody, and no reader ever sees two contents for one position: whoever could read the first
//! is gone. Should Ann come back she is another user to the log: known from a later position on (the last step
//! adds an event, so that this is later than any cursor that she may hold), with seqs that begin anew. What she
//! shared with others, a notification to several users or to a topic, stays theirs.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{StoreError, access, commit::Group, due, sql};
use crate::{Audience, Draft, Recipients, Timestamp, UserId, store::Outcome};

/// What becomes of the kind of an event that is for nobody any more.
pub(super) const KIND: &str = "erased";

/// Removes some of it; all, once nothing more is left.
pub(super) async fn some(
    group: &mut Group<'_>,
    user: &UserId,
    alias: &UserId,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    group.flush().await?; // it may add to what is theirs
    let limit = i64::try_from(Draft::ERASED_AT_ONCE).unwrap_or(i64::MAX);
    let own = Audience::User(user.clone()).to_string();
    let mut removed = 0;
    let mut more = false;
    let mut note = |count: u64| {
        removed += count;
        more |= i64::try_from(count).unwrap_or(i64::MAX) >= limit;
    };
    note(events(group, &own, &Audience::User(alias.clone()).to_string(), limit).await?);
    note(scheduled(group, &own, limit).await?);
    for statement in [
        sql::people::ERASE_RECEIPTS,
        sql::people::ERASE_KEYS,
        sql::people::ERASE_CONNECTIONS,
        sql::people::ERASE_SUBSCRIPTIONS,
        sql::people::ERASE_MUTES,
    ] {
        let step = sqlx::query(statement).bind(user.as_str()).bind(limit);
        note(step.execute(&mut *group.conn).await?.rows_affected());
    }
    if more {
        return Ok(Outcome::Erased { more });
    }
    for (statement, name) in [
        (sql::access::DROP_ACCOUNT, user.as_str()),
        (sql::people::ERASE_RECIPIENT, user.as_str()),
        (sql::people::ERASE_SEQ, own.as_str()),
    ] {
        removed += sqlx::query(statement).bind(name).execute(&mut *group.conn).await?.rows_affected();
    }
    sqlx::query(sql::nodes::ERASE_WHISPERS).bind(&own).execute(&mut *group.conn).await?;
    // Who signed in while this went on is told of, and ends, like any other.
    let sign_ins = sqlx::query(sql::access::END_SIGN_INS).bind(user.as_str()).bind(None::<Uuid>);
    if sign_ins.execute(&mut *group.conn).await?.rows_affected() > 0 {
        access::change::end(group, user, None, at).await?;
        removed += 1;
    }
    if removed > 0 {
        group.forgets(user.clone(), alias.clone(), at);
    }
    Ok(Outcome::Erased { more })
}

/// Takes the first events of an audience, and what they brought, from it. How many places it was.
async fn events(group: &mut Group<'_>, own: &str, alias: &str, limit: i64) -> Result<u64, StoreError> {
    let places: Vec<(i64, Option<Uuid>)> =
        sqlx::query_as(sql::people::PLACES_OF_AUDIENCE).bind(own).bind(limit).fetch_all(&mut *group.conn).await?;
    let Some((last, _)) = places.last().copied() else { return Ok(0) };
    let positions: Vec<i64> = places.iter().map(|(at, _)| *at).collect();
    let positions = super::json(&positions)?;
    let brought: BTreeSet<Uuid> = places.iter().filter_map(|(_, id)| *id).collect();
    let hex: Vec<String> = brought.iter().map(|id| id.simple().to_string()).collect();
    let contents: Vec<i64> = sqlx::query_scalar(sql::people::CONTENTS_AT)
        .bind(&positions)
        .bind(super::json(&hex)?)
        .fetch_all(&mut *group.conn)
        .await?;
    let contents = super::json(&contents)?;

    let rename = sqlx::query(sql::people::RENAME_EVENTS).bind(own).bind(&positions).bind(alias);
    rename.execute(&mut *group.conn).await?;
    for statement in [
        sql::people::DROP_ENTRIES_UP_TO,
        sql::people::DROP_FORMER_ENTRIES_UP_TO,
        sql::people::DROP_OTHER_EVENTS_UP_TO,
        sql::people::DROP_GROUPS_UP_TO,
    ] {
        sqlx::query(statement).bind(own).bind(last).execute(&mut *group.conn).await?;
    }
    for id in brought {
        if !sqlx::query_scalar(sql::people::STANDS_SOMEWHERE).bind(id).fetch_one(&mut *group.conn).await? {
            for statement in [sql::DROP_KEYS, sql::DROP_AUDIT, sql::DROP_GROUPS, sql::DROP_NOTIFICATION] {
                sqlx::query(statement).bind(id).execute(&mut *group.conn).await?;
            }
        }
    }
    for statement in [sql::people::EMPTY_CONTENTS, sql::people::DROP_CONTENTS] {
        sqlx::query(statement).bind(&contents).execute(&mut *group.conn).await?;
    }
    Ok(places.len() as u64)
}

/// Takes an audience from what is scheduled for it, or calls that off. How many it was.
async fn scheduled(group: &mut Group<'_>, own: &str, limit: i64) -> Result<u64, StoreError> {
    let found: Vec<(Uuid, String)> =
        sqlx::query_as(sql::people::SCHEDULED_FOR).bind(own).bind(limit).fetch_all(&mut *group.conn).await?;
    for (id, recipients) in &found {
        let mut audiences = due::read(recipients)?.audiences();
        audiences.retain(|audience| audience.to_string() != own);
        if let Some(left) = Recipients::of(audiences) {
            let change = sqlx::query(sql::people::SCHEDULE_FOR).bind(id).bind(due::written(&left)?);
            change.execute(&mut *group.conn).await?;
            continue;
        }
        for statement in [sql::UNSCHEDULE, sql::DROP_AUDIT, sql::DROP_KEYS] {
            sqlx::query(statement).bind(id).execute(&mut *group.conn).await?;
        }
    }
    Ok(found.len() as u64)
}
