//! `GET /inbox`: the counts, and where to open the stream.

use actix_web::web::{self, Data};
use tidings_middleware::{Problem, User};
use tidings_models::InboxQuery;

use super::InboxView;
use crate::{App, error};

/// The counts
///
/// What a bell needs, and the cursor to open the stream with: `GET /stream?after=…` goes on exactly
/// from these counts.
#[utoipa::path(
    get, path = "/api/v1/inbox", tag = "inbox",
    responses((status = 200, body = InboxView))
)]
pub(crate) async fn show(User(principal): User, app: Data<App>) -> Result<web::Json<InboxView>, Problem> {
    let page = app.broker.inbox(&principal.user, &InboxQuery::counts()).await.map_err(error::broker)?;
    Ok(web::Json(InboxView::of(&page, app.store.cursors())))
}
