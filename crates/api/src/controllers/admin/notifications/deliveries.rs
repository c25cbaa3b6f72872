//! `GET /admin/notifications/{id}/deliveries`: what became of a notification, and why somebody did not see it.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Code, Manager, Problem};
use tidings_models::{
    NotificationId, Recipients, Timestamp, UserId,
    store::{Delivery, Given, Left, Reach, Stage, Verdict},
};
use utoipa::{IntoParams, ToSchema};

use super::{StageView, parse_id, replaced_by};
use crate::{
    App, error,
    extract::Query,
    openapi::values::{Next, UserName},
    paging::{Limit, List},
};

/// Streams of a user that are listed at most.
const MAX_WRITTEN: usize = 20;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesQuery {
    /// One user; otherwise those that it was sent to by name, page by page.
    #[param(value_type = UserName, required = false)]
    user: Option<String>,
    /// How many users at most, 1 to 200.
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    /// The `next` of the page before.
    #[param(value_type = Next, required = false)]
    after: Option<String>,
}

/// What became of it for users by name, or on the whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesResponse {
    stage: StageView,
    /// The newer one of its group that took its place; in the last of the inboxes, if it had several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    replaced_by: Option<NotificationId>,
    /// Users by name.
    items: Vec<DeliveryView>,
    /// What to send as `after` for the next page; null at the end.
    next: Option<String>,
    /// On the whole, for what went to a topic or to everyone: then nobody is listed. Ask for one user.
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<ReachView>,
}

/// What is known without a look at each reader. What was written to streams in the last seconds may be missing.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReachView {
    /// Streams that it was written to,
    streams: i64,
    /// and of how many users.
    users: i64,
    /// Older streams were not looked at.
    more_streams: bool,
    /// Users who marked it as seen or read. Who did so by "all up to here" is not among them.
    seen: i64,
    /// Users who marked it as read.
    read: i64,
    /// Users who acted on it.
    acted: i64,
}

/// What became of a notification on its way to somebody.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, and any of them may hold")]
pub(crate) struct DeliveryView {
    #[schema(value_type = String)]
    user: UserId,
    verdict: VerdictView,
    /// The audience that it came through.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// Its place in the log: a cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    stored_at: Option<Timestamp>,
    seen: bool,
    read: bool,
    /// When they first acted on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    acted_at: Option<Timestamp>,
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    deleted: bool,
    muted: bool,
    /// How many streams of theirs it was written to, of those that are still known.
    written_count: usize,
    /// The first of them.
    written: Vec<WrittenView>,
}

/// A stream that it was written to: that is, handed to the connection.
#[derive(Serialize, ToSchema)]
pub(crate) struct WrittenView {
    connection_id: String,
    /// Whether this was the first.
    first: bool,
    r#as: GivenView,
    /// About when: when it was stored, or when the stream was opened if that was later.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// Absent while it is open, or when its node ended without a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GivenView {
    /// As an event in its place.
    Event,
    /// In the state that the stream began with, if it was unread then.
    State,
}

/// Why they saw it, or did not: the last thing that happened on its way.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerdictView {
    /// It is yet to be made.
    Scheduled,
    /// It is not for them, or was not when it was made.
    NotAddressed,
    /// It left their inbox when its time was over.
    Expired,
    /// It was taken back.
    Retracted,
    /// A newer one of its group took its place.
    Replaced,
    /// They acted on it: did what it asks for.
    Acted,
    /// They read it.
    Read,
    /// It was shown to them.
    Seen,
    /// They removed it, without reading it.
    Deleted,
    /// They put it away, without reading it.
    Archived,
    /// They put it off.
    Snoozed,
    /// It came while they had it muted.
    Muted,
    /// It was written to a stream of theirs, and nobody looked yet.
    Written,
    /// They opened a stream that begins after it: their client says that it has it, from a list for example.
    Had,
    /// It is so long ago that it is not known any more whether a stream of theirs was given it.
    Unknown,
    /// It waits for them: they had no stream since.
    Waiting,
}

impl VerdictView {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::NotAddressed => Self::NotAddressed,
            Verdict::Left(Left::Expired) => Self::Expired,
            Verdict::Left(Left::Retracted) => Self::Retracted,
            Verdict::Left(Left::Replaced) => Self::Replaced,
            Verdict::Acted => Self::Acted,
            Verdict::Read => Self::Read,
            Verdict::Seen => Self::Seen,
            Verdict::Deleted => Self::Deleted,
            Verdict::Archived => Self::Archived,
            Verdict::Snoozed => Self::Snoozed,
            Verdict::Muted => Self::Muted,
            Verdict::Written => Self::Written,
            Verdict::Had => Self::Had,
            Verdict::Unknown => Self::Unknown,
            Verdict::Waiting => Self::Waiting,
        }
    }
}

impl DeliveryView {
    fn of(delivery: Delivery, app: &App) -> Self {
        let verdict = VerdictView::of(delivery.verdict());
        let written = delivery.given().enumerate().take(MAX_WRITTEN);
        let written = written.map(|(index, (connection, given, at))| WrittenView {
            connection_id: connection.id.to_string(),
            first: index == 0,
            r#as: match given {
                Given::Event => GivenView::Event,
                Given::State => GivenView::State,
            },
            at,
            opened_at: connection.opened_at,
            closed_at: connection.closed_at,
        });
        let (written, written_count) = (written.collect(), delivery.given().count());
        let place = delivery.place.as_ref();
        Self {
            verdict,
            audience: place.map(|place| place.audience.to_string()),
            position: place.map(|place| app.store.cursors().seal(place.position).to_string()),
            stored_at: place.map(|place| place.stored_at),
            seen: place.is_some_and(|place| place.seen),
            read: place.is_some_and(|place| place.read),
            acted_at: place.and_then(|place| place.acted_at),
            archived: place.is_some_and(|place| place.archived),
            snoozed_until: place.and_then(|place| place.snoozed_until),
            deleted: place.is_some_and(|place| place.deleted),
            muted: place.is_some_and(|place| place.muted),
            written_count,
            written,
            user: delivery.user,
        }
    }
}

/// What became of it
///
/// For one user, for a page of those that it was sent to by name, or on the whole for a topic or everyone.
/// A stream gives its reader everything in the order of the log, so how far it came is noted, every few seconds, and
/// not each event: a node that is killed forgets the last seconds. *Written* is handed to the connection; lists and
/// single notifications that a client asks for are not noted. *Acted* is what clients say with `PATCH
/// /notifications/{id}`.
#[utoipa::path(
    get, path = "/api/v1/admin/notifications/{id}/deliveries", tag = "admin",
    params(("id" = Uuid, Path), DeliveriesQuery),
    responses(
        (status = 200, body = DeliveriesResponse)
    )
)]
pub(crate) async fn deliveries(
    _: Manager,
    id: Path<String>,
    Query(query): Query<DeliveriesQuery>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let sent = app.store.notification(id).await.map_err(error::store)?.ok_or(Code::NotFound)?;
    let scheduled = matches!(sent.stage, Stage::Scheduled(_));
    let (users, next) = match &query.user {
        Some(user) => (vec![parse_user(user)?], None),
        None => page(&app, id, sent.to.clone(), &query)?,
    };
    let mut items = Vec::with_capacity(users.len());
    for user in users {
        items.push(one(&app, id, &user, scheduled).await?);
    }
    let named = matches!(sent.to, Recipients::User(_) | Recipients::Users(_));
    let reach = if named || scheduled || query.user.is_some() { None } else { Some(reach(&app, id).await?) };
    let (stage, replaced_by) = (StageView::of(sent.stage), replaced_by(sent.stage));
    Ok(HttpResponse::Ok().json(DeliveriesResponse { stage, replaced_by, items, next, reach }))
}

fn parse_user(user: &str) -> Result<UserId, Problem> {
    UserId::parse(user).map_err(|_| Problem::new(Code::InvalidQuery).detail("user: the name of a user"))
}

/// The next of those that it was sent to by name.
fn page(
    app: &App,
    id: NotificationId,
    to: Recipients,
    query: &DeliveriesQuery,
) -> Result<(Vec<UserId>, Option<String>), Problem> {
    let mut users = match to {
        Recipients::User(user) => vec![user],
        Recipients::Users(users) => users,
        Recipients::Topic(_) | Recipients::Everyone => Vec::new(),
    };
    let list = List::new(app, format!("deliveries of {id}"));
    let after = list.after(query.after.as_deref(), UserId::parse)?;
    users.sort_unstable();
    users.retain(|user| after.as_ref().is_none_or(|after| user > after));
    Ok(list.page(users, query.limit, |last| last.as_str().to_owned()))
}

async fn one(app: &App, id: NotificationId, user: &UserId, scheduled: bool) -> Result<DeliveryView, Problem> {
    let mut delivery = app.store.delivery(id, user).await.map_err(error::store)?;
    delivery.learn(app.broker.connections_of(user));
    let view = DeliveryView::of(delivery, app);
    Ok(if scheduled { DeliveryView { verdict: VerdictView::Scheduled, ..view } } else { view })
}

async fn reach(app: &App, id: NotificationId) -> Result<ReachView, Problem> {
    let Reach { streams, users, more_streams, seen, read, acted } = app.store.reach(id).await.map_err(error::store)?;
    Ok(ReachView { streams, users, more_streams, seen, read, acted })
}
