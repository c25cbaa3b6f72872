//! What a sign-in is to a browser, and to who keeps it themselves.

use actix_web::{HttpRequest, HttpResponse, http::header};
use serde::Serialize;
use tidings_middleware::{Problem, SessionCookie};
use tidings_models::{Role, Secret, Timestamp, UserId};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionResponse {
    /// For `Authorization: Bearer`, where cookies are of no use.
    token: String,
    /// When the session ends, unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// Who signed in.
    #[schema(value_type = String)]
    user: UserId,
    /// What they may do.
    role: Role,
    /// Another password must be chosen before anything else: somebody else made this one.
    must_change_password: bool,
}

/// A sign-in, and its secret.
pub(super) struct Session {
    pub(super) secret: Secret,
    pub(super) user: UserId,
    pub(super) role: Role,
    pub(super) must_change: bool,
    pub(super) expires_at: Timestamp,
    pub(super) ends_at: Timestamp,
}

impl Session {
    /// Hands the secret out: as a cookie that no script can read, and in the body.
    pub(super) fn answer(self, request: &HttpRequest, now: Timestamp) -> Result<HttpResponse, Problem> {
        let seconds = (self.expires_at.as_millis() - now.as_millis()) / 1000;
        let cookie = SessionCookie::of(request.head()).set(self.secret.expose(), seconds)?;
        let body = SessionResponse {
            token: self.secret.expose().to_owned(),
            expires_at: self.expires_at,
            ends_at: self.ends_at,
            user: self.user,
            role: self.role,
            must_change_password: self.must_change,
        };
        Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, cookie)).json(body))
    }
}
