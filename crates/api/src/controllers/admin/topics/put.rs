//! `PUT /admin/topics/{topic}`: makes a topic, or changes it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::Deserialize;
use tidings_middleware::{Manager, Problem};
use tidings_models::{Invalid, Topic, TopicName, text};
use utoipa::ToSchema;

use super::TopicView;
use crate::{App, error, extract::Json, openapi::values};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicRequest {
    /// What people read instead of its name: 1 to 100 characters.
    #[schema(value_type = Option<values::Word>)]
    title: Option<String>,
    /// Whether users join and leave by themselves. Otherwise admins say who belongs to it.
    #[serde(default)]
    open: bool,
}

/// Make or change a topic
///
/// Its name is `[a-z0-9][a-z0-9._-]{0,63}`. 201 when it is new.
#[utoipa::path(
    put, path = "/api/v1/admin/topics/{topic}", tag = "admin", params(("topic" = values::TopicName, Path)),
    request_body = TopicRequest,
    responses(
        (status = 200, body = TopicView),
        (status = 201, body = TopicView)
    )
)]
pub(crate) async fn put(
    _: Manager,
    name: Path<String>,
    Json(request): Json<TopicRequest>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let field = |name: &'static str| move |invalid: Invalid| Problem::field(name, invalid);
    let name = TopicName::parse(&name).map_err(field("topic"))?;
    let title = request.title.map(text::word).transpose().map_err(field("title"))?;
    let topic = Topic { name, title, open: request.open, created_at: app.clock.now() };
    let new = app.store.put_topic(&topic).await.map_err(error::store)?;
    let kept = app.store.topic(&topic.name).await.map_err(error::store)?.unwrap_or(topic);
    let mut response = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(TopicView::of(kept)))
}
