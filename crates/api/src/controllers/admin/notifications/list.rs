//! `GET /admin/notifications`: what was sent, newest first, or what is scheduled, the next first.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Manager, Problem};
use tidings_models::{
    NotificationId, Timestamp,
    store::{Sent, SentQuery, Stage},
};
use utoipa::{IntoParams, ToSchema};

use super::SentView;
use crate::{
    App, error,
    extract::Query,
    openapi::values::Next,
    paging::{Limit, List},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Those that were made, or those that are scheduled.
    #[serde(default)]
    #[param(inline)]
    stage: Which,
    /// How many at most, 1 to 200.
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    /// The `next` of the page before.
    #[param(value_type = Next, required = false)]
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

#[derive(Serialize, ToSchema)]
#[schema(as = SentResponse)]
pub(crate) struct ListResponse<'a> {
    items: Vec<SentView<'a>>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

/// All notifications
#[utoipa::path(
    get, path = "/api/v1/admin/notifications", tag = "admin", params(ListQuery),
    responses(
        (status = 200, body = ListResponse)
    )
)]
pub(crate) async fn list(_: Manager, Query(query): Query<ListQuery>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let (list, asked) = match query.stage {
        Which::Made => {
            let list = List::new(&app, "sent");
            let after = list.after(query.after.as_deref(), |id| NotificationId::parse(id).ok_or(()))?;
            (list, SentQuery::Made(after))
        }
        Which::Scheduled => {
            let list = List::new(&app, "scheduled");
            let after = list.after(query.after.as_deref(), |place| scheduled_at(place).ok_or(()))?;
            (list, SentQuery::Scheduled(after))
        }
    };
    let found = app.store.notifications(asked, query.limit.and_one()).await.map_err(error::store)?;
    let (found, next) = list.page(found, query.limit, place);
    Ok(HttpResponse::Ok().json(ListResponse { items: found.iter().map(SentView::of).collect(), next }))
}

/// The place of a notification in its list: its id, after its time if it is scheduled.
fn place(of: &Sent) -> String {
    let id = of.notification.id;
    match of.stage {
        Stage::Scheduled(at) => format!("{}.{id}", at.as_millis()),
        _ => id.to_string(),
    }
}

fn scheduled_at(place: &str) -> Option<(Timestamp, NotificationId)> {
    let (due, id) = place.split_once('.')?;
    Some((Timestamp::from_millis(due.parse().ok()?), NotificationId::parse(id)?))
}
