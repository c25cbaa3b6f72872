//! `/admin/topics/{topic}/members`: who belongs to a topic.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path},
};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Code, FieldError, Manager, Problem};
use tidings_models::{Recipients, TopicName, UserId};
use utoipa::ToSchema;

use super::parse_topic;
use crate::{
    App,
    controllers::subscriptions::subscribe,
    error,
    extract::{Json, NoParameters, Query},
    openapi::values::{self, UserName},
    paging::{List, PageQuery},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct MembersResponse {
    /// Users, by name.
    #[schema(value_type = Vec<String>)]
    items: Vec<UserId>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MembersRequest {
    /// 1 to 1,000 users who are to belong to it.
    #[schema(value_type = Vec<UserName>, min_items = 1, max_items = 1000)]
    users: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AddedResponse {
    /// How many of them did not belong to it before.
    added: usize,
}

/// Who belongs to a topic
#[utoipa::path(
    get, path = "/api/v1/admin/topics/{topic}/members", tag = "admin",
    params(("topic" = values::TopicName, Path), PageQuery),
    responses(
        (status = 200, body = MembersResponse)
    )
)]
pub(crate) async fn list(
    _: Manager,
    name: Path<String>,
    Query(query): Query<PageQuery>,
    app: Data<App>,
) -> Result<web::Json<MembersResponse>, Problem> {
    let topic = there(&app, &name).await?;
    let list = List::new(&app, format!("members of {}", topic.as_str()));
    let after = list.after(query.after.as_deref(), UserId::parse)?;
    let found = app.store.members(&topic, after.as_ref(), query.limit.and_one()).await.map_err(error::store)?;
    let (items, next) = list.page(found, query.limit, |last| last.as_str().to_owned());
    Ok(web::Json(MembersResponse { items, next }))
}

/// Add members
///
/// From now on the topic's events are theirs, on open streams too. Those who belong to it already stay.
#[utoipa::path(
    post, path = "/api/v1/admin/topics/{topic}/members", tag = "admin", params(("topic" = values::TopicName, Path)),
    request_body = MembersRequest,
    responses(
        (status = 200, body = AddedResponse)
    )
)]
pub(crate) async fn add(
    _: Manager,
    _: Query<NoParameters>,
    name: Path<String>,
    Json(request): Json<MembersRequest>,
    app: Data<App>,
) -> Result<web::Json<AddedResponse>, Problem> {
    let topic = there(&app, &name).await?;
    if !(1..=Recipients::MAX_USERS).contains(&request.users.len()) {
        return Err(Problem::fields(vec![FieldError::new("users", Code::InvalidRecipients, "1 to 1000 users")]));
    }
    let users = request.users.iter().map(|user| UserId::parse(user)).collect::<Result<Vec<_>, _>>();
    let users = users.map_err(|invalid| Problem::field("users", invalid))?;
    let joining = users.into_iter().map(|user| subscribe(&app, user, topic.clone(), true, true));
    let joined = futures_util::future::try_join_all(joining).await?;
    Ok(web::Json(AddedResponse { added: joined.into_iter().filter(|new| *new).count() }))
}

/// Remove a member
#[utoipa::path(
    delete, path = "/api/v1/admin/topics/{topic}/members/{user}", tag = "admin",
    params(("topic" = values::TopicName, Path), ("user" = UserName, Path)),
    responses(
        (status = 204, description = "They do not belong to it, now or before")
    )
)]
pub(crate) async fn remove(_: Manager, path: Path<(String, String)>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let (name, user) = path.into_inner();
    let topic = there(&app, &name).await?;
    let user = UserId::parse(&user).map_err(|_| Code::NotFound)?;
    subscribe(&app, user, topic, false, true).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn there(app: &App, name: &str) -> Result<TopicName, Problem> {
    let name = parse_topic(name)?;
    let found = app.store.topic(&name).await.map_err(error::store)?;
    Ok(found.ok_or(Code::NotFound)?.name)
}
