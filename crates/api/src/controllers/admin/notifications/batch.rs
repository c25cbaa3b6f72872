//! `POST /admin/notifications/batch`: many notifications at once. Answered once they are on disk.

mod item;

use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web::Data};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Auth, Code, Problem, ProblemBody, Publisher, RequestId};
use tidings_models::{Draft, NotificationId, Outcome};
use tokio::time::timeout;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ArrayBuilder, Ref, RefOr, Schema},
};

pub(crate) use self::item::BatchItem;
use super::create::not_made;
use crate::{
    App, error,
    extract::{Items, Query, body::BodyLimit},
};

/// Notifications of one batch. With [`BODY`] it bounds what a request keeps in memory.
const MOST: usize = 1000;
/// About 4 KiB for each.
pub(crate) const BODY: BodyLimit = BodyLimit(4 * 1024 * 1024);
/// How many of a batch wait in the publisher's queue at a time: two groups, so that it never idles.
const AT_ONCE: usize = 512;
/// Batches that are stored at a time. However many come, they leave half of the publisher's queue to others.
pub(crate) const TURNS: usize = 4;
/// How long a batch waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BatchQuery {
    /// All or none of them, in one transaction: for 10,000 users in all at most, or 2,500 with a `group_key`.
    #[serde(default)]
    atomic: bool,
}

/// What the array looks like, for the document.
struct Batch;

impl PartialSchema for Batch {
    fn schema() -> RefOr<Schema> {
        let item = Ref::from_schema_name(BatchItem::name());
        ArrayBuilder::new().items(item).min_items(Some(1)).max_items(Some(MOST)).into()
    }
}

impl ToSchema for Batch {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((BatchItem::name().into_owned(), BatchItem::schema()));
        BatchItem::schemas(schemas);
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BatchResponse {
    /// One for each, in their order.
    results: Vec<BatchResult>,
}

/// A problem, with what became of each.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchRefused {
    #[serde(flatten)]
    problem: ProblemBody,
    /// One for each, in their order; absent where the body could not be taken apart.
    #[schema(required = false)]
    results: Vec<BatchResult>,
}

/// What became of one notification of a batch.
#[derive(Serialize, ToSchema)]
struct BatchResult {
    /// Its place in the batch, from 0. Empty lines are not counted.
    index: usize,
    /// What it would have been answered with alone; 424 when it was not stored because of others.
    #[schema(example = 201)]
    status: u16,
    /// The notification, when it is on disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<NotificationId>,
    /// Its key had made this notification before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    idempotent_replayed: bool,
    /// Why it was not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemBody>,
}

/// A notification that is on disk.
struct Made {
    id: NotificationId,
    replayed: bool,
}

/// Create many notifications
///
/// 1 to 1,000, as a JSON array or one on each line (NDJSON), in at most 4 MiB. Each is stored or refused for itself,
/// in their order, and 200 says what became of each; a line that is not JSON is refused like any other. With
/// `atomic=true` all of them are stored in one transaction, or none: then the answer is 422 `batch_refused`, with
/// the same results. An `idempotency_key` in each makes it safe to send a batch again.
#[utoipa::path(
    post, path = "/api/v1/admin/notifications/batch", tag = "admin", params(BatchQuery),
    request_body(content((Batch = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, body = BatchResponse),
        (status = 422, body = BatchRefused, description = "More than 1,000, none, or no array (without results); or \
                                                           `atomic` and one was refused"),
        (status = 429, body = ProblemBody, description = "`rate_limited`, where the operator limits publishing"),
        (status = 503, body = ProblemBody, description = "Nothing was stored"),
        (status = 507, body = ProblemBody, description = "Nothing was stored: the disk is full (`atomic` alone)")
    )
)]
pub(crate) async fn batch(
    Publisher(principal): Publisher,
    Query(query): Query<BatchQuery>,
    Items(items): Items<BatchItem, MOST>,
    request: HttpRequest,
    app: Data<App>,
    auth: Data<Auth>,
) -> Result<HttpResponse, Problem> {
    auth.limits.publish(&principal, items.len())?;
    let Ok(Ok(_turn)) = timeout(PATIENCE, app.batches.acquire()).await else { return Err(Code::Overloaded.into()) };
    let now = app.clock.now();
    let drafts = (0..).zip(items).map(|(index, item)| {
        let id = NotificationId::nth(index, now, &*app.random);
        item?.draft(id, &principal.user, now)
    });
    let made = if query.atomic { all_or_none(&app, drafts.collect()).await? } else { each(&app, drafts).await };
    let request_id = request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
    Ok(answer(made, query.atomic, &request_id))
}

/// Stores each for itself, in their order.
async fn each(app: &App, drafts: impl Iterator<Item = Result<Draft, Problem>>) -> Vec<Result<Made, Problem>> {
    let publisher = app.broker.publisher();
    let storing = drafts.map(|draft| {
        let stored = draft.map(|draft| publisher.hand_in(draft));
        async move { made(stored?.await.map_err(error::broker)?) }
    });
    stream::iter(storing).buffered(AT_ONCE).collect().await
}

/// Stores all of them or none.
async fn all_or_none(app: &App, drafts: Vec<Result<Draft, Problem>>) -> Result<Vec<Result<Made, Problem>>, Problem> {
    if drafts.iter().any(Result::is_err) {
        let refused = drafts.into_iter().map(|draft| draft.and_then(|_| Err(Code::FailedDependency.into())));
        return Ok(refused.collect());
    }
    let all = Draft::Together(drafts.into_iter().flatten().collect());
    if all.weight() > Draft::MOST_TOGETHER {
        let most = Draft::MOST_TOGETHER;
        let detail = format!(
            "With atomic=true, a batch is for {most} users at most, each counted {} times where there is a group_key. \
             Send it in parts, or without.",
            Draft::GROUPED
        );
        return Err(Problem::new(Code::InvalidRecipients).detail(detail));
    }
    match app.broker.publisher().publish(all).await.map_err(error::broker)? {
        Outcome::Together(Ok(outcomes) | Err(outcomes)) => Ok(outcomes.into_iter().map(made).collect()),
        other => Err(Problem::internal(format!("a batch became {other:?}"))),
    }
}

fn made(outcome: Outcome) -> Result<Made, Problem> {
    match outcome {
        Outcome::Stored(id) => Ok(Made { id, replayed: false }),
        Outcome::Repeated(id) => Ok(Made { id, replayed: true }),
        Outcome::Undone => Err(Code::FailedDependency.into()),
        other => Err(not_made(other)),
    }
}

fn answer(made: Vec<Result<Made, Problem>>, atomic: bool, request_id: &str) -> HttpResponse {
    let refused = atomic && made.iter().any(Result::is_err);
    let results = made.into_iter().enumerate().map(|(index, made)| BatchResult::new(index, made, request_id)).collect();
    if !refused {
        return HttpResponse::Ok().json(BatchResponse { results });
    }
    let problem = Problem::new(Code::BatchRefused).body(request_id);
    let mut response = HttpResponse::UnprocessableEntity();
    response.content_type("application/problem+json").json(BatchRefused { problem, results })
}

impl BatchResult {
    fn new(index: usize, made: Result<Made, Problem>, request_id: &str) -> Self {
        match made {
            Ok(Made { id, replayed }) => {
                Self { index, status: 201, id: Some(id), idempotent_replayed: replayed, problem: None }
            }
            Err(problem) => {
                if problem.code() == Code::Internal {
                    tracing::error!(?problem, index, "one of a batch failed");
                }
                let problem = problem.body(request_id);
                Self { index, status: problem.status, id: None, idempotent_replayed: false, problem: Some(problem) }
            }
        }
    }
}
