//! `DELETE /admin/api-keys/{id}`: a key is no longer good.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::{AccessChange, access::KeyId};

use crate::App;

/// Revoke an API key
///
/// From this answer on no node takes it.
#[utoipa::path(
    delete, path = "/api/v1/admin/api-keys/{id}", tag = "admin", params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 404, body = ProblemBody, description = "There is none, or it is revoked already")
    )
)]
pub(crate) async fn revoke(_: Admin, id: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let id = id.parse::<KeyId>().map_err(|_| Code::NotFound)?;
    if app.change_access(AccessChange::RevokeKey(id)).await?.is_refusal() {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(HttpResponse::NoContent().finish())
}
