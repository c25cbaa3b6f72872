//! `GET /admin/users/{user}`: one account.

use actix_web::web::{self, Data, Path};
use tidings_middleware::{Admin, Problem};

use super::{AccountView, account, parse_user};
use crate::{App, openapi::values::UserName};

/// One account
#[utoipa::path(
    get, path = "/api/v1/admin/users/{user}", tag = "admin", params(("user" = UserName, Path)),
    responses(
        (status = 200, body = AccountView)
    )
)]
pub(crate) async fn show(_: Admin, user: Path<String>, app: Data<App>) -> Result<web::Json<AccountView>, Problem> {
    Ok(web::Json(AccountView::of(account(&app, &parse_user(&user)?).await?)))
}
