//! Notifications, as those who send them see them.

pub(crate) mod batch;
pub(crate) mod content;
pub(crate) mod correct;
pub(crate) mod create;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod retract;
pub(crate) mod show;
pub(crate) mod to;

use serde::Serialize;
use serde_json::value::RawValue;
use tidings_middleware::{Code, Problem};
use tidings_models::{
    Notification, NotificationId, Recipients, Timestamp, TopicName, UserId,
    store::{Deed, Sent, Stage},
};
use utoipa::ToSchema;

/// A notification, who it is for, and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentView<'a> {
    to: ToView<'a>,
    stage: StageView,
    /// When it is going to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_at: Option<Timestamp>,
    /// When it expired, was retracted, or left the last inbox for a newer one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// The newer one of its group that took its place; in the last of the inboxes, if it had several.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    replaced_by: Option<NotificationId>,
    #[serde(flatten)]
    notification: &'a Notification,
    /// What admins did to it, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<DeedView<'a>>,
}

/// How far a notification is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StageView {
    /// It is going to be made.
    Scheduled,
    /// It stands in inboxes.
    Delivered,
    /// Newer ones of its group took its place in all of them.
    Replaced,
    /// Its time was over.
    Expired,
    /// An admin took it back.
    Retracted,
}

impl StageView {
    fn of(stage: Stage) -> Self {
        match stage {
            Stage::Scheduled(_) => Self::Scheduled,
            Stage::Delivered => Self::Delivered,
            Stage::Replaced(_) => Self::Replaced,
            Stage::Expired(_) => Self::Expired,
            Stage::Retracted(_) => Self::Retracted,
        }
    }
}

/// What took the place of a notification, if that is known.
fn replaced_by(stage: Stage) -> Option<NotificationId> {
    match stage {
        Stage::Replaced(replacement) => replacement.map(|newer| newer.by),
        _ => None,
    }
}

/// Something that an admin did.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeedView<'a> {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who.
    #[schema(value_type = String)]
    by: &'a UserId,
    /// What: `corrected`, `retracted`.
    action: &'a str,
    /// The notification as it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<&'a RawValue>,
}

/// Recipients, in the same form as in the request.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum ToView<'a> {
    User {
        #[schema(value_type = String)]
        user: &'a UserId,
    },
    Users {
        #[schema(value_type = Vec<String>)]
        users: &'a [UserId],
    },
    Topic {
        #[schema(value_type = String)]
        topic: &'a TopicName,
    },
    Everyone {
        everyone: bool,
    },
}

impl<'a> SentView<'a> {
    /// One that was just accepted.
    fn new(notification: &'a Notification, to: &'a Recipients, deliver_at: Option<Timestamp>) -> Self {
        let to = match to {
            Recipients::User(user) => ToView::User { user },
            Recipients::Users(users) => ToView::Users { users },
            Recipients::Topic(topic) => ToView::Topic { topic },
            Recipients::Everyone => ToView::Everyone { everyone: true },
        };
        let stage = if deliver_at.is_some() { StageView::Scheduled } else { StageView::Delivered };
        Self { to, stage, deliver_at, ended_at: None, replaced_by: None, notification, history: Vec::new() }
    }

    /// One that was read.
    fn of(sent: &'a Sent) -> Self {
        let (deliver_at, ended_at) = match sent.stage {
            Stage::Scheduled(at) => (Some(at), None),
            Stage::Delivered => (None, None),
            Stage::Replaced(replacement) => (None, replacement.map(|newer| newer.at)),
            Stage::Expired(at) | Stage::Retracted(at) => (None, Some(at)),
        };
        let (stage, replaced_by) = (StageView::of(sent.stage), replaced_by(sent.stage));
        let deed = |deed: &'a Deed| DeedView {
            at: deed.at,
            by: &deed.by,
            action: &deed.action,
            before: deed.before.as_deref().and_then(|before| serde_json::from_str(before).ok()),
        };
        let history = sent.history.iter().map(deed).collect();
        Self { stage, ended_at, replaced_by, history, ..Self::new(&sent.notification, &sent.to, deliver_at) }
    }
}

/// The id in a path. One that is malformed names nothing, like one that never was.
fn parse_id(id: &str) -> Result<NotificationId, Problem> {
    NotificationId::parse(id).ok_or_else(|| Problem::new(Code::NotFound))
}
