//! `GET /topics`: the topics that the caller may join, or belongs to.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Problem, User};
use tidings_models::TopicName;
use utoipa::ToSchema;

use crate::{
    App, error,
    extract::Query,
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
#[schema(as = TopicsOfUserResponse)]
pub(crate) struct TopicsResponse {
    /// By name.
    items: Vec<TopicOfUserView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TopicOfUserView {
    #[schema(value_type = String)]
    topic: TopicName,
    /// What to show instead of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Whether the caller may join and leave. If not, an admin decides.
    open: bool,
    /// Whether the caller belongs to it.
    joined: bool,
}

/// Topics
///
/// Those that are open to everybody, and those that the caller belongs to.
#[utoipa::path(
    get, path = "/api/v1/topics", tag = "inbox", params(PageQuery),
    responses(
        (status = 200, body = TopicsResponse)
    )
)]
pub(crate) async fn list(
    User(principal): User,
    Query(query): Query<PageQuery>,
    app: Data<App>,
) -> Result<web::Json<TopicsResponse>, Problem> {
    let list = List::new(&app, format!("topics of {}", principal.user));
    let after = list.after(query.after.as_deref(), TopicName::parse)?;
    let found = app.store.topics_of(&principal.user, after.as_ref(), query.limit.and_one());
    let (topics, next) =
        list.page(found.await.map_err(error::store)?, query.limit, |last| last.topic.name.as_str().to_owned());
    let items = topics.into_iter().map(|found| TopicOfUserView {
        topic: found.topic.name,
        title: found.topic.title,
        open: found.topic.open,
        joined: found.joined,
    });
    Ok(web::Json(TopicsResponse { items: items.collect(), next }))
}
