//! The inbox as a whole.

pub(crate) mod show;

use serde::Serialize;
use tidings_models::{Cursors, InboxPage};
use utoipa::ToSchema;

/// What a bell needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct InboxView {
    /// Not read.
    unread: i64,
    /// Not read and never shown.
    unseen: i64,
    /// The instant of the counts: where to open the stream.
    cursor: String,
}

impl InboxView {
    pub(crate) fn of(page: &InboxPage, cursors: &Cursors) -> Self {
        Self {
            unread: page.counts.unread,
            unseen: page.counts.unseen,
            cursor: cursors.seal(page.head.position).to_string(),
        }
    }
}
