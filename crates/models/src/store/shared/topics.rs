//! Topics, and who belongs to them.

use super::{DatabaseConnection, Pool, StoreError, Turn, commit::Group, position, sql};
use crate::{
    Audience, Change, Effect, Position, Timestamp, Topic, TopicName, UserId,
    store::Outcome,
    topic::{MAX_SUBSCRIPTIONS, TopicOfUser, TopicWithMembers},
};

type TopicRow = (String, Option<String>, bool, Timestamp);

fn topic((name, title, open, created_at): TopicRow) -> Result<Topic, StoreError> {
    let name = TopicName::parse(&name).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(Topic { name, title, open, created_at })
}

pub(super) async fn find(conn: &mut DatabaseConnection, name: &TopicName) -> Result<Option<Topic>, StoreError> {
    let row: Option<TopicRow> = sqlx::query_as(sql::topics::TOPIC).bind(name.as_str()).fetch_optional(conn).await?;
    row.map(topic).transpose()
}

pub(super) async fn put(turn: &mut Turn<'_>, new: &Topic) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?;
    let before = find(&mut tx, &new.name).await?;
    sqlx::query(sql::topics::PUT_TOPIC)
        .bind(new.name.as_str())
        .bind(new.title.as_deref())
        .bind(new.open)
        .bind(new.created_at)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(before.is_none())
}

pub(super) async fn remove(turn: &mut Turn<'_>, name: &TopicName) -> Result<Option<bool>, StoreError> {
    let mut tx = turn.begin().await?;
    if find(&mut tx, name).await?.is_none() {
        tx.rollback().await?;
        return Ok(None);
    }
    let member: Option<String> = sqlx::query_scalar(sql::topics::MEMBERS)
        .bind(name.as_str())
        .bind("")
        .bind(1_i64)
        .fetch_optional(&mut *tx)
        .await?;
    if member.is_some() {
        tx.rollback().await?;
        return Ok(Some(false));
    }
    sqlx::query(sql::topics::DROP_TOPIC).bind(name.as_str()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(Some(true))
}

pub(super) async fn all(
    readers: &Pool,
    after: Option<&TopicName>,
    limit: u32,
) -> Result<Vec<TopicWithMembers>, StoreError> {
    let rows: Vec<(String, Option<String>, bool, Timestamp, i64)> = sqlx::query_as(sql::topics::TOPICS)
        .bind(after.map_or("", TopicName::as_str))
        .bind(i64::from(limit))
        .fetch_all(readers)
        .await?;
    let row = |(name, title, open, created_at, members)| {
        Ok(TopicWithMembers { topic: topic((name, title, open, created_at))?, members })
    };
    rows.into_iter().map(row).collect()
}

/// A topic, and whether a user belongs to it.
type SeenRow = (String, Option<String>, bool, Timestamp, bool);

fn seen((name, title, open, created_at, joined): SeenRow) -> Result<TopicOfUser, StoreError> {
    Ok(TopicOfUser { topic: topic((name, title, open, created_at))?, joined })
}

pub(super) async fn of_user(
    readers: &Pool,
    user: &UserId,
    after: Option<&TopicName>,
    limit: u32,
) -> Result<Vec<TopicOfUser>, StoreError> {
    let rows: Vec<SeenRow> = sqlx::query_as(sql::topics::TOPICS_OF)
        .bind(user.as_str())
        .bind(after.map_or("", TopicName::as_str))
        .bind(i64::from(limit))
        .fetch_all(readers)
        .await?;
    rows.into_iter().map(seen).collect()
}

pub(super) async fn seen_by(
    readers: &Pool,
    user: &UserId,
    name: &TopicName,
) -> Result<Option<TopicOfUser>, StoreError> {
    let row: Option<SeenRow> =
        sqlx::query_as(sql::topics::TOPIC_OF).bind(user.as_str()).bind(name.as_str()).fetch_optional(readers).await?;
    row.map(seen).transpose()
}

pub(super) async fn recipients_of(readers: &Pool, audience: &Audience) -> Result<Option<i64>, StoreError> {
    Ok(match audience {
        Audience::User(_) => Some(1),
        Audience::Nodes => None,
        Audience::Everyone => Some(sqlx::query_scalar(sql::topics::RECIPIENTS).fetch_one(readers).await?),
        Audience::Topic(name) => {
            sqlx::query_scalar(sql::topics::MEMBER_COUNT).bind(name.as_str()).fetch_optional(readers).await?
        }
    })
}

pub(super) async fn members(
    readers: &Pool,
    topic: &TopicName,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Vec<UserId>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(sql::topics::MEMBERS)
        .bind(topic.as_str())
        .bind(after.map_or("", UserId::as_str))
        .bind(i64::from(limit))
        .fetch_all(readers)
        .await?;
    names.iter().map(|name| UserId::parse(name).map_err(|error| StoreError::Corrupt(error.to_string()))).collect()
}

/// Lets a user join or leave a topic. What they belong to changes with the event that tells of it.
pub(super) async fn subscribe(
    group: &mut Group<'_>,
    user: &UserId,
    name: &TopicName,
    join: bool,
    by_admin: bool,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    let Some(topic) = find(&mut *group.conn, name).await? else { return Ok(Outcome::NoTopic) };
    let since: Option<i64> = sqlx::query_scalar(sql::topics::IS_MEMBER)
        .bind(name.as_str())
        .bind(user.as_str())
        .fetch_optional(&mut *group.conn)
        .await?;
    if since.is_some() == join {
        return Ok(Outcome::Done(false));
    }
    if !topic.open && !by_admin {
        return Ok(Outcome::NotOpen);
    }
    let had: i64 =
        sqlx::query_scalar(sql::topics::SUBSCRIPTIONS_OF).bind(user.as_str()).fetch_one(&mut *group.conn).await?;
    if join && usize::try_from(had).is_ok_and(|had| had >= MAX_SUBSCRIPTIONS) {
        return Ok(Outcome::TooMany);
    }
    let mut change = Change::default();
    if join {
        change.joined = Some(name.clone());
    } else {
        change.left = Some(name.clone());
    }
    let place = group.changed(&change, Effect::Reloads, Audience::User(user.clone()), at)?;
    match since {
        None => {
            sqlx::query(sql::topics::JOIN)
                .bind(user.as_str())
                .bind(name.as_str())
                .bind(place.get())
                .execute(&mut *group.conn)
                .await?;
        }
        Some(since) => leave(group, user, name, position(since)?, place).await?,
    }
    Ok(Outcome::Done(true))
}

/// Ends a membership, and forgets it when nothing came in it.
async fn leave(
    group: &mut Group<'_>,
    user: &UserId,
    name: &TopicName,
    since: Position,
    place: Position,
) -> Result<(), StoreError> {
    group.flush().await?;
    let anything: bool = sqlx::query_scalar(sql::ANY_EVENT)
        .bind(Audience::Topic(name.clone()).to_string())
        .bind(since.get())
        .bind(place.get())
        .fetch_one(&mut *group.conn)
        .await?;
    if anything {
        let leave = sqlx::query(sql::topics::LEAVE).bind(user.as_str()).bind(name.as_str()).bind(place.get());
        leave.execute(&mut *group.conn).await?;
    } else {
        sqlx::query(sql::topics::FORGET).bind(user.as_str()).bind(name.as_str()).execute(&mut *group.conn).await?;
    }
    Ok(())
}
