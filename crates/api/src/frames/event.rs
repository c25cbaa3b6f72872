//! What every transport says of a frame: its name, its id, and its data. How that is written is the transport's.

use serde::Serialize;
use serde_json::json;
use tidings_broker::{Entry, Frame, Goodbye, Own, Whisper};
use tidings_models::{Clock, Counts, Cursor, Cursors};

use super::{ResetView, own};

/// How a transport writes an event: what stands before its data, which is JSON on one line, and what after.
pub(super) trait Format {
    /// Begins an event. Neither an id nor a name holds what would have to be escaped.
    fn begin(&self, out: &mut Vec<u8>, id: Option<&str>, name: &str);

    /// Ends it.
    fn end(&self, out: &mut Vec<u8>);
}

/// Appends a frame. Of one that cannot be written nothing is.
pub(super) fn frame(to: &impl Format, out: &mut Vec<u8>, frame: &Frame, cursors: &Cursors, clock: &dyn Clock) {
    match frame {
        Frame::Event(entry, own) => event(to, out, entry, *own),
        Frame::Whisper(signal, counts) => whisper(to, out, signal, *counts),
        Frame::Reset { reason, cursor, page } => {
            data(to, out, Some(cursor), "reset", &ResetView::of(*reason, page, cursors));
        }
        Frame::Ready { cursor, connection, counts, replayed, heartbeat, expires_at } => {
            let ready = json!({
                "connection_id": connection.to_string(), "unread": counts.unread, "unseen": counts.unseen,
                "replayed": replayed, "heartbeat_ms": u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX),
                "expires_at": expires_at,
            });
            data(to, out, Some(cursor), "ready", &ready);
        }
        Frame::Heartbeat(cursor) => data(to, out, cursor.as_ref(), "ping", &json!({ "time": clock.now() })),
        Frame::Expiring(expires_at) => data(to, out, None, "expiring", &json!({ "expires_at": expires_at })),
        Frame::Goodbye(Goodbye { reason, retry_ms }) => {
            data(to, out, None, "goodbye", &json!({ "reason": reason.as_str(), "retry_ms": retry_ms }));
        }
    }
}

/// Appends an event with what is its reader's own: all but that is the same for everybody, and copied.
pub(super) fn event(to: &impl Format, out: &mut Vec<u8>, entry: &Entry, readers: Own) {
    to.begin(out, Some(entry.cursor.as_str()), entry.event.kind.as_str());
    out.extend_from_slice(&entry.envelope);
    own(out, readers);
    to.end(out);
}

/// Appends a signal that is not in the log: without an id, so that it moves nobody's cursor.
fn whisper(to: &impl Format, out: &mut Vec<u8>, whisper: &Whisper, counts: Counts) {
    to.begin(out, None, whisper.kind.as_str());
    out.extend_from_slice(&whisper.envelope);
    own(out, Own { counts, muted: false });
    to.end(out);
}

/// `data` goes straight to text: on a detour over [`serde_json::Value`] numbers would lose digits.
pub(super) fn data(to: &impl Format, out: &mut Vec<u8>, id: Option<&Cursor>, name: &str, data: &impl Serialize) {
    match serde_json::to_string(data) {
        Ok(data) => {
            to.begin(out, id.map(Cursor::as_str), name);
            out.extend_from_slice(data.as_bytes());
            to.end(out);
        }
        Err(error) => tracing::error!(%error, name, "an event that cannot be written"),
    }
}

/// About how many bytes a frame takes.
pub(super) fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Event(entry, _) => entry.envelope.len() + 160,
        Frame::Whisper(whisper, _) => whisper.envelope.len() + 128,
        _ => 256,
    }
}
