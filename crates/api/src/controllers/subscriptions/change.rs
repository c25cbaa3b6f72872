//! `PUT` and `DELETE /subscriptions/{topic}`: the caller joins a topic, or leaves it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Code, Problem, ProblemBody, User};
use tidings_models::UserId;

use super::{super::admin::topics::parse_topic, subscribe};
use crate::{App, error, openapi::values};

/// Join a topic
///
/// What is sent to it from now on is the caller's, on all open streams. A topic that is not open is, for who
/// does not belong to it, one that is not there.
#[utoipa::path(
    put, path = "/api/v1/subscriptions/{topic}", tag = "inbox", params(("topic" = values::TopicName, Path)),
    responses(
        (status = 204, description = "The caller belongs to it, now or before")
    )
)]
pub(crate) async fn join(User(principal): User, name: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    change(principal.user, &name, true, &app).await
}

/// Leave a topic
///
/// What came until now stays in the inbox.
#[utoipa::path(
    delete, path = "/api/v1/subscriptions/{topic}", tag = "inbox", params(("topic" = values::TopicName, Path)),
    responses(
        (status = 204, description = "The caller does not belong to it, now or before"),
        (status = 403, body = ProblemBody, description = "An admin says who belongs to it")
    )
)]
pub(crate) async fn leave(User(principal): User, name: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    change(principal.user, &name, false, &app).await
}

async fn change(user: UserId, name: &str, join: bool, app: &App) -> Result<HttpResponse, Problem> {
    let topic = parse_topic(name)?;
    app.store.topic_of(&user, &topic).await.map_err(error::store)?.ok_or(Code::NotFound)?;
    subscribe(app, user, topic, join, false).await?;
    Ok(HttpResponse::NoContent().finish())
}
