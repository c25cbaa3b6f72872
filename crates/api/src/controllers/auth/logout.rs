//! `POST /auth/logout`: the end of a session in this browser.

use actix_web::{HttpRequest, HttpResponse, http::header};
use tidings_middleware::{Code, Problem, SessionCookie, User};

/// Sign out
///
/// Removes the session cookie. Of no effect without one.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "auth", security(()), responses((status = 204)))]
pub(crate) async fn logout(request: HttpRequest, caller: Result<User, Problem>) -> Result<HttpResponse, Problem> {
    // A session that has ended is signed out of as well; a page that is not ours signs nobody out.
    if let Err(problem) = caller
        && problem.code() == Code::OriginNotAllowed
    {
        return Err(problem);
    }
    let cookie = SessionCookie::of(request.head()).clear()?;
    Ok(HttpResponse::NoContent().insert_header((header::SET_COOKIE, cookie)).finish())
}
