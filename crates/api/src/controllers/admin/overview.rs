//! `GET /admin/overview`: live figures.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Admin, Problem};
use tidings_models::store::Stored;
use utoipa::ToSchema;

use crate::{App, error};

#[derive(Serialize, ToSchema)]
pub(crate) struct OverviewResponse {
    /// Open streams of this node.
    streams: usize,
    /// Users with open streams.
    users: usize,
    /// What is kept.
    stored: StoredView,
}

/// What is kept. Nothing but the events is counted further than 100,000.
#[derive(Serialize, ToSchema)]
pub(crate) struct StoredView {
    /// Events in the log.
    events: i64,
    /// Notifications, those included that have ended.
    notifications: i64,
    /// Notifications that are yet to be made.
    scheduled: i64,
    /// Users who are known.
    recipients: i64,
    /// Topics.
    topics: i64,
}

/// Live figures
#[utoipa::path(
    get, path = "/api/v1/admin/overview", tag = "admin",
    responses((status = 200, body = OverviewResponse))
)]
pub(crate) async fn overview(_: Admin, app: Data<App>) -> Result<web::Json<OverviewResponse>, Problem> {
    let figures = app.broker.figures();
    let Stored { events, notifications, scheduled, recipients, topics } =
        app.store.stored().await.map_err(error::store)?;
    let stored = StoredView { events, notifications, scheduled, recipients, topics };
    Ok(web::Json(OverviewResponse { streams: figures.streams, users: figures.users, stored }))
}
