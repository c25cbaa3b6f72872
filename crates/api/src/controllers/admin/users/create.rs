//! `POST /admin/users`: makes an account.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
    web::Data,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::{Account, Role, UserId, password};
use utoipa::ToSchema;

use super::AccountView;
use crate::{App, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRequest {
    /// The name to sign in with, and the recipient that it stands for.
    user: String,
    /// What they may do.
    #[serde(default)]
    role: Role,
    /// Their first password, 8 to 256 characters. Without it one is made up.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct NewAccountView {
    #[serde(flatten)]
    account: AccountView,
    /// The password that was made up: shown now, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Make an account
///
/// Whoever it is for must choose another password when they first sign in: this one is known to somebody else.
#[utoipa::path(
    post, path = "/api/v1/admin/users", tag = "admin", request_body = AccountRequest,
    responses(
        (status = 201, body = NewAccountView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "There is one of that name"),
        (status = 422, body = ProblemBody)
    )
)]
pub(crate) async fn create(
    _: Admin,
    Json(request): Json<AccountRequest>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let user = UserId::parse(&request.user).map_err(|invalid| Problem::field("user", invalid))?;
    let made_up = request.password.is_none();
    let password = request.password.unwrap_or_else(|| password::generate(&*app.random));
    let hash = app.passwords.hash(password.clone()).await?.map_err(|invalid| Problem::field("password", invalid))?;
    let account = Account {
        user,
        role: request.role,
        disabled: false,
        must_change: true,
        password: hash,
        created_at: app.clock.now(),
    };
    if !app.store.create_account(&account).await.map_err(error::store)? {
        return Err(Problem::new(Code::Conflict).detail("There is an account of that name already."));
    }
    let location = format!("/api/v1/admin/users/{}", urlencoding(account.user.as_str()));
    let location = HeaderValue::from_str(&location).map_err(Problem::internal)?;
    let password = made_up.then(|| password.expose_secret().to_owned());
    let body = NewAccountView { account: AccountView::of(account), password };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(body))
}

/// A name as a part of a path.
fn urlencoding(name: &str) -> String {
    name.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
        path
    })
}
