//! What a stream gives, as bytes of a transport.

pub(crate) mod sse;

use serde_json::{Value, json, value::RawValue};
use tidings_broker::{Entry, ResetReason};
use tidings_models::{Counts, Cursors, InboxPage};

use crate::controllers::notifications::ItemView;

/// An event's envelope, completed with what is the reader's own.
pub(crate) fn envelope(entry: &Entry, counts: Counts) -> Result<Box<RawValue>, serde_json::Error> {
    let mut json = String::from_utf8_lossy(&entry.envelope).into_owned();
    json.push_str(&own(counts));
    RawValue::from_string(json)
}

/// The end of an envelope: the reader's counts, and the closing brace.
pub(crate) fn own(Counts { unread, unseen }: Counts) -> String {
    format!(",\"unread\":{unread},\"unseen\":{unseen}}}")
}

/// The state that replaces what a client holds.
pub(crate) fn reset(reason: ResetReason, page: &InboxPage, cursors: &Cursors) -> Value {
    let items: Vec<_> = page.items.iter().cloned().map(|item| ItemView::of(item, cursors)).collect();
    json!({
        "reason": reason.as_str(), "unread": page.counts.unread, "unseen": page.counts.unseen,
        "notifications": items, "more": page.more,
    })
}
