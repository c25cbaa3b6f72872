//! `GET /admin/audience`: how many something would reach.

use actix_web::web::{self, Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Code, Manager, Problem, ProblemBody};
use tidings_models::Audience;
use utoipa::{IntoParams, ToSchema};

use crate::{App, error, extract::Query, openapi::values::AudienceName};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AudienceQuery {
    /// `everyone`, `topic:` and its name, or `user:` and theirs.
    #[param(value_type = AudienceName)]
    to: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AudienceResponse {
    /// Users that it would be for now: all who are known, or who belong to the topic. A user is one, known or not.
    recipients: i64,
    /// How many of them have a stream open. Those of other nodes as they were a second or two ago.
    connected: usize,
}

/// How many it would reach
///
/// An estimate for whoever is about to send something: users come and go meanwhile.
#[utoipa::path(
    get, path = "/api/v1/admin/audience", tag = "admin", params(AudienceQuery),
    responses(
        (status = 200, body = AudienceResponse),
        (status = 404, body = ProblemBody, description = "There is no such topic")
    )
)]
pub(crate) async fn audience(
    _: Manager,
    Query(query): Query<AudienceQuery>,
    app: Data<App>,
) -> Result<web::Json<AudienceResponse>, Problem> {
    let malformed = || Problem::new(Code::InvalidQuery).detail("to: everyone, topic:NAME or user:NAME");
    let audience = Audience::parse(&query.to).ok_or_else(malformed)?;
    let recipients = app.store.recipients_of(&audience).await.map_err(error::store)?.ok_or(Code::NotFound)?;
    let connected = app.broker.connected(&audience).await.map_err(error::store)?;
    Ok(web::Json(AudienceResponse { recipients, connected }))
}
