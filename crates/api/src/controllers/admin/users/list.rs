//! `GET /admin/users`: the built-in accounts.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Admin, Problem};
use tidings_models::UserId;
use utoipa::ToSchema;

use super::AccountView;
use crate::{
    App, error,
    extract::Query,
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct AccountsResponse {
    /// By name.
    items: Vec<AccountView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// Accounts
#[utoipa::path(
    get, path = "/api/v1/admin/users", tag = "admin", params(PageQuery),
    responses(
        (status = 200, body = AccountsResponse)
    )
)]
pub(crate) async fn list(
    _: Admin,
    Query(query): Query<PageQuery>,
    app: Data<App>,
) -> Result<web::Json<AccountsResponse>, Problem> {
    let list = List::new(&app, "accounts");
    let after = list.after(query.after.as_deref(), UserId::parse)?;
    let found = app.store.accounts(after.as_ref(), query.limit.and_one()).await.map_err(error::store)?;
    let (accounts, next) = list.page(found, query.limit, |last| last.user.as_str().to_owned());
    Ok(web::Json(AccountsResponse { items: accounts.into_iter().map(AccountView::of).collect(), next }))
}
