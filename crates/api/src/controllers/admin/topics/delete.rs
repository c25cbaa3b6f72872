//! `DELETE /admin/topics/{topic}`: removes a topic that nobody belongs to.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Code, Manager, Problem, ProblemBody};

use super::parse_topic;
use crate::{App, error, openapi::values};

/// Remove a topic
///
/// What was sent to it stays in the inboxes that have it.
#[utoipa::path(
    delete, path = "/api/v1/admin/topics/{topic}", tag = "admin", params(("topic" = values::TopicName, Path)),
    responses(
        (status = 204),
        (status = 409, body = ProblemBody, description = "It has members")
    )
)]
pub(crate) async fn delete(_: Manager, name: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    match app.store.drop_topic(&parse_topic(&name)?).await.map_err(error::store)? {
        Some(true) => Ok(HttpResponse::NoContent().finish()),
        Some(false) => Err(Problem::new(Code::Conflict).detail("It has members. Remove them first.")),
        None => Err(Problem::new(Code::NotFound)),
    }
}
