//! Notifications, as those who send them see them.

pub(crate) mod create;
pub(crate) mod idempotency;
pub(crate) mod show;

use serde::Serialize;
use tidings_models::{Notification, Recipients, UserId};
use utoipa::ToSchema;

/// A notification and who it was sent to.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentView<'a> {
    to: ToView<'a>,
    #[serde(flatten)]
    notification: &'a Notification,
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
    Everyone {
        everyone: bool,
    },
}

impl<'a> SentView<'a> {
    fn of(notification: &'a Notification, to: &'a Recipients) -> Self {
        let to = match to {
            Recipients::User(user) => ToView::User { user },
            Recipients::Users(users) => ToView::Users { users },
            Recipients::Everyone => ToView::Everyone { everyone: true },
        };
        Self { to, notification }
    }
}
