//! `POST /admin/users/{user}/erase`: removes all that is kept of a person.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};

use super::parse_user;
use crate::{
    App, error,
    extract::{NoParameters, Query},
};

/// Erase a person
///
/// Ends their streams and removes their account, notifications that only they got, what they made of others, their
/// subscriptions, preferences and keys. The log keeps its positions: what they were told stays without content, as
/// if for somebody of a random name. What they did as an admin stays in the history of notifications. A token that
/// they hold is good until it ends: whoever comes with it is new, and begins with nothing. A second time does nothing.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{user}/erase", tag = "admin", params(("user" = String, Path)),
    responses(
        (status = 204, description = "Nothing is kept of them"),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Not all of it is removed: ask again")
    )
)]
pub(crate) async fn erase(
    _: Admin,
    _: Query<NoParameters>,
    user: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    if app.broker.erase(&parse_user(&user)?).await.map_err(error::broker)? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::new(Code::Overloaded))
    }
}
