//! `GET /admin/notifications/{id}`: a notification and who it was sent to.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::NotificationId;

use super::SentView;
use crate::{App, error};

/// One notification
#[utoipa::path(
    get, path = "/api/v1/admin/notifications/{id}", tag = "admin", params(("id" = String, Path)),
    responses(
        (status = 200, body = SentView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)
    )
)]
pub(crate) async fn show(_: Admin, id: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let id = NotificationId::parse(&id).ok_or(Code::NotFound)?;
    let found = app.store.notification(id).await.map_err(error::store)?;
    let (notification, to) = found.ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().json(SentView::of(&notification, &to)))
}
