//! `GET /auth/sessions`, `DELETE /auth/sessions/{id}`: where somebody is signed in, and the end of one of them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Path},
};
use serde::Serialize;
use tidings_middleware::{Code, Credential, Problem, ProblemBody, SessionCookie, SignedIn};
use tidings_models::{AccessChange, SignInId, Timestamp, access::SignIn};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{App, error};

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsResponse {
    /// The one that was refreshed last first. There are 50 at most.
    items: Vec<SessionView>,
    /// Always null: there is one page.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SessionView {
    /// Which. Not its token.
    id: Uuid,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends, unless it is refreshed.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// It is the one that asks.
    current: bool,
}

/// Own sessions
#[utoipa::path(
    get, path = "/api/v1/auth/sessions", tag = "auth",
    responses((status = 200, body = SessionsResponse))
)]
pub(crate) async fn list(
    SignedIn(principal): SignedIn,
    app: Data<App>,
) -> Result<web::Json<SessionsResponse>, Problem> {
    let now = app.clock.now();
    let found = app.store.sign_ins(&principal.user).await.map_err(error::store)?;
    let open = found.into_iter().filter(|session| session.expires_at > now);
    let view = |SignIn { id, created_at, expires_at, ends_at, .. }: SignIn| SessionView {
        id: *id.as_uuid(),
        created_at,
        expires_at,
        ends_at,
        current: principal.grant.sign_in == Some(id),
    };
    Ok(web::Json(SessionsResponse { items: open.map(view).collect(), next: None }))
}

/// End one of one's own sessions
///
/// On another device, for example: its streams end as well. Whoever ends the one that asks, by its cookie, has that
/// removed.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions/{id}", tag = "auth", params(("id" = Uuid, Path)),
    responses(
        (status = 204),
        (status = 404, body = ProblemBody, description = "The user has no such session")
    )
)]
pub(crate) async fn end(
    request: HttpRequest,
    SignedIn(principal): SignedIn,
    id: Path<String>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let id = SignInId::from_uuid(id.parse::<Uuid>().map_err(|_| Code::NotFound)?);
    let found = app.store.sign_in_of(id).await.map_err(error::store)?;
    if found.is_none_or(|found| found.user != principal.user) {
        return Err(Problem::new(Code::NotFound));
    }
    app.change_access(AccessChange::EndSignIn(id)).await?;
    let mut answer = HttpResponse::NoContent();
    if principal.credential == Credential::Cookie && principal.grant.sign_in == Some(id) {
        answer.insert_header((header::SET_COOKIE, SessionCookie::of(request.head()).clear()?));
    }
    Ok(answer.finish())
}
