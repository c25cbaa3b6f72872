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
use url::Url;
use utoipa::ToSchema;

use super::AccountView;
use crate::{App, audit, error, extract::Json, openapi::values::UserName};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRequest {
    /// The name to sign in with, and the recipient that it stands for.
    #[schema(value_type = UserName)]
    user: String,
    /// What they may do.
    #[serde(default)]
    role: Role,
    /// Their first password, 8 to 256 characters that are not soon guessed. Without it one is made up.
    #[schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 256)]
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
        (status = 201, body = NewAccountView, headers(("Location" = String, description = "Where it is found"))),
        (status = 409, body = ProblemBody, description = "There is one of that name")
    )
)]
pub(crate) async fn create(
    _: Admin,
    Json(request): Json<AccountRequest>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let user = UserId::parse_account(&request.user).map_err(|invalid| Problem::field("user", invalid))?;
    let made_up = request.password.is_none();
    let password = request.password.unwrap_or_else(|| password::generate(&*app.random));
    let hash = app.passwords.hash(password.clone(), user.clone()).await?;
    let hash = hash.map_err(|invalid| Problem::field("password", invalid))?;
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
    audit::account_made(&account.user, account.role.as_str());
    let location = place(&account.user).ok_or_else(|| Problem::internal("a name that cannot stand in a path"))?;
    let password = made_up.then(|| password.expose_secret().to_owned());
    let body = NewAccountView { account: AccountView::of(account), password };
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(body))
}

/// Where the account is found. The name may hold what has a meaning in a path.
fn place(user: &UserId) -> Option<HeaderValue> {
    let mut place = Url::parse("http://here/api/v1/admin/users").ok()?;
    place.path_segments_mut().ok()?.push(user.as_str());
    HeaderValue::from_str(place.path()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_the_path() {
        let place = |name: &str| place(&UserId::parse(name).unwrap()).unwrap();
        assert_eq!(place("ann"), "/api/v1/admin/users/ann");
        assert_eq!(place("a/b?c#d é"), "/api/v1/admin/users/a%2Fb%3Fc%23d%20%C3%A9");
    }
}
