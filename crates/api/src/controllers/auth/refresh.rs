//! `POST /auth/refresh`: a session lasts longer, under another secret.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use tidings_middleware::{Code, Problem, ProblemBody, Rights, SignedIn};
use tidings_models::{AccessChange, Outcome, Secret, SecretKind};

use super::session::{Session, SessionResponse};
use crate::{App, error};

/// Refresh a session
///
/// The session lasts as long as if it had begun now, up to its `ends_at`, and so do its streams. Its token and
/// cookie are replaced: those before are good for another minute, and whoever shows them later ends the session.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "auth",
    responses(
        (status = 200, body = SessionResponse, headers(("Set-Cookie" = String, description = "The session, for browsers"))),
        (status = 403, body = ProblemBody, description = "A token of an identity provider is refreshed there"),
        (status = 409, body = ProblemBody, description = "Another request has refreshed it just now: use what that was given")
    )
)]
pub(crate) async fn refresh(
    request: HttpRequest,
    SignedIn(principal): SignedIn,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let (Some(id), Some(from), Rights::Person(role)) = (principal.grant.sign_in, principal.secret, principal.rights)
    else {
        return Err(Problem::new(Code::Forbidden).detail("Only sessions of built-in accounts can be refreshed here."));
    };
    let now = app.clock.now();
    let found = app.store.sign_in_of(id).await.map_err(error::store)?.ok_or(Code::InvalidToken)?;
    let until = app.sessions.expires_at(now, found.ends_at);
    let secret = Secret::make(SecretKind::SignIn, &*app.random);
    let refresh = AccessChange::Refresh { id, from, to: secret.digest(), until };
    match app.change_access(refresh).await? {
        Outcome::Done(true) => {}
        _ => return Err(Problem::new(Code::Conflict).detail("The session was refreshed by another request just now.")),
    }
    Session {
        secret,
        user: principal.user,
        role,
        must_change: found.must_change,
        expires_at: until,
        ends_at: found.ends_at,
    }
    .answer(&request, now)
}
