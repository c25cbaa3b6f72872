//! `GET /auth/me`: who the server takes the caller for.

use actix_web::web;
use serde::Serialize;
use tidings_middleware::{Code, Problem, Rights, SignedIn};
use tidings_models::{Role, Timestamp, UserId};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct MeResponse {
    /// Who is calling.
    #[schema(value_type = String)]
    user: UserId,
    /// What they may do.
    role: Role,
    /// When that ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whether it is a session of a built-in account, which can be refreshed.
    session: bool,
    /// Another password must be chosen before anything else.
    must_change_password: bool,
}

/// Who am I
#[utoipa::path(
    get, path = "/api/v1/auth/me", tag = "auth",
    responses((status = 200, body = MeResponse))
)]
pub(crate) async fn me(SignedIn(principal): SignedIn) -> Result<web::Json<MeResponse>, Problem> {
    let Rights::Person(role) = principal.rights else { return Err(Problem::new(Code::Forbidden)) };
    Ok(web::Json(MeResponse {
        user: principal.user,
        role,
        expires_at: principal.grant.expires_at,
        session: principal.grant.sign_in.is_some(),
        must_change_password: principal.must_change,
    }))
}
