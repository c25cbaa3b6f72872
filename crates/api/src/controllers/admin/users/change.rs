//! `PATCH /admin/users/{user}`: another role or password, or no entry.

use actix_web::web::{self, Data, Path};
use secrecy::SecretString;
use serde::Deserialize;
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::{AccessChange, Role};
use utoipa::ToSchema;

use super::{AccountView, account, not_oneself, parse_user};
use crate::{App, extract::Json, openapi::values::UserName};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    /// What they may do from now on.
    role: Option<Role>,
    /// Whether they may sign in.
    disabled: Option<bool>,
    /// Another password, 8 to 256 characters. They must choose one of their own when they sign in with it.
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 256)]
    password: Option<SecretString>,
}

/// Change an account
///
/// Whatever changes but to let somebody in again ends their sessions, tokens and streams: what they may do is
/// asked anew. Nobody can do that to themselves.
#[utoipa::path(
    patch, path = "/api/v1/admin/users/{user}", tag = "admin", params(("user" = UserName, Path)),
    request_body = AccountChange,
    responses(
        (status = 200, body = AccountView),
        (status = 409, body = ProblemBody, description = "It is your own account")
    )
)]
pub(crate) async fn change(
    Admin(caller): Admin,
    user: Path<String>,
    Json(request): Json<AccountChange>,
    app: Data<App>,
) -> Result<web::Json<AccountView>, Problem> {
    let user = parse_user(&user)?;
    let now = account(&app, &user).await?;
    not_oneself(&caller.user, &user)?;
    let mut changes = Vec::new();
    if let Some(password) = request.password {
        let password = app.passwords.hash(password, user.clone()).await?;
        let password = password.map_err(|invalid| Problem::field("password", invalid))?;
        changes.push(AccessChange::SetPassword { user: user.clone(), password, must_change: true, own: None });
    }
    if let Some(role) = request.role.filter(|role| *role != now.role) {
        changes.push(AccessChange::SetRole(user.clone(), role));
    }
    if let Some(disabled) = request.disabled.filter(|disabled| *disabled != now.disabled) {
        changes.push(AccessChange::SetDisabled(user.clone(), disabled));
    }
    if !changes.is_empty() && !app.change_access_together(changes).await? {
        return Err(Problem::new(Code::NotFound)); // somebody else has just removed it
    }
    Ok(web::Json(AccountView::of(account(&app, &user).await?)))
}
