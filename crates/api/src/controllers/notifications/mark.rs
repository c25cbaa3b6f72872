//! `POST /notifications/mark`: many at once, by a watermark, with a filter or without, or by their ids.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Code, FieldError, Problem, ProblemBody, User};
use tidings_models::{
    Cursors, Draft, Flags, InboxQuery, InboxState, Level, Mark, NotificationId, Outcome, TopicName, UserId,
    store::IdempotencyKey,
};
use utoipa::ToSchema;

use super::{super::inbox::InboxView, apply, parse_id};
use crate::{
    App, error,
    extract::{Json, Object},
    idempotency::{Key, KeyHeader, REPLAYED},
    openapi::values,
};

/// Notifications that one request marks by a filter at most: as many as are done together in one transaction.
const MOST_MATCHING: usize = Draft::MOST_TOGETHER;
/// Notifications of one read.
const PAGE: u32 = 200;

// It is also written, for the fingerprint that tells a repeat from another request under the same key: without what is
// absent, so that a field of a later version changes none.
/// What is to be marked, and as what.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkRequest {
    /// They were shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<bool>,
    /// They were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<bool>,
    /// They were put away.
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<bool>,
    /// Everything up to and with this cursor. What has arrived since stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<values::Cursor>)]
    up_to: Option<String>,
    /// Of what is up to there only this: 10,000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MarkFilter>)]
    filter: Option<Object<MarkFilter>>,
    /// Or these, 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Uuid>>, min_items = 1, max_items = 1000)]
    ids: Option<Vec<String>>,
}

/// Which part of the inbox, as the list takes it.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkFilter {
    /// Which part.
    #[serde(default)]
    state: InboxState,
    /// Only this level.
    level: Option<Level>,
    /// Only this category.
    category: Option<String>,
    /// Only of this topic.
    #[schema(value_type = Option<values::TopicName>)]
    topic: Option<String>,
}

/// What is to be marked, and how.
enum Marking {
    Mark(Mark),
    /// What a filter finds up to a position.
    Matching(InboxQuery, Flags),
}

impl MarkRequest {
    fn marking(mut self, cursors: &Cursors) -> Result<Marking, Problem> {
        let Some(Object(filter)) = self.filter.take() else { return self.mark(cursors).map(Marking::Mark) };
        match self.mark(cursors)? {
            Mark::UpTo(position, flags) => {
                let topic = filter.topic.map(|topic| TopicName::parse(&topic)).transpose();
                let topic = topic.map_err(|invalid| Problem::field("filter.topic", invalid))?;
                let MarkFilter { state, level, category, .. } = filter;
                let before = Some(position.next());
                let query = InboxQuery { state, level, category, topic, search: None, before, limit: PAGE };
                Ok(Marking::Matching(query, flags))
            }
            Mark::Ids(..) => Err(Problem::new(Code::InvalidRequest).detail("A filter goes with up_to.")),
        }
    }

    fn mark(self, cursors: &Cursors) -> Result<Mark, Problem> {
        let flags = Flags { seen: self.seen, read: self.read, archived: self.archived, ..Flags::default() };
        if flags.is_empty() {
            return Err(Problem::new(Code::InvalidRequest).detail("Give at least one of seen, read and archived."));
        }
        match (self.up_to, self.ids) {
            (Some(up_to), None) => {
                let position = cursors.open(up_to.as_bytes()).map_err(|_| Code::InvalidCursor)?;
                Ok(Mark::UpTo(position, flags))
            }
            (None, Some(ids)) if (1..=Mark::MAX_IDS).contains(&ids.len()) => {
                Ok(Mark::Ids(ids.iter().map(|id| parse_id(id)).collect::<Result<_, _>>()?, flags))
            }
            (None, Some(_)) => Err(Problem::fields(vec![FieldError::new("ids", Code::InvalidValue, "1 to 1000 ids")])),
            _ => Err(Problem::new(Code::InvalidRequest).detail("Give either up_to or ids.")),
        }
    }
}

/// Marks what a question to the inbox finds, all of it or none.
async fn apply_to_all(app: &App, user: &UserId, mut query: InboxQuery, flags: Flags) -> Result<(), Problem> {
    let mut found = Vec::new();
    loop {
        let page = app.broker.inbox(user, &query).await.map_err(error::broker)?;
        found.extend(page.items.iter().map(|item| item.notification.id));
        if found.len() > MOST_MATCHING {
            let many = format!("more than {MOST_MATCHING} match: narrow it, or mark everything by up_to alone");
            return Err(Problem::fields(vec![FieldError::new("filter", Code::InvalidValue, many)]));
        }
        query.before = page.items.last().map(|last| last.position);
        if !page.more {
            break;
        }
    }
    let at = app.clock.now();
    let mark = |ids: &[NotificationId]| {
        let mark = Mark::Ids(ids.to_vec(), flags);
        Draft::Mark { user: user.clone(), mark, key: None, at }
    };
    let drafts: Vec<_> = found.chunks(Mark::MAX_IDS).map(mark).collect();
    if drafts.is_empty() {
        return Ok(());
    }
    match app.broker.publisher().publish(Draft::Together(drafts)).await.map_err(error::broker)? {
        Outcome::Together(Ok(_)) => Ok(()),
        _ => Err(Problem::new(Code::Conflict).detail("Some of these left the inbox just now. Ask again.")),
    }
}

/// Mark many
///
/// All of them or none. Answers with the counts after it. With an `Idempotency-Key` a retry does nothing
/// (`Idempotent-Replayed: true`), so it undoes nothing that was done since on another device. What a filter finds may be
/// something else each time: that takes no key.
#[utoipa::path(
    post, path = "/api/v1/notifications/mark", tag = "inbox", request_body = MarkRequest,
    params(KeyHeader),
    responses(
        (
            status = 200, body = InboxView,
            headers(("Idempotent-Replayed" = bool, description = "`true`: it was done by an earlier request with this key"))
        ),
        (status = 400, body = ProblemBody, description = "`up_to` is not a cursor of this log"),
        (status = 409, body = ProblemBody, description = "Something that the filter found left the inbox meanwhile; nothing changed"),
        (status = 404, body = ProblemBody, description = "One of the ids is not in this inbox; nothing changed")
    )
)]
pub(crate) async fn mark(
    User(principal): User,
    key: Key,
    Json(request): Json<MarkRequest>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let key = key.of(&principal.user, &request)?;
    let (marked, counts) = mark_all(&app, &principal.user, request, key).await?;
    let mut answer = HttpResponse::Ok();
    if !marked {
        answer.insert_header(REPLAYED);
    }
    Ok(answer.json(counts))
}

/// Marks what a user asks for, and gives the counts after it. False: the key had done so before.
pub(crate) async fn mark_all(
    app: &App,
    user: &UserId,
    request: MarkRequest,
    key: Option<IdempotencyKey>,
) -> Result<(bool, InboxView), Problem> {
    let marked = match request.marking(app.store.cursors())? {
        Marking::Mark(mark) => apply(&app.broker, user.clone(), mark, key, app.clock.now()).await?,
        Marking::Matching(..) if key.is_some() => {
            let rule =
                "What a filter finds may be something else next time. Mark by ids or up_to alone, or without a key.";
            return Err(Problem::new(Code::InvalidIdempotencyKey).detail(rule));
        }
        Marking::Matching(query, flags) => apply_to_all(app, user, query, flags).await.map(|()| true)?,
    };
    let page = app.broker.inbox(user, &InboxQuery::counts()).await.map_err(error::broker)?;
    Ok((marked, InboxView::of(&page, app.store.cursors())))
}
