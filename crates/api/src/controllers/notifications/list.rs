//! `GET /notifications`: the list, newest first.

use actix_web::web::{self, Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Code, Problem, User};
use tidings_models::{InboxQuery, InboxState, Level, TopicName};
use utoipa::{IntoParams, ToSchema};

use super::{super::inbox::InboxView, ItemView};
use crate::{App, error, extract::Query, openapi::values, paging::Limit};

/// Longest text that is searched for; bounds what each title and body is compared with.
const MAX_SEARCH_CHARS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Which part of the inbox.
    #[serde(default)]
    state: InboxState,
    /// Only this level.
    level: Option<Level>,
    /// Only this category.
    category: Option<String>,
    /// Only of this topic.
    #[param(value_type = values::TopicName, required = false)]
    topic: Option<String>,
    /// Only what has this text in its title or body.
    #[param(min_length = 1, max_length = 100)]
    search: Option<String>,
    /// How many at most, 1 to 200.
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    /// The `next` of the page before.
    #[param(value_type = values::Next, required = false)]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NotificationsResponse)]
pub(crate) struct ListResponse {
    items: Vec<ItemView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
    #[serde(flatten)]
    inbox: InboxView,
}

/// The list
///
/// Newest first, with the counts of the same instant. `all` is everything that is neither archived nor snoozed,
/// and `unread` what of it counts.
#[utoipa::path(
    get, path = "/api/v1/notifications", tag = "inbox", params(ListQuery),
    responses((status = 200, body = ListResponse))
)]
pub(crate) async fn list(
    User(principal): User,
    Query(query): Query<ListQuery>,
    app: Data<App>,
) -> Result<web::Json<ListResponse>, Problem> {
    let cursors = app.store.cursors();
    let before = query.after.map(|after| cursors.open_list(&principal.user, &after)).transpose();
    let before = before.map_err(|_| Code::InvalidCursor)?;
    let topic = query.topic.map(|topic| TopicName::parse(&topic)).transpose();
    let topic = topic.map_err(|invalid| Problem::new(Code::InvalidQuery).detail(format!("topic: {invalid}")))?;
    if query.search.as_ref().is_some_and(|text| !(1..=MAX_SEARCH_CHARS).contains(&text.chars().count())) {
        return Err(Problem::new(Code::InvalidQuery).detail("search: 1 to 100 characters"));
    }
    let ListQuery { state, level, category, search, limit, .. } = query;
    let query = InboxQuery { state, level, category, topic, search, before, limit: limit.get() };
    let page = app.broker.inbox(&principal.user, &query).await.map_err(error::broker)?;

    let last = page.items.last().filter(|_| page.more);
    let next = last.map(|item| cursors.seal_list(&principal.user, item.position).to_string());
    let inbox = InboxView::of(&page, cursors);
    let items = page.items.into_iter().map(|item| ItemView::of(item, cursors)).collect();
    Ok(web::Json(ListResponse { items, next, inbox }))
}
