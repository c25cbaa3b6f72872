//! `PUT /preferences`: all of them at once.

use std::collections::BTreeSet;

use actix_web::web::{self, Data};
use serde::Deserialize;
use tidings_middleware::{Code, FieldError, Problem, User};
use tidings_models::{Draft, Level, Muted, Outcome, Preferences, QuietHours, TopicName, text};
use utoipa::ToSchema;

use crate::{
    App, error,
    extract::{Json, Object},
    openapi::values,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreferencesRequest {
    /// What is not counted, and not shown as a toast.
    #[schema(value_type = Option<MutedRequest>)]
    muted: Option<Object<MutedRequest>>,
    /// When nothing is shown as a toast, but what is critical.
    #[schema(value_type = Option<QuietHoursRequest>)]
    quiet_hours: Option<Object<QuietHoursRequest>>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct MutedRequest {
    /// What comes by these topics: up to 100.
    #[schema(value_type = Vec<values::TopicName>, max_items = 100)]
    topics: Vec<String>,
    /// What has one of these categories: up to 100.
    #[schema(value_type = Vec<values::Word>, max_items = 100)]
    categories: Vec<String>,
    /// What has one of these levels.
    #[schema(value_type = Vec<Level>)]
    levels: BTreeSet<Level>,
}

/// A part of each day, in the user's own time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietHoursRequest {
    /// The minute that they begin with: `22:00`.
    #[schema(value_type = values::Minute)]
    from: String,
    /// The minute that they end before: `07:00`, perhaps of the next day. Not the one that they begin with.
    #[schema(value_type = values::Minute)]
    to: String,
    /// The name of a time zone: `Europe/Berlin`.
    #[schema(value_type = values::TimeZone)]
    time_zone: String,
}

/// Change the preferences
///
/// What is muted still comes and stands in the list, with `muted: true`; it is not counted, and no toast shows
/// it. What is marked critical cannot be muted. What came before stays as it was. Every open stream of the user
/// gets an `inbox.changed`.
#[utoipa::path(
    put, path = "/api/v1/preferences", tag = "inbox", request_body = PreferencesRequest,
    responses((status = 200, body = Preferences))
)]
pub(crate) async fn put(
    User(principal): User,
    Json(request): Json<PreferencesRequest>,
    app: Data<App>,
) -> Result<web::Json<Preferences>, Problem> {
    let preferences = request.check()?;
    let draft = Draft::Prefer { user: principal.user, preferences: preferences.clone(), at: app.clock.now() };
    match app.broker.publisher().publish(draft).await.map_err(error::broker)? {
        Outcome::Done(_) => Ok(web::Json(preferences)),
        other => Err(Problem::internal(format!("preferences became {other:?}"))),
    }
}

impl PreferencesRequest {
    fn check(self) -> Result<Preferences, Problem> {
        let wrong = |field: &str, code: Code, detail: &str| Problem::fields(vec![FieldError::new(field, code, detail)]);
        let MutedRequest { topics, categories, levels } = self.muted.map(|Object(muted)| muted).unwrap_or_default();
        for (field, count) in [("muted.topics", topics.len()), ("muted.categories", categories.len())] {
            if count > Muted::MAX_NAMES {
                return Err(wrong(field, Code::TooLong, "at most 100"));
            }
        }
        let topics = topics.iter().map(|topic| TopicName::parse(topic)).collect::<Result<_, _>>();
        let topics = topics.map_err(|invalid| Problem::field("muted.topics", invalid))?;
        let categories = categories.into_iter().map(text::word).collect::<Result<_, _>>();
        let categories = categories.map_err(|invalid| Problem::field("muted.categories", invalid))?;
        let quiet_hours = self.quiet_hours.map(|Object(hours)| hours.check()).transpose()?;
        Ok(Preferences { muted: Muted { topics, categories, levels }, quiet_hours })
    }
}

impl QuietHoursRequest {
    fn check(self) -> Result<QuietHours, Problem> {
        let Self { from, to, time_zone } = self;
        let wrong = |field: &str, detail: &str| {
            Problem::fields(vec![FieldError::new(format!("quiet_hours.{field}"), Code::InvalidTime, detail)])
        };
        for (field, time) in [("from", &from), ("to", &to)] {
            if !is_minute(time) {
                return Err(wrong(field, "a minute of the day, like 22:00"));
            }
        }
        if from == to {
            return Err(wrong("to", "another minute than they begin with"));
        }
        if !is_time_zone(&time_zone) {
            return Err(wrong("time_zone", "the name of a time zone, like Europe/Berlin"));
        }
        Ok(QuietHours { from, to, time_zone })
    }
}

/// `HH:MM`.
fn is_minute(text: &str) -> bool {
    let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u8>().ok()).flatten();
    let minute = text.split_once(':').and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)));
    minute.is_some_and(|(hour, minute)| hour < 24 && minute < 60)
}

/// What names of the time zone database look like. Browsers know which there are; the server needs none.
fn is_time_zone(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    text.len() <= 64 && text.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let check = |request: Value| serde_json::from_value::<PreferencesRequest>(request).unwrap().check();
        let night =
            |from: &str, to: &str, zone: &str| json!({"quiet_hours": {"from": from, "to": to, "time_zone": zone}});
        for good in [
            json!({}),
            json!({"muted": {"topics": ["deploys"], "categories": ["builds"], "levels": ["info"]}}),
            night("22:00", "07:00", "Europe/Berlin"),
            night("00:00", "23:59", "Etc/GMT+3"),
            night("00:00", "23:59", "UTC"),
        ] {
            assert!(check(good.clone()).is_ok(), "{good}");
        }
        for (bad, field) in [
            (json!({"muted": {"topics": ["A"]}}), "muted.topics"),
            (json!({"muted": {"categories": [""]}}), "muted.categories"),
            (json!({"muted": {"categories": (0..101).map(|i| i.to_string()).collect::<Vec<_>>()}}), "muted.categories"),
            (json!({"muted": {"topics": vec!["deploys"; 101]}}), "muted.topics"),
            (night("24:00", "07:00", "UTC"), "quiet_hours.from"),
            (night("22:00", "7:00", "UTC"), "quiet_hours.to"),
            (night("22:00", "22:00", "UTC"), "quiet_hours.to"),
            (night("22:00", "07:00", "Europe/"), "quiet_hours.time_zone"),
            (night("22:00", "07:00", "a b"), "quiet_hours.time_zone"),
        ] {
            let problem = serde_json::to_value(check(bad.clone()).unwrap_err().body("r")).unwrap();
            assert_eq!(problem["errors"][0]["field"], field, "{bad}");
        }
    }
}
