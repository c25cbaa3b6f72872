//! `GET /preferences`.

use actix_web::web::{self, Data};
use tidings_middleware::{Problem, User};
use tidings_models::Preferences;

use crate::{App, error};

/// Preferences
#[utoipa::path(
    get, path = "/api/v1/preferences", tag = "inbox",
    responses((status = 200, body = Preferences))
)]
pub(crate) async fn show(User(principal): User, app: Data<App>) -> Result<web::Json<Preferences>, Problem> {
    Ok(web::Json(app.store.preferences(&principal.user).await.map_err(error::store)?))
}
