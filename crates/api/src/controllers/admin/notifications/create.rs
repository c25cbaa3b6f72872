//! `POST /admin/notifications`: a new notification. Answered once it is on disk.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, HeaderValue},
    web::Data,
};
use tidings_middleware::{Auth, Code, Problem, ProblemBody, Publisher};
use tidings_models::{Draft, Invalid, NotificationId, Outcome, text::Rule};

use super::{
    SentView,
    content::{Asked, CreateRequest},
};
use crate::{
    App, error,
    extract::{Json, NoParameters, Query},
    idempotency::{Key, KeyHeader, REPLAYED},
};

/// Create a notification
///
/// 201 means that it is on disk and will reach everybody it is for. With an `Idempotency-Key` a
/// retry answers the first result again (`Idempotent-Replayed: true`).
#[utoipa::path(
    post, path = "/api/v1/admin/notifications", tag = "admin", request_body = CreateRequest,
    params(KeyHeader),
    responses(
        (
            status = 201, body = SentView,
            headers(("Location" = String, description = "Where it is found"), ("Idempotent-Replayed" = bool, description = "`true`: it was made by an earlier request with this key"))
        ),
        (status = 429, body = ProblemBody, description = "`rate_limited`, where the operator limits publishing"),
        (status = 503, body = ProblemBody, description = "Not stored"),
        (status = 507, body = ProblemBody, description = "Not stored: the disk is full")
    )
)]
pub(crate) async fn create(
    Publisher(principal): Publisher,
    _: Query<NoParameters>,
    key: Key,
    Json(request): Json<CreateRequest>,
    app: Data<App>,
    auth: Data<Auth>,
) -> Result<HttpResponse, Problem> {
    auth.limits.publish(&principal, 1)?;
    let key = key.of(&principal.user, &request)?;
    let now = app.clock.now();
    let (Asked { notification, deliver_at }, to) = request.check(NotificationId::new(now, &*app.random), now)?;
    // Written before the draft takes both: nothing has to be copied for it.
    let answer = answer(&SentView::new(&notification, &to, deliver_at.filter(|at| *at > now)))?;
    let draft = Draft::Notify { notification: Box::new(notification), to, key, deliver_at };
    match app.broker.publisher().publish(draft).await.map_err(error::broker)? {
        Outcome::Stored(id) => Ok(created(id).body(answer)),
        Outcome::Repeated(id) => {
            let first = app.store.notification(id).await.map_err(error::store)?;
            let first = first.ok_or_else(|| Problem::internal("a key names nothing"))?;
            let answer = self::answer(&SentView::of(&first))?;
            Ok(created(id).insert_header(REPLAYED).body(answer))
        }
        other => Err(not_made(other)),
    }
}

/// Why a notification was not made.
pub(super) fn not_made(outcome: Outcome) -> Problem {
    match outcome {
        Outcome::Expired => {
            let rule = "a time in the future, and after it is made";
            Problem::field("expires_at", Invalid::new(Rule::Time, rule))
        }
        Outcome::NoTopic => no_topic(),
        Outcome::KeyConflict => Problem::new(Code::IdempotencyConflict),
        other => Problem::internal(format!("a notification became {other:?}")),
    }
}

/// Nobody can belong to it.
pub(crate) fn no_topic() -> Problem {
    Problem::field("to.topic", Invalid::new(Rule::Recipients, "a topic that there is"))
}

fn answer(view: &SentView<'_>) -> Result<Vec<u8>, Problem> {
    let mut json = Vec::with_capacity(view.notification.size());
    serde_json::to_writer(&mut json, view).map_err(Problem::internal)?;
    Ok(json)
}

fn created(id: NotificationId) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
    response.insert_header((header::LOCATION, format!("/api/v1/admin/notifications/{id}")));
    response
}
