//! `GET /admin/api-keys`: all keys.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Admin, Problem};
use tidings_models::access::KeyId;
use utoipa::ToSchema;

use super::ApiKeyView;
use crate::{
    App, error,
    extract::Query,
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeysResponse {
    /// The newest first, those that are no longer good for three months among them.
    items: Vec<ApiKeyView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// API keys
#[utoipa::path(
    get, path = "/api/v1/admin/api-keys", tag = "admin", params(PageQuery),
    responses(
        (status = 200, body = ApiKeysResponse)
    )
)]
pub(crate) async fn list(
    _: Admin,
    Query(query): Query<PageQuery>,
    app: Data<App>,
) -> Result<web::Json<ApiKeysResponse>, Problem> {
    let list = List::new(&app, "api-keys");
    let before = list.after(query.after.as_deref(), str::parse::<KeyId>)?;
    let found = app.store.api_keys(before, query.limit.and_one()).await.map_err(error::store)?;
    let (keys, next) = list.page(found, query.limit, |last| last.id.to_string());
    Ok(web::Json(ApiKeysResponse { items: keys.into_iter().map(ApiKeyView::of).collect(), next }))
}
