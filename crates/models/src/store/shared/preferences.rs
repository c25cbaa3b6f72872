//! What users want to be bothered with.

use super::{DatabaseConnection, StoreError, commit::Group, inbox, json, sql};
use crate::{Audience, Change, Effect, Mute, Muting, Preferences, QuietHours, Timestamp, UserId, store::Outcome};

pub(super) async fn of(conn: &mut DatabaseConnection, user: &UserId) -> Result<Preferences, StoreError> {
    let rows: String = sqlx::query_scalar(sql::MUTES).bind(user.as_str()).fetch_one(&mut *conn).await?;
    let mut preferences = Preferences::default();
    let muted = &mut preferences.muted;
    for Mute { what, until, .. } in inbox::mutes(&rows)? {
        match (until, what) {
            (Some(_), _) => {}
            (None, Muting::Topic(topic)) => drop(muted.topics.insert(topic)),
            (None, Muting::Category(category)) => drop(muted.categories.insert(category)),
            (None, Muting::Level(level)) => drop(muted.levels.insert(level)),
        }
    }
    let quiet: Option<Option<String>> =
        sqlx::query_scalar(sql::QUIET_HOURS).bind(user.as_str()).fetch_optional(conn).await?;
    let quiet = quiet.flatten().map(|json| serde_json::from_str::<QuietHours>(&json));
    preferences.quiet_hours = quiet.transpose().map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(preferences)
}

/// Sets all of them. What came before stays muted or not: only what comes after the event that tells of
/// it is otherwise.
pub(super) async fn set(
    group: &mut Group<'_>,
    user: &UserId,
    preferences: Preferences,
    at: Timestamp,
) -> Result<Outcome, StoreError> {
    group.flush().await?; // the user may be among what is planned
    let before = of(&mut *group.conn, user).await?;
    if before == preferences {
        return Ok(Outcome::Done(false));
    }
    let change = Change { preferences: Some(preferences.clone()), ..Change::default() };
    let place = group.changed(&change, Effect::Reloads, Audience::User(user.clone()), at)?;
    group.flush().await?;
    let (had, has) = (before.mutings(), preferences.mutings());
    for (statement, changed) in [(sql::UNMUTE, had.difference(&has)), (sql::MUTE, has.difference(&had))] {
        for muting in changed {
            let (what, name) = match muting {
                Muting::Topic(topic) => ("topic", topic.as_str()),
                Muting::Category(category) => ("category", category.as_str()),
                Muting::Level(level) => ("level", level.as_str()),
            };
            let change = sqlx::query(statement).bind(user.as_str()).bind(what).bind(name).bind(place.get());
            change.execute(&mut *group.conn).await?;
        }
    }
    let quiet = preferences.quiet_hours.as_ref().map(json).transpose()?;
    sqlx::query(sql::SET_QUIET_HOURS).bind(user.as_str()).bind(quiet).execute(&mut *group.conn).await?;
    Ok(Outcome::Done(true))
}
