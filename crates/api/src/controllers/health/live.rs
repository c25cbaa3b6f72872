//! `GET /healthz`: the process answers.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct LiveResponse {
    #[schema(example = "ok")]
    status: &'static str,
}

/// Alive
///
/// The process answers. Says nothing of whether it can serve: see `/readyz`.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses((status = 200, body = LiveResponse)))]
pub(crate) async fn live() -> web::Json<LiveResponse> {
    web::Json(LiveResponse { status: "ok" })
}
