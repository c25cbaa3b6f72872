//! `GET /admin/overview`: live figures.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_broker::Present;
use tidings_middleware::{Admin, Problem};
use tidings_models::{
    Position, Timestamp,
    store::{Node, Stored},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{App, error};

#[derive(Serialize, ToSchema)]
pub(crate) struct OverviewResponse {
    /// Open streams of all nodes. Those of others as they were a second or two ago, like all that is told of them.
    streams: usize,
    /// Users with open streams.
    users: usize,
    /// The nodes that share the database, the one that answers first. Empty, where that is a file.
    nodes: Vec<NodeView>,
    /// What is kept.
    stored: StoredView,
}

/// A node.
#[derive(Serialize, ToSchema)]
pub(crate) struct NodeView {
    /// One life of its process.
    id: Uuid,
    /// What it runs.
    version: String,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Its open streams.
    streams: i64,
    /// How many events of the log it has yet to read, of those that the node that answers has read.
    behind: i64,
}

impl NodeView {
    fn of(node: Node, head: Position) -> Self {
        let Node { id, version, started_at, position, streams, .. } = node;
        Self { id, version, started_at, streams, behind: (head.get() - position.get()).max(0) }
    }
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
    let Present { streams, users } = app.broker.present().await.map_err(error::store)?;
    let head = app.broker.figures().position;
    let nodes = app.broker.nodes().into_iter().map(|node| NodeView::of(node, head)).collect();
    let Stored { events, notifications, scheduled, recipients, topics } =
        app.store.stored().await.map_err(error::store)?;
    let stored = StoredView { events, notifications, scheduled, recipients, topics };
    Ok(web::Json(OverviewResponse { streams, users, nodes, stored }))
}
