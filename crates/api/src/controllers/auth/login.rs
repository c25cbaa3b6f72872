//! `POST /auth/login`: a name and a password for a session.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tidings_middleware::{Auth, Code, Problem, ProblemBody, SessionCookie};
use tidings_models::{Account, PasswordHash, Role, Timestamp, UserId};
use utoipa::ToSchema;

use crate::{App, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// The name of the account.
    user: String,
    /// Its password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LoginResponse {
    /// For `Authorization: Bearer`, where cookies are of no use.
    token: String,
    /// When the session ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Who signed in.
    #[schema(value_type = String)]
    user: UserId,
    /// What they may do.
    role: Role,
}

/// Sign in
///
/// Answers with a token, and sets the same one as a cookie that no script can read. An unknown name
/// and a wrong password get the same answer after the same time.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "auth", security(()), request_body = LoginRequest,
    responses(
        (status = 200, body = LoginResponse),
        (status = 401, body = ProblemBody, description = "`bad_credentials`"),
        (status = 429, body = ProblemBody, description = "`rate_limited`: too many tries, from this address or for this name")
    )
)]
pub(crate) async fn login(
    request: HttpRequest,
    Json(LoginRequest { user, password }): Json<LoginRequest>,
    app: Data<App>,
    auth: Data<Auth>,
) -> Result<HttpResponse, Problem> {
    // Before anything is looked up: a guess that comes too soon costs us nothing and tells them nothing.
    auth.limits.login(request.head(), &user)?;
    let account = match UserId::parse(&user) {
        Ok(user) => app.store.account(&user).await.map_err(error::store)?,
        Err(_) => None,
    };
    let account = check(&app, account, password).await?.ok_or(Code::BadCredentials)?;

    let now = app.clock.now();
    let seconds = i64::try_from(app.session.as_secs()).unwrap_or(i64::MAX);
    let expires_at = now.plus_millis(seconds.saturating_mul(1000));
    let token = auth.tokens.mint(&account.user, account.role, now, expires_at).map_err(Problem::internal)?;
    let cookie = SessionCookie::of(request.head()).set(&token, seconds)?;
    let body = LoginResponse { token, expires_at, user: account.user, role: account.role };
    Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, cookie)).json(body))
}

/// The account, if the password is its own and it may sign in. Nobody's password takes as long.
async fn check(app: &App, account: Option<Account>, password: SecretString) -> Result<Option<Account>, Problem> {
    let hash = account.as_ref().map_or_else(PasswordHash::of_nobody, |account| account.password.clone());
    let fits = app.passwords.fits(hash, password).await?;
    Ok(account.filter(|account| fits && !account.disabled))
}
