//! `PATCH /admin/notifications/{id}`: corrects a notification, wherever it stands.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use tidings_middleware::{Code, FieldError, Manager, Problem, ProblemBody};
use tidings_models::{Draft, Level, Notification, Outcome, Timestamp, store::Stage};
use utoipa::ToSchema;

use super::{
    SentView,
    content::{ActionRequest, ActorRequest, Asked, CreateRequest},
    parse_id,
};
use crate::{
    App, error,
    extract::{Json, Object, parse},
    openapi::values,
};

/// How often a correction is made anew because somebody else was quicker.
const ATTEMPTS: usize = 3;

/// The fields of a notification that are to be others; null takes one away (RFC 7396).
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct CorrectRequest(BTreeMap<String, Box<RawValue>>);

// What a [`CorrectRequest`] may look like, for the document.
/// What is to be another; null takes a field away (RFC 7396).
#[expect(dead_code, reason = "only its schema is used")]
#[derive(ToSchema)]
#[schema(as = CorrectRequest)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectForm {
    /// One line that says what happened: 1 to 200 characters.
    #[schema(required = false)]
    title: values::Title,
    /// More about it: up to 8 KiB of plain text.
    body: Option<values::Body>,
    /// How much it asks for attention.
    level: Option<Level>,
    /// Cannot be muted; its toast stays until it is closed.
    critical: Option<bool>,
    /// Where it leads: http(s), or a path on the same site.
    link: Option<values::Link>,
    /// Up to three things to do about it.
    #[schema(max_items = 3)]
    actions: Option<Vec<ActionRequest>>,
    /// Who or what caused it.
    actor: Option<ActorRequest>,
    /// What kind of thing it is about, in your words.
    category: Option<values::Word>,
    /// Anything else, for programs: any JSON up to 16 KiB.
    #[schema(value_type = Option<Value>)]
    data: Option<Box<RawValue>>,
    /// When it is to be made, if that is not yet over (RFC 3339 with an offset). Null: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_at: Option<String>,
    /// When it stops being of interest (RFC 3339 with an offset).
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<String>,
}

/// Correct one
///
/// What is not given stays as it is, and null takes a field away. Open tabs follow within a second by a
/// `notification.updated`; it does not become unread again. Who did it, and what was there before, is kept
/// beside it. A correction that changes nothing is none. `to` and `group_key` cannot be changed, and `deliver_at`
/// only before it.
#[utoipa::path(
    patch, path = "/api/v1/admin/notifications/{id}", tag = "admin", params(("id" = Uuid, Path)),
    request_body = CorrectForm,
    responses(
        (status = 200, body = SentView),
        (status = 409, body = ProblemBody, description = "It has ended, or others keep changing it")
    )
)]
pub(crate) async fn correct(
    Manager(principal): Manager,
    id: Path<String>,
    Json(CorrectRequest(patch)): Json<CorrectRequest>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    if let Some(fixed) = ["to", "group_key"].into_iter().find(|field| patch.contains_key(*field)) {
        return Err(Problem::fields(vec![FieldError::new(fixed, Code::InvalidValue, "cannot be changed")]));
    }
    for _ in 0..ATTEMPTS {
        let before = app.store.notification(id).await.map_err(error::store)?.ok_or(Code::NotFound)?;
        let due = match before.stage {
            Stage::Scheduled(at) => Some(at),
            Stage::Delivered if patch.contains_key("deliver_at") => {
                return Err(Problem::new(Code::Conflict).detail("It is delivered already."));
            }
            Stage::Delivered => None,
            Stage::Replaced(_) => {
                return Err(Problem::new(Code::Conflict).detail("A newer one of its group took its place."));
            }
            Stage::Expired(_) | Stage::Retracted(_) => {
                return Err(Problem::new(Code::Conflict).detail("It has expired or was retracted."));
            }
        };
        let Asked { notification, deliver_at } = corrected(&before.notification, due, &patch)?;
        if deliver_at == due && same(&notification, &before.notification)? {
            return Ok(HttpResponse::Ok().json(SentView::of(&before)));
        }
        let at = app.clock.now();
        // One that is to be delivered at once is due.
        let deliver_at = due.map(|_| deliver_at.unwrap_or(at));
        let notification = Box::new(notification);
        let (revision, by) = (before.revision, principal.user.clone());
        let draft = Draft::Correct { notification, deliver_at, revision, by, at };
        match app.broker.publisher().publish(draft).await.map_err(error::broker)? {
            Outcome::Done(_) => {
                let after = app.store.notification(id).await.map_err(error::store)?.ok_or(Code::NotFound)?;
                return Ok(HttpResponse::Ok().json(SentView::of(&after)));
            }
            Outcome::Conflict => {}
            Outcome::NotFound => return Err(Problem::new(Code::NotFound)),
            other => return Err(Problem::internal(format!("a correction became {other:?}"))),
        }
    }
    Err(Problem::new(Code::Conflict).detail("Others keep changing it."))
}

/// The notification with what the patch says, held to what a new one is held to.
fn corrected(
    before: &Notification,
    due: Option<Timestamp>,
    patch: &BTreeMap<String, Box<RawValue>>,
) -> Result<Asked, Problem> {
    let json = serde_json::to_string(before).map_err(Problem::internal)?;
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&json).map_err(Problem::internal)?;
    fields.retain(|name, _| !matches!(name.as_str(), "id" | "created_at"));
    if let Some(due) = due {
        let due = serde_json::value::to_raw_value(&due).map_err(Problem::internal)?;
        fields.insert("deliver_at".into(), due);
    }
    for (name, value) in patch {
        if value.get() == "null" && is_optional(name) {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    let json = serde_json::to_vec(&fields).map_err(Problem::internal)?;
    let Object(request) = parse::<Object<CreateRequest>>(&json)?;
    let asked = request.check_correction(before.id, before.created_at)?;
    let expires_at = asked.notification.expires_at;
    if expires_at.is_some_and(|at| at <= asked.deliver_at.unwrap_or(before.created_at)) {
        return Err(Problem::fields(vec![FieldError::new("expires_at", Code::InvalidTime, "a time after it is made")]));
    }
    Ok(asked)
}

/// Whether there is nothing to tell anybody.
fn same(one: &Notification, other: &Notification) -> Result<bool, Problem> {
    let json = |of| serde_json::to_string(of).map_err(Problem::internal);
    Ok(json(one)? == json(other)?)
}

/// Whether a notification can do without. A name that does not exist is no such field.
fn is_optional(name: &str) -> bool {
    let optional =
        ["body", "level", "critical", "link", "actions", "actor", "category", "data", "expires_at", "deliver_at"];
    optional.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn patched(patch: &Value) -> Result<Value, String> {
        let before: Notification = serde_json::from_value(json!({
            "id": "01890000-0000-7000-8000-000000000000", "title": "old", "body": "b", "level": "error",
            "critical": false, "created_at": "2026-09-21T14:13:20.000Z", "data": {"n": 1},
        }))
        .unwrap();
        let patch = serde_json::from_str(&patch.to_string()).unwrap();
        let asked = corrected(&before, None, &patch).map_err(|problem| problem.code().word().to_owned())?;
        Ok(serde_json::to_value(asked.notification).unwrap())
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let after = patched(&json!({"title": "new", "body": null, "level": null, "link": "/x"})).unwrap();
        let expected = json!({
            "id": "01890000-0000-7000-8000-000000000000", "title": "new", "level": "info", "critical": false,
            "link": "/x", "created_at": "2026-09-21T14:13:20.000Z", "data": {"n": 1},
        });
        assert_eq!(after, expected);
        for bad in [
            json!({"titel": "x"}),
            json!({"title": null}),
            json!({"title": ""}),
            json!({"id": "x"}),
            json!({"created_at": null}),
            json!({"level": "loud"}),
            json!({"expires_at": "2026-09-21T14:13:20Z"}),
        ] {
            assert!(patched(&bad).is_err(), "{bad}");
        }
    }
}
