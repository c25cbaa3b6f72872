//! `GET /admin/notifications`: what was sent, newest first, or what is scheduled, the next first.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::{
    NotificationId, Timestamp,
    store::{Sent, SentQuery, Stage},
};
use utoipa::{IntoParams, ToSchema};

use super::SentView;
use crate::{App, error, extract::Query};

/// Most items of one page; bounds what one request reads and renders.
const MAX_LIMIT: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Those that were made, or those that are scheduled.
    #[serde(default)]
    stage: Which,
    /// How many at most, 1 to 200.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 200)]
    limit: u32,
    /// The `next` of the page before.
    after: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Which {
    /// Made, newest first.
    #[default]
    Made,
    /// Scheduled, the next first.
    Scheduled,
}

fn default_limit() -> u32 {
    50
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ListResponse<'a> {
    items: Vec<SentView<'a>>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// All notifications
#[utoipa::path(
    get, path = "/api/v1/admin/notifications", tag = "admin", params(ListQuery),
    responses(
        (status = 200, body = ListResponse),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody)
    )
)]
pub(crate) async fn list(_: Admin, Query(query): Query<ListQuery>, app: Data<App>) -> Result<HttpResponse, Problem> {
    if !(1..=MAX_LIMIT).contains(&query.limit) {
        return Err(Problem::new(Code::InvalidQuery).detail("limit: a number from 1 to 200"));
    }
    let after = query.after.as_deref().map(|after| parse_next(after).ok_or(Code::InvalidCursor)).transpose()?;
    let asked = match query.stage {
        Which::Made => SentQuery::Made(after.map(|(_, id)| id)),
        Which::Scheduled => SentQuery::Scheduled(after),
    };
    // One more tells whether there are more.
    let mut found = app.store.notifications(asked, query.limit + 1).await.map_err(error::store)?;
    let more = found.len() > query.limit as usize;
    found.truncate(query.limit as usize);
    let next = found.last().filter(|_| more).map(next);
    Ok(HttpResponse::Ok().json(ListResponse { items: found.iter().map(SentView::of).collect(), next }))
}

/// Where the list goes on: admins see everything, so it need not be sealed.
fn next(last: &Sent) -> String {
    let due = match last.stage {
        Stage::Scheduled(at) => at.as_millis(),
        _ => 0,
    };
    format!("{due}.{}", last.notification.id)
}

fn parse_next(text: &str) -> Option<(Timestamp, NotificationId)> {
    let (due, id) = text.split_once('.')?;
    Some((Timestamp::from_millis(due.parse().ok()?), NotificationId::parse(id)?))
}
