//! `POST /admin/signals`: a typed event that is not an inbox item.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tidings_middleware::{Auth, Code, Problem, ProblemBody, Publisher};
use tidings_models::{Draft, Invalid, Kind, Outcome, Recipients, text::Rule};
use utoipa::ToSchema;

use super::notifications::{
    content::{To, data, recipients},
    create::no_topic,
    to::ToForm,
};
use crate::{
    App, error,
    extract::{Json, Object},
    idempotency::{Key, KeyHeader, REPLAYED},
    openapi::values::SignalType,
};

// It is also written, for the fingerprint that tells a repeat from another request under the same key.
/// A signal to be sent.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalRequest {
    /// Who it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ToForm, required = true)]
    to: Option<Object<To>>,
    /// The event's name on the stream: `[a-z][a-z0-9_.-]{0,63}`, and none of the server's own.
    #[schema(value_type = SignalType)]
    r#type: String,
    /// Its content: any JSON up to 16 KiB.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = true)]
    payload: Option<Box<RawValue>>,
    /// Only for streams that are open now, and long polls that wait now: it is not kept, and not replayed.
    #[serde(default)]
    ephemeral: bool,
}

/// null is a content like any other.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(from).map(Some)
}

/// Send a signal
///
/// A typed event to the same streams as notifications, that stands in no inbox and changes no counts. It is
/// replayed to whoever was away, unless it is `ephemeral`: then it goes to streams that are open now and long polls that wait
/// now, with neither id nor seq. 202 when that is so, 201 when it is on disk. With an `Idempotency-Key` a retry makes no
/// second one (`Idempotent-Replayed: true`); what is not kept cannot have one.
#[utoipa::path(
    post, path = "/api/v1/admin/signals", tag = "admin", request_body = SignalRequest,
    params(KeyHeader),
    responses(
        (
            status = 201, description = "On disk",
            headers(("Idempotent-Replayed" = bool, description = "`true`: it was made by an earlier request with this key"))
        ),
        (status = 202, description = "Sent to the streams that are open now"),
        (status = 429, body = ProblemBody, description = "`rate_limited`, where the operator limits publishing"),
        (status = 503, body = ProblemBody, description = "Not stored"),
        (status = 507, body = ProblemBody, description = "Not stored: the disk is full")
    )
)]
pub(crate) async fn signal(
    Publisher(principal): Publisher,
    key: Key,
    Json(request): Json<SignalRequest>,
    app: Data<App>,
    auth: Data<Auth>,
) -> Result<HttpResponse, Problem> {
    auth.limits.publish(&principal, 1)?;
    let key = key.of(&principal.user, &request)?;
    let field = |name: &'static str| move |invalid: Invalid| Problem::field(name, invalid);
    let to = recipients(request.to.map(|Object(to)| to)).map_err(field("to"))?;
    let kind = Kind::signal(&request.r#type).map_err(field("type"))?;
    let missing = || Problem::field("payload", Invalid::new(Rule::Value, "any JSON; null, if there is nothing to say"));
    let payload = data(&request.payload.ok_or_else(missing)?).map_err(field("payload"))?;
    let at = app.clock.now();
    if request.ephemeral {
        if key.is_some() {
            let rule = "An ephemeral signal is not kept, so nothing remembers its key. Send it without.";
            return Err(Problem::new(Code::InvalidIdempotencyKey).detail(rule));
        }
        if let Recipients::Topic(topic) = &to
            && app.store.topic(topic).await.map_err(error::store)?.is_none()
        {
            return Err(no_topic());
        }
        app.broker.whisper(&kind, &payload, &to, at).map_err(Problem::internal)?;
        return Ok(HttpResponse::Accepted().finish());
    }
    let payload = payload.get().into();
    match app.broker.publisher().publish(Draft::Signal { kind, payload, to, key, at }).await.map_err(error::broker)? {
        Outcome::Done(true) => Ok(HttpResponse::Created().finish()),
        Outcome::Done(false) => Ok(HttpResponse::Created().insert_header(REPLAYED).finish()),
        Outcome::KeyConflict => Err(Problem::new(Code::IdempotencyConflict)),
        Outcome::NoTopic => Err(no_topic()),
        other => Err(Problem::new(Code::Internal).caused_by(format!("a signal became {other:?}"))),
    }
}
