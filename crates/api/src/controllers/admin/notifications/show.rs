//! `GET /admin/notifications/{id}`: a notification, who it is for, and what became of it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Code, Manager, Problem};

use super::{SentView, parse_id};
use crate::{App, error};

/// One notification
#[utoipa::path(
    get, path = "/api/v1/admin/notifications/{id}", tag = "admin", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = SentView)
    )
)]
pub(crate) async fn show(_: Manager, id: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let found = app.store.notification(parse_id(&id)?).await.map_err(error::store)?;
    Ok(HttpResponse::Ok().json(SentView::of(&found.ok_or(Code::NotFound)?)))
}
