//! `GET /admin/overview`: live figures.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Admin, ProblemBody};
use utoipa::ToSchema;

use crate::App;

#[derive(Serialize, ToSchema)]
pub(crate) struct OverviewResponse {
    /// Open streams.
    streams: usize,
    /// Users with open streams.
    users: usize,
}

/// Live figures
#[utoipa::path(
    get, path = "/api/v1/admin/overview", tag = "admin",
    responses((status = 200, body = OverviewResponse), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody))
)]
pub(crate) async fn overview(_: Admin, app: Data<App>) -> web::Json<OverviewResponse> {
    let figures = app.broker.figures();
    web::Json(OverviewResponse { streams: figures.streams, users: figures.users })
}
