//! `PATCH /notifications/{id}`: the caller saw, read or archived one, or takes it back.

use actix_web::web::{self, Data, Path};
use serde::Deserialize;
use tidings_middleware::{Code, Problem, ProblemBody, User};
use tidings_models::{Flags, Mark};
use utoipa::ToSchema;

use super::{ItemView, apply, parse_id};
use crate::{App, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRequest {
    /// It was shown.
    seen: Option<bool>,
    /// It was read.
    read: Option<bool>,
    /// It was put away.
    archived: Option<bool>,
}

/// Change one
///
/// What is not given stays as it is. Every open stream of the user gets an `inbox.changed`.
#[utoipa::path(
    patch, path = "/api/v1/notifications/{id}", tag = "inbox", params(("id" = String, Path)),
    request_body = ChangeRequest,
    responses(
        (status = 200, body = ItemView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "There is none, or it is somebody else's"),
        (status = 422, body = ProblemBody)
    )
)]
pub(crate) async fn change(
    User(principal): User,
    id: Path<String>,
    Json(ChangeRequest { seen, read, archived }): Json<ChangeRequest>,
    app: Data<App>,
) -> Result<web::Json<ItemView>, Problem> {
    let id = parse_id(&id)?;
    let flags = Flags { seen, read, archived, ..Flags::default() };
    if flags.is_empty() {
        return Err(Problem::new(Code::InvalidRequest).detail("Give at least one of seen, read and archived."));
    }
    apply(&app.broker, principal.user.clone(), Mark::Ids(vec![id], flags), app.clock.now()).await?;
    let item = app.store.inbox_item(&principal.user, id).await.map_err(error::store)?;
    let item = item.ok_or(Code::NotFound)?;
    Ok(web::Json(ItemView::of(item, app.store.cursors())))
}
