//! `GET /auth/me`: who the server takes the caller for.

use actix_web::web;
use serde::Serialize;
use tidings_middleware::{ProblemBody, User};
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
}

/// Who am I
#[utoipa::path(
    get, path = "/api/v1/auth/me", tag = "auth",
    responses((status = 200, body = MeResponse), (status = 401, body = ProblemBody))
)]
pub(crate) async fn me(User(principal): User) -> web::Json<MeResponse> {
    web::Json(MeResponse { user: principal.user, role: principal.role, expires_at: principal.expires_at })
}
