//! `POST /admin/users/{user}/erase`: removes all that is kept of a person.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::AccessChange;

use super::{not_oneself, parse_user};
use crate::{
    App, audit, error,
    extract::{NoParameters, Query},
    openapi::values::UserName,
};

/// Erase a person
///
/// Ends their streams and removes their account, notifications that only they got, what they made of others, their
/// subscriptions, preferences and keys. The log keeps its positions: what they were told stays without content, as
/// if for somebody of a random name. What they did as an admin stays in the history of notifications. Tokens
/// that they hold are refused from then on; whoever comes with a newer one is new, and begins with nothing.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{user}/erase", tag = "admin", params(("user" = UserName, Path)),
    responses(
        (status = 204, description = "Nothing is kept of them"),
        (status = 409, body = ProblemBody, description = "It is you"),
        (status = 503, body = ProblemBody, description = "Not all of it is removed: ask again")
    )
)]
pub(crate) async fn erase(
    Admin(caller): Admin,
    _: Query<NoParameters>,
    user: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let user = parse_user(&user)?;
    not_oneself(&caller.user, &user)?;
    // On every node, and for good: who comes with what they hold now must not begin anew as somebody who is kept.
    app.change_access(AccessChange::EndUser(user.clone())).await?;
    if app.broker.erase(&user).await.map_err(error::broker)? {
        audit::erased(&user);
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::new(Code::Overloaded))
    }
}
