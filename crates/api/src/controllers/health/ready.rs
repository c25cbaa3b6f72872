//! `GET /readyz`: whether this node should be given requests.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use tidings_broker::Health;
use utoipa::ToSchema;

use crate::App;

#[derive(Serialize, ToSchema)]
pub(crate) struct ReadyResponse {
    /// Whether all parts are.
    ready: bool,
    /// Each part: `ok`, or what is wrong. The log of the server has more.
    parts: Parts,
}

#[derive(Serialize, ToSchema)]
struct Parts {
    /// The log is being followed: the database can be read, and nothing is missing in it.
    #[schema(example = "ok")]
    follower: &'static str,
    /// Other nodes are heard when they ring. Where they are not, the node is ready all the same: what they stored comes
    /// about a second later.
    #[schema(example = "ok")]
    bus: &'static str,
    /// The node is not about to stop.
    #[schema(example = "ok")]
    life: &'static str,
}

/// Ready
///
/// 200 when this node should be given requests, 503 when not: it is stopping, or cannot follow the log.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, body = ReadyResponse), (status = 503, body = ReadyResponse))
)]
pub(crate) async fn ready(app: Data<App>) -> HttpResponse {
    let follower = app.broker.health();
    let draining = app.draining.load(Ordering::Relaxed);
    let ready = follower == Health::Good && !draining;
    let parts = Parts {
        follower: if follower == Health::Good { "ok" } else { "cannot follow the log" },
        bus: if app.broker.bus() == Health::Good { "ok" } else { "does not ring" },
        life: if draining { "stopping" } else { "ok" },
    };
    let body = ReadyResponse { ready, parts };
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}
