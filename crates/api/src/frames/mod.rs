//! What a stream gives, as bytes of a transport.

pub(crate) mod chunk;
mod event;
pub(crate) mod sse;
#[cfg(test)]
mod testing;
pub(crate) mod websocket;

use serde::Serialize;
use serde_json::value::RawValue;
use tidings_broker::{Own, ResetReason};
use tidings_models::{Counts, Cursors, InboxPage};
use utoipa::ToSchema;

use crate::controllers::notifications::ItemView;

/// An event's envelope, completed with what is the reader's own.
pub(crate) fn envelope(shared: &[u8], readers: Own) -> Result<Box<RawValue>, serde_json::Error> {
    let mut json = shared.to_vec();
    own(&mut json, readers);
    RawValue::from_string(String::from_utf8_lossy(&json).into_owned())
}

/// Appends the end of an envelope: what is the reader's own, and the closing brace.
pub(crate) fn own(out: &mut Vec<u8>, Own { counts: Counts { unread, unseen }, muted }: Own) {
    let mut digits = itoa::Buffer::new();
    for (name, count) in [(",\"unread\":", unread), (",\"unseen\":", unseen)] {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(digits.format(count).as_bytes());
    }
    out.extend_from_slice(if muted { b",\"muted\":true}" } else { b"}" });
}

/// The state that replaces what a client holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResetView {
    /// Why continuity cannot be proven: `malformed`, `epoch`, `ahead` or `expired`.
    #[schema(example = "expired")]
    reason: &'static str,
    /// Not read.
    unread: i64,
    /// Not read and never shown.
    unseen: i64,
    /// The newest, at most 50.
    notifications: Vec<ItemView>,
    /// There are older ones: see the list.
    more: bool,
}

impl ResetView {
    pub(crate) fn of(reason: ResetReason, page: &InboxPage, cursors: &Cursors) -> Self {
        Self {
            reason: reason.as_str(),
            unread: page.counts.unread,
            unseen: page.counts.unseen,
            notifications: page.items.iter().cloned().map(|item| ItemView::of(item, cursors)).collect(),
            more: page.more,
        }
    }
}
