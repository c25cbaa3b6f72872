//! `POST /stream/ticket`: for a client that can set neither a header nor a cookie.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use tidings_middleware::{Auth, Problem, ProblemBody, User};
use tidings_models::Timestamp;
use utoipa::ToSchema;

use crate::App;

#[derive(Serialize, ToSchema)]
pub(crate) struct TicketResponse {
    /// For `GET /stream?ticket=…` or `GET /ws?ticket=…`, once.
    ticket: String,
    /// When it ends, if it is not used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A ticket for a stream
///
/// Opens one stream within half a minute, and nothing else. The stream lasts as long as what the ticket was asked for with.
#[utoipa::path(
    post, path = "/api/v1/stream/ticket", tag = "stream",
    responses(
        (status = 200, body = TicketResponse),
        (status = 403, body = ProblemBody, description = "A key of a server has no stream")
    )
)]
pub(crate) async fn ticket(User(principal): User, app: Data<App>, auth: Data<Auth>) -> Result<HttpResponse, Problem> {
    let (ticket, expires_at) = auth.tickets.make(&principal, &*app.random, app.clock.now())?;
    Ok(HttpResponse::Ok().json(TicketResponse { ticket, expires_at }))
}
