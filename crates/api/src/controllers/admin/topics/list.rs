//! `GET /admin/topics`: all topics.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Manager, Problem};
use tidings_models::TopicName;
use utoipa::ToSchema;

use super::TopicView;
use crate::{
    App, error,
    extract::Query,
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct TopicsResponse {
    /// By name.
    items: Vec<TopicWithMembersView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct TopicWithMembersView {
    #[serde(flatten)]
    topic: TopicView,
    /// How many users belong to it.
    members: i64,
}

/// All topics
#[utoipa::path(
    get, path = "/api/v1/admin/topics", tag = "admin", params(PageQuery),
    responses(
        (status = 200, body = TopicsResponse)
    )
)]
pub(crate) async fn list(
    _: Manager,
    Query(query): Query<PageQuery>,
    app: Data<App>,
) -> Result<web::Json<TopicsResponse>, Problem> {
    let list = List::new(&app, "topics");
    let after = list.after(query.after.as_deref(), TopicName::parse)?;
    let found = app.store.topics(after.as_ref(), query.limit.and_one()).await.map_err(error::store)?;
    let (topics, next) = list.page(found, query.limit, |last| last.topic.name.as_str().to_owned());
    let items = topics
        .into_iter()
        .map(|found| TopicWithMembersView { topic: TopicView::of(found.topic), members: found.members });
    Ok(web::Json(TopicsResponse { items: items.collect(), next }))
}
