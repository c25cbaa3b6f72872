//! `GET /notifications/{id}`: one of the caller's notifications.

use actix_web::web::{self, Data, Path};
use tidings_middleware::{Code, Problem, ProblemBody, User};

use super::{ItemView, parse_id};
use crate::{App, error};

/// One notification
#[utoipa::path(
    get, path = "/api/v1/notifications/{id}", tag = "inbox", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = ItemView),
        (status = 404, body = ProblemBody, description = "There is none, or it is somebody else's")
    )
)]
pub(crate) async fn show(
    User(principal): User,
    id: Path<String>,
    app: Data<App>,
) -> Result<web::Json<ItemView>, Problem> {
    let item = app.store.inbox_item(&principal.user, parse_id(&id)?).await.map_err(error::store)?;
    let item = item.ok_or(Code::NotFound)?;
    Ok(web::Json(ItemView::of(item, app.store.cursors())))
}
