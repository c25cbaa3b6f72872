//! `POST /auth/logout`: the end of a session.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use serde::Deserialize;
use tidings_middleware::{Code, Problem, SessionCookie, SignedIn};
use tidings_models::AccessChange;
use utoipa::IntoParams;

use crate::{App, extract::Query};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogoutQuery {
    /// End all sessions of this user, on every device, and their tokens.
    #[serde(default)]
    everywhere: bool,
}

/// Sign out
///
/// Removes the session cookie, ends the session that it was of, and with it the streams of all its tabs. A token of an
/// identity provider cannot be ended alone: all of its user's that were made up to now are refused. Of no effect
/// for who is not signed in.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "auth", security(()), params(LogoutQuery),
    responses((status = 204, headers(("Set-Cookie" = String, description = "Removes the cookie"))))
)]
pub(crate) async fn logout(
    request: HttpRequest,
    Query(query): Query<LogoutQuery>,
    caller: Result<SignedIn, Problem>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    match caller {
        Ok(SignedIn(principal)) => {
            let change = match principal.grant.sign_in {
                Some(id) if !query.everywhere => AccessChange::EndSignIn(id),
                _ => AccessChange::EndUser(principal.user),
            };
            app.change_access(change).await?;
        }
        // A session that has ended is signed out of as well.
        Err(problem) if matches!(problem.code(), Code::Unauthenticated | Code::InvalidToken) => {}
        // A page that is not ours signs nobody out; and who could not be looked up is not signed out.
        Err(problem) => return Err(problem),
    }
    let cookie = SessionCookie::of(request.head()).clear()?;
    Ok(HttpResponse::NoContent().insert_header((header::SET_COOKIE, cookie)).finish())
}
