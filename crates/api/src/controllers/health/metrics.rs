//! `GET /metrics`: what this node has counted, for Prometheus and its kind.

use std::time::Duration;

use actix_web::{HttpResponse, http::header, web::Data};
use tidings_broker::Health;
use tidings_middleware::{Auth, Observer, Problem};
use tokio::time::timeout;

use crate::{App, metrics};

/// How long the database may take to say where the log ends. Without that, the rest is told all the same: it is wanted
/// most when the database is away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Figures
///
/// What this node has counted since it began, in the text of OpenMetrics. For admins, and for a key with the scope
/// `observe`. Explained in `docs/operations.md`.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((status = 200, content_type = "application/openmetrics-text", body = String))
)]
pub(crate) async fn metrics(_: Observer, app: Data<App>, auth: Data<Auth>) -> Result<HttpResponse, Problem> {
    let behind = match app.broker.parts().database {
        Health::Good => timeout(PATIENCE, app.broker.behind()).await.ok().and_then(Result::ok),
        Health::Bad(_) => None, // whoever asks in vain keeps a connection for a while
    };
    let page = metrics::page(app.into_inner(), auth.into_inner(), behind).await.map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, metrics::CONTENT_TYPE)).body(page))
}
