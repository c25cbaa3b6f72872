//! `PATCH /notifications/{id}`: the caller saw, read, acted on, archived or snoozed one, or takes it back.

use actix_web::web::{self, Data, Path};
use serde::Deserialize;
use tidings_middleware::{Code, Problem, ProblemBody, User};
use tidings_models::{Flags, InboxItem, Invalid, Mark, NotificationId, Timestamp, UserId, text::Rule};
use utoipa::ToSchema;

use super::{ItemView, apply, parse_id};
use crate::{App, error, extract::Json, openapi::values};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "a field that is absent is not the same as one that is null")]
pub(crate) struct ChangeRequest {
    /// It was shown.
    seen: Option<bool>,
    /// It was read.
    read: Option<bool>,
    /// The caller did what it asks for, with one of its actions for example. It is seen and read with that. Only true:
    /// what was done stays done.
    #[schema(schema_with = acted)]
    acted: Option<bool>,
    /// It was put away.
    archived: Option<bool>,
    /// It is put off until then, and comes back unread; null brings it back now (RFC 3339 with an offset).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Option<String>>,
}

/// What the document says of `acted`.
fn acted() -> utoipa::openapi::Object {
    values::only_true_or_null(
        "The caller did what it asks for, with one of its actions for example. It is seen and read with that. \
                               Only true: what was done stays done.",
    )
}

/// A field that is absent is not the same as one that is null.
#[expect(clippy::option_option, reason = "what serde asks for")]
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Change one
///
/// What is not given stays as it is. Every open stream of the user gets an `inbox.changed`.
#[utoipa::path(
    patch, path = "/api/v1/notifications/{id}", tag = "inbox", params(("id" = Uuid, Path)),
    request_body = ChangeRequest,
    responses(
        (status = 200, body = ItemView),
        (status = 404, body = ProblemBody, description = "There is none, or it is somebody else's")
    )
)]
pub(crate) async fn change(
    User(principal): User,
    id: Path<String>,
    Json(request): Json<ChangeRequest>,
    app: Data<App>,
) -> Result<web::Json<ItemView>, Problem> {
    let id = parse_id(&id)?;
    let now = app.clock.now();
    let ChangeRequest { seen, read, acted, archived, snoozed_until } = request;
    check_acted(acted, &[("seen", seen), ("read", read)])?;
    let snoozed_until = snoozed_until.map(|until| until.map(|until| later(&until, now)).transpose()).transpose()?;
    // What is brought back is as if it had come back by itself. What is back already may have been read since.
    let wakes = snoozed_until == Some(None) && item(&app, &principal.user, id).await?.snoozed_until.is_some();
    let woken = if wakes { Flags::AWAKE } else { Flags::default() };
    let (seen, read) = (seen.or(woken.seen), read.or(woken.read));
    let flags = Flags { seen, read, acted, archived, snoozed_until, deleted: None };
    if flags.is_empty() {
        let detail = "Give at least one of seen, read, acted, archived and snoozed_until.";
        return Err(Problem::new(Code::InvalidRequest).detail(detail));
    }
    apply(&app.broker, principal.user.clone(), Mark::one(id, flags), None, now).await?;
    let item = item(&app, &principal.user, id).await?;
    Ok(web::Json(ItemView::of(item, app.store.cursors())))
}

async fn item(app: &App, user: &UserId, id: NotificationId) -> Result<InboxItem, Problem> {
    let item = app.store.inbox_item(user, id).await.map_err(error::store)?;
    Ok(item.ok_or(Code::NotFound)?)
}

/// Acting is not taken back, and what was acted on is seen and read: a request that says otherwise is a mistake.
fn check_acted(acted: Option<bool>, others: &[(&'static str, Option<bool>)]) -> Result<(), Problem> {
    let Some(acted) = acted else { return Ok(()) };
    let wrong = |field, rule| Err(Problem::field(field, Invalid::new(Rule::Value, rule)));
    if !acted {
        return wrong("acted", "true: what was done stays done");
    }
    match others.iter().find(|(_, given)| *given == Some(false)) {
        Some((field, _)) => wrong(field, "not false together with acted, which implies it"),
        None => Ok(()),
    }
}

/// A time that something can be put off until.
fn later(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let until = Timestamp::parse(text).filter(|until| *until > now);
    let rule = "a time in the future, RFC 3339 with an offset, like 2030-01-31T08:00:00Z";
    until.ok_or_else(|| Problem::field("snoozed_until", Invalid::new(Rule::Time, rule)))
}
