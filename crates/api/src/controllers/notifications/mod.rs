//! A user's own notifications.

pub(crate) mod change;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod mark;
pub(crate) mod show;

use serde::Serialize;
use tidings_broker::Broker;
use tidings_middleware::{Code, Problem};
use tidings_models::{
    Cursors, Draft, InboxItem, Mark, Notification, NotificationId, Outcome, Timestamp, UserId, store::IdempotencyKey,
};
use utoipa::ToSchema;

use crate::error;

/// A notification in the caller's inbox.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, and any of them may hold")]
pub(crate) struct ItemView {
    #[serde(flatten)]
    notification: Notification,
    /// The audience that it came through: `user:ID`, `topic:NAME` or `everyone`.
    #[schema(example = "user:alice")]
    audience: String,
    /// Its place: what to send as `up_to` to mark it and all that is older.
    cursor: String,
    /// It was shown.
    seen: bool,
    /// It was read.
    read: bool,
    /// When the caller first acted on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    acted_at: Option<Timestamp>,
    /// It was put away.
    archived: bool,
    /// It was put off until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Timestamp>,
    /// It came while the caller had it muted: it is not counted.
    muted: bool,
}

impl ItemView {
    pub(crate) fn of(item: InboxItem, cursors: &Cursors) -> Self {
        Self {
            audience: item.audience.to_string(),
            cursor: cursors.seal(item.position).to_string(),
            seen: item.seen,
            read: item.read,
            acted_at: item.acted_at,
            archived: item.archived,
            snoozed_until: item.snoozed_until,
            muted: item.muted,
            notification: item.notification,
        }
    }
}

/// The id in a path. One that is malformed names nothing, like one that never was.
fn parse_id(id: &str) -> Result<NotificationId, Problem> {
    NotificationId::parse(id).ok_or_else(|| Problem::new(Code::NotFound))
}

/// Puts a mark on the log. False: its key had done so before.
async fn apply(
    broker: &Broker,
    user: UserId,
    mark: Mark,
    key: Option<IdempotencyKey>,
    at: Timestamp,
) -> Result<bool, Problem> {
    match broker.publisher().publish(Draft::Mark { user, mark, key, at }).await.map_err(error::broker)? {
        Outcome::Marked(_) => Ok(true),
        Outcome::Done(false) => Ok(false),
        Outcome::KeyConflict => Err(Problem::new(Code::IdempotencyConflict)),
        Outcome::NotFound => Err(Problem::new(Code::NotFound)),
        other => Err(Problem::internal(format!("a mark became {other:?}"))),
    }
}
