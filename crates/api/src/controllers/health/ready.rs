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
    /// The database answers.
    #[schema(example = "ok")]
    database: &'static str,
    /// The log can be followed: nothing is missing in it.
    #[schema(example = "ok")]
    follower: &'static str,
    /// What is in the log is handed on in time.
    #[schema(example = "ok")]
    lag: &'static str,
    /// Other nodes are heard when they ring. Where they are not, the node is ready all the same: what they stored comes
    /// about a second later.
    #[schema(example = "ok")]
    bus: &'static str,
    /// There is room for more on the disk of the database. Where there is none, the node is ready all the same: what is
    /// there is read, and what is sent is refused.
    #[schema(example = "ok")]
    disk: &'static str,
    /// The node is not about to stop.
    #[schema(example = "ok")]
    life: &'static str,
}

/// Ready
///
/// 200 when this node should be given requests, 503 when not: it is stopping, cannot read the log, or is behind.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, body = ReadyResponse), (status = 503, body = ReadyResponse))
)]
pub(crate) async fn ready(app: Data<App>) -> HttpResponse {
    let parts = app.broker.parts();
    let draining = app.draining.load(Ordering::Relaxed);
    let ready = parts.trouble().is_none() && !draining;
    // What is wrong in detail goes to the log alone: anybody may ask.
    let word = |part: &Health, bad: &'static str| if *part == Health::Good { "ok" } else { bad };
    let parts = Parts {
        database: word(&parts.database, "does not answer"),
        follower: word(&parts.follower, "cannot follow the log"),
        lag: word(&parts.lag, "behind"),
        bus: word(&parts.bus, "does not ring"),
        disk: word(&parts.disk, "full"),
        life: if draining { "stopping" } else { "ok" },
    };
    let body = ReadyResponse { ready, parts };
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}
