//! `POST /auth/login`: a name and a password for a session.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use secrecy::SecretString;
use serde::Deserialize;
use tidings_middleware::{Auth, Code, Credential, Problem, ProblemBody, SignedIn};
use tidings_models::{
    AccessChange, Account, PasswordHash, Secret, SecretKind, UserId,
    access::{NewSignIn, SignIn, SignInId},
};
use utoipa::ToSchema;

use super::session::{Session, SessionResponse};
use crate::{App, audit, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// The name of the account.
    user: String,
    /// Its password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Sign in
///
/// Answers with a token, and sets the same one as a cookie that no script can read. An unknown name
/// and a wrong password get the same answer after the same time.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "auth", security(()), request_body = LoginRequest,
    responses(
        (status = 200, body = SessionResponse, headers(("Set-Cookie" = String, description = "The session, for browsers"))),
        (status = 401, body = ProblemBody, description = "`bad_credentials`"),
        (status = 429, body = ProblemBody, description = "`rate_limited`: too many tries, from this address or for this name")
    )
)]
pub(crate) async fn login(
    request: HttpRequest,
    before: Result<SignedIn, Problem>,
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
    let from = auth.limits.address(request.head());
    let known = account.as_ref().map(|account| account.user.clone());
    let Some(account) = check(&app, account, password).await? else {
        audit::not_signed_in(known.as_ref(), from);
        return Err(Problem::new(Code::BadCredentials));
    };

    let now = app.clock.now();
    let ends_at = app.sessions.ends_at(now);
    let expires_at = app.sessions.expires_at(now, ends_at);
    let secret = Secret::make(SecretKind::SignIn, &*app.random);
    let id = SignInId::make(&*app.random);
    make_room(&app, &account.user).await?;
    let (user, password) = (account.user.clone(), account.password.clone());
    let new = NewSignIn { id, user, password, secret: secret.digest(), at: now, expires_at, ends_at };
    if !app.store.begin_sign_in(&new).await.map_err(error::store)? {
        return Err(Problem::new(Code::BadCredentials)); // disabled, or another password, in between
    }
    audit::signed_in(&account.user, id, from);
    // The one whose cookie is replaced has nobody who could end it any more.
    if let Ok(SignedIn(before)) = before
        && before.credential == Credential::Cookie
        && let Some(id) = before.grant.sign_in
    {
        app.change_access(AccessChange::EndSignIn(id)).await?;
    }
    let Account { user, role, must_change, .. } = account;
    Session { secret, user, role, must_change, expires_at, ends_at }.answer(&request, now)
}

/// Ends what a user refreshed the longest ago, where they have as many sign-ins as they may: by the log, so that the
/// streams of these end too.
async fn make_room(app: &App, user: &UserId) -> Result<(), Problem> {
    let most = usize::try_from(SignIn::MOST).unwrap_or(usize::MAX);
    let open = app.store.sign_ins(user).await.map_err(error::store)?;
    for one in open.iter().skip(most.saturating_sub(1)) {
        app.change_access(AccessChange::EndSignIn(one.id)).await?;
    }
    Ok(())
}

/// The account, if the password is its own and it may sign in. Nobody's password takes as long.
async fn check(app: &App, account: Option<Account>, password: SecretString) -> Result<Option<Account>, Problem> {
    let hash = account.as_ref().map_or_else(PasswordHash::of_nobody, |account| account.password.clone());
    let fits = app.passwords.fits(hash, password).await?;
    Ok(account.filter(|account| fits && !account.disabled))
}
