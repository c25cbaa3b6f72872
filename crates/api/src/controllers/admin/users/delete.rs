//! `DELETE /admin/users/{user}`: removes an account.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::AccessChange;

use super::{not_oneself, parse_user};
use crate::{App, openapi::values::UserName};

/// Remove an account
///
/// Ends its sessions, tokens and streams. What is in the inbox stays; to remove that, erase the person.
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{user}", tag = "admin", params(("user" = UserName, Path)),
    responses(
        (status = 204),
        (status = 409, body = ProblemBody, description = "It is your own account")
    )
)]
pub(crate) async fn delete(Admin(caller): Admin, user: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let user = parse_user(&user)?;
    not_oneself(&caller.user, &user)?;
    if app.change_access(AccessChange::DropAccount(user)).await?.is_refusal() {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(HttpResponse::NoContent().finish())
}
