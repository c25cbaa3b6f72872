//! `DELETE /admin/notifications/{id}`: takes a notification back, or calls off one that is scheduled.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Code, Manager, Problem, ProblemBody};
use tidings_models::{Draft, Outcome};

use super::parse_id;
use crate::{App, error};

/// Retract one
///
/// It leaves all inboxes, counts follow, and open streams get a `notification.retracted`. Who did it is
/// kept beside it. One that is scheduled is called off, and nobody hears of it.
#[utoipa::path(
    delete, path = "/api/v1/admin/notifications/{id}", tag = "admin", params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 409, body = ProblemBody, description = "It has expired: nobody has it any more")
    )
)]
pub(crate) async fn retract(
    Manager(principal): Manager,
    id: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let draft = Draft::Retract { id: parse_id(&id)?, by: principal.user, at: app.clock.now() };
    match app.broker.publisher().publish(draft).await.map_err(error::broker)? {
        Outcome::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Outcome::NotFound => Err(Problem::new(Code::NotFound)),
        Outcome::Conflict => Err(Problem::new(Code::Conflict).detail("It has expired: nobody has it any more.")),
        other => Err(Problem::internal(format!("a retraction became {other:?}"))),
    }
}
