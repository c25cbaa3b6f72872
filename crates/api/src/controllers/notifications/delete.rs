//! `DELETE /notifications/{id}`: removes one from the caller's inbox.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Problem, ProblemBody, User};
use tidings_models::{Flags, Mark};

use super::{apply, parse_id};
use crate::App;

/// Remove one
///
/// From this user's inbox alone, on all of their devices. It does not come back.
#[utoipa::path(
    delete, path = "/api/v1/notifications/{id}", tag = "inbox", params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 404, body = ProblemBody, description = "There is none, or it is somebody else's")
    )
)]
pub(crate) async fn delete(User(principal): User, id: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let deleted = Flags { deleted: Some(true), ..Flags::default() };
    let mark = Mark::Ids(vec![parse_id(&id)?], deleted);
    apply(&app.broker, principal.user, mark, None, app.clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
