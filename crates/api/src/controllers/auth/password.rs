//! `POST /auth/password`: another password for one's own account.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tidings_middleware::{Auth, Code, Problem, ProblemBody, SignedIn};
use tidings_models::{AccessChange, Invalid, text::Rule};
use utoipa::ToSchema;

use crate::{App, audit, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRequest {
    /// The password that the account has.
    #[schema(value_type = String, format = Password)]
    current: SecretString,
    /// The one that it is to have: 8 to 256 characters, and not among the first that anybody would try.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256)]
    new: SecretString,
}

/// Change the password
///
/// Ends all other sessions of the account, and its tokens.
#[utoipa::path(
    post, path = "/api/v1/auth/password", tag = "auth", request_body = PasswordRequest,
    responses(
        (status = 204),
        (status = 401, body = ProblemBody, description = "`bad_credentials`: the current password is another"),
        (status = 403, body = ProblemBody, description = "There is no account, only a token"),
        (status = 409, body = ProblemBody, description = "Somebody else has changed it just now"),
        (status = 429, body = ProblemBody, description = "`rate_limited`: too many tries")
    )
)]
pub(crate) async fn change(
    request: HttpRequest,
    SignedIn(principal): SignedIn,
    Json(PasswordRequest { current, new }): Json<PasswordRequest>,
    app: Data<App>,
    auth: Data<Auth>,
) -> Result<HttpResponse, Problem> {
    // Who has found a screen unlocked must not try passwords at it.
    auth.limits.login(request.head(), principal.user.as_str())?;
    if new.expose_secret() == current.expose_secret() {
        let same = Invalid::new(Rule::Value, "choose another one than the one that you have");
        return Err(Problem::field("new", same));
    }
    let account = app.store.account(&principal.user).await.map_err(error::store)?;
    let (Some(account), Some(keep)) = (account, principal.grant.sign_in) else {
        return Err(Problem::new(Code::Forbidden).detail("Only a session of a built-in account has a password."));
    };
    if !app.passwords.fits(account.password.clone(), current).await? {
        audit::wrong_password(&principal.user, auth.limits.address(request.head()));
        return Err(Problem::new(Code::BadCredentials).detail("The current password is another one."));
    }
    let password =
        app.passwords.hash(new, principal.user.clone()).await?.map_err(|invalid| Problem::field("new", invalid))?;
    let user = principal.user;
    let own = Some((keep, account.password));
    let change = AccessChange::SetPassword { user, password, must_change: false, own };
    if app.change_access(change).await?.is_refusal() {
        return Err(Problem::new(Code::Conflict).detail("The password was changed, or the session ended, just now."));
    }
    Ok(HttpResponse::NoContent().finish())
}
