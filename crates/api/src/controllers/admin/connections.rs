//! `GET /admin/connections`: the open streams of this node.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_broker::OpenStream;
use tidings_middleware::{Admin, Problem};
use tidings_models::{Timestamp, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    App,
    extract::Query,
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionsResponse {
    items: Vec<OpenView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// An open stream.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenView {
    connection_id: Uuid,
    #[schema(value_type = String)]
    user: UserId,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// `sse`, or `poll` for a request that waits.
    #[schema(value_type = String)]
    transport: &'static str,
    /// The address it was opened from, as its proxies tell it. It is kept nowhere.
    address: Option<String>,
    /// Events that were written to it, since it was opened or reset.
    written: i64,
    /// About when the last of them was.
    #[schema(value_type = String, format = DateTime)]
    written_at: Timestamp,
    /// Events that wait for it to take them.
    queued: usize,
    /// There was no room for more: its reader is caught up, from the log, once it goes on.
    behind: bool,
}

impl OpenView {
    fn of(open: OpenStream) -> Self {
        let OpenStream { connection, transport, address, queued, behind } = open;
        Self {
            connection_id: connection.id,
            user: connection.user,
            opened_at: connection.opened_at,
            transport: transport.as_str(),
            address: address.map(|address| address.to_string()),
            written: connection.events,
            written_at: connection.written_at,
            queued,
            behind,
        }
    }
}

/// Open streams
///
/// Those of the node that answers.
#[utoipa::path(
    get, path = "/api/v1/admin/connections", tag = "admin", params(PageQuery),
    responses(
        (status = 200, body = ConnectionsResponse)
    )
)]
pub(crate) async fn connections(
    _: Admin,
    Query(query): Query<PageQuery>,
    app: Data<App>,
) -> Result<web::Json<ConnectionsResponse>, Problem> {
    let list = List::new(&app, "connections");
    let after = list.after(query.after.as_deref(), Uuid::parse_str)?;
    let open = app.broker.open_streams(after, query.limit.and_one() as usize);
    let (open, next) = list.page(open, query.limit, |last| last.connection.id.to_string());
    Ok(web::Json(ConnectionsResponse { items: open.into_iter().map(OpenView::of).collect(), next }))
}
