//! `POST /stream/renew`: an open stream lasts as long as another token.

use actix_web::web::{self, Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Code, Problem, ProblemBody, User};
use tidings_models::{AccessChange, Timestamp};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{App, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewRequest {
    /// The stream, as its `ready` has named it.
    connection_id: Uuid,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct RenewResponse {
    /// When the stream ends now, unless it is renewed again.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) expires_at: Timestamp,
}

/// Renew a stream
///
/// The stream goes on until the token ends that this request comes with, whatever node it is on (one that was opened a
/// moment ago is known to the others a second later). It must be a stream of the same user. (The
/// streams of a session go on by themselves when it is refreshed.)
#[utoipa::path(
    post, path = "/api/v1/stream/renew", tag = "stream", request_body = RenewRequest,
    responses(
        (status = 200, body = RenewResponse),
        (status = 404, body = ProblemBody, description = "The user has no such stream")
    )
)]
pub(crate) async fn renew(
    User(principal): User,
    Json(request): Json<RenewRequest>,
    app: Data<App>,
) -> Result<web::Json<RenewResponse>, Problem> {
    let (stream, user, grant) = (request.connection_id, principal.user, principal.grant);
    let renewed = app.broker.renew(&user, stream, &grant)
        || app.broker.is_elsewhere(&user, stream).await.map_err(error::store)?
            && !app.change_access(AccessChange::RenewStream { stream, user, grant }).await?.is_refusal();
    if renewed { Ok(web::Json(RenewResponse { expires_at: grant.expires_at })) } else { Err(Code::NotFound.into()) }
}
