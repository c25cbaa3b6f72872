//! `GET /admin/connections`: the open streams of all nodes.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_broker::{OpenStream, StreamSomewhere};
use tidings_middleware::{Admin, Problem};
use tidings_models::{Timestamp, UserId, store::ListedStream};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    App, error,
    extract::Query,
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct ConnectionsResponse {
    items: Vec<OpenView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// An open stream. Of one of another node than the one that answers there is no address, and nothing from `written` on.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenView {
    connection_id: Uuid,
    #[schema(value_type = String)]
    user: UserId,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// `sse`, `websocket`, or `poll` for a request that waits.
    #[schema(value_type = String)]
    transport: String,
    /// The node that it is on. Null, where the database is a file.
    node: Option<Uuid>,
    /// The address it was opened from, as its proxies tell it. It is kept nowhere.
    address: Option<String>,
    /// Events that were written to it, since it was opened or reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    written: Option<i64>,
    /// About when the last of them was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    written_at: Option<Timestamp>,
    /// Events that wait for it to take them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    queued: Option<usize>,
    /// There was no room for more: its reader is caught up, from the log, once it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    behind: Option<bool>,
}

impl OpenView {
    fn of(stream: StreamSomewhere, here: Option<Uuid>) -> Self {
        match stream {
            StreamSomewhere::Here(OpenStream { connection, transport, address, queued, behind }) => Self {
                connection_id: connection.id,
                user: connection.user,
                opened_at: connection.opened_at,
                transport: transport.as_str().into(),
                node: here,
                address: address.map(|address| address.to_string()),
                written: Some(connection.events),
                written_at: Some(connection.written_at),
                queued: Some(queued),
                behind: Some(behind),
            },
            StreamSomewhere::There(node, ListedStream { id, user, opened_at, transport }) => Self {
                connection_id: id,
                user,
                opened_at,
                transport,
                node: Some(node),
                address: None,
                written: None,
                written_at: None,
                queued: None,
                behind: None,
            },
        }
    }
}

/// Open streams
///
/// Those of all nodes.
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
    let open = app.broker.streams(after, query.limit.and_one() as usize).await.map_err(error::store)?;
    let (open, next) = list.page(open, query.limit, |last| last.id().to_string());
    let here = app.broker.node();
    Ok(web::Json(ConnectionsResponse { items: open.into_iter().map(|one| OpenView::of(one, here)).collect(), next }))
}
