//! `GET /admin/topics`: all topics.

use actix_web::web::{self, Data};
use serde::Serialize;
use tidings_middleware::{Admin, Problem, ProblemBody};
use utoipa::ToSchema;

use super::TopicView;
use crate::{App, error};

#[derive(Serialize, ToSchema)]
pub(crate) struct TopicsResponse {
    /// By name.
    items: Vec<TopicWithMembersView>,
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
    get, path = "/api/v1/admin/topics", tag = "admin",
    responses((status = 200, body = TopicsResponse), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody))
)]
pub(crate) async fn list(_: Admin, app: Data<App>) -> Result<web::Json<TopicsResponse>, Problem> {
    let topics = app.store.topics().await.map_err(error::store)?;
    let items = topics
        .into_iter()
        .map(|found| TopicWithMembersView { topic: TopicView::of(found.topic), members: found.members });
    Ok(web::Json(TopicsResponse { items: items.collect() }))
}
