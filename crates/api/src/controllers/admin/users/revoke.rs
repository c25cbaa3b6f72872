//! `POST /admin/users/{user}/revoke`: ends whatever somebody is signed in by.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Admin, Problem};
use tidings_models::AccessChange;

use super::parse_user;
use crate::{App, openapi::values::UserName};

/// Sign a person out
///
/// Ends their sessions and streams on every node, and refuses their tokens that were issued (`iat`) up to this second, or do
/// not say when. They may sign in again. Works for everybody, with an account or not.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{user}/revoke", tag = "admin", params(("user" = UserName, Path)),
    responses(
        (status = 204)
    )
)]
pub(crate) async fn revoke(_: Admin, user: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    app.change_access(AccessChange::EndUser(parse_user(&user)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
