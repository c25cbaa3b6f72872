//! Server-sent events: WHATWG HTML, section 9.2.
//!
//! Everything that goes on a line is either ours, or JSON on one line: what users wrote cannot end a
//! line, so a strict parser sees exactly the events that were sent.

use actix_web::web::Bytes;
use tidings_broker::{Entry, Frame, Goodbye, Own};
use tidings_models::{Clock, Cursors};

use super::event::{self, Format};

/// How heartbeats look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pings {
    /// An id without data: moves a client's cursor and tells its page nothing.
    Ids,
    /// The event `ping`, for clients that watch for silence.
    Events,
}

/// Appends frames, one after the other.
pub(crate) fn encode(out: &mut Vec<u8>, frames: &[Frame], cursors: &Cursors, clock: &dyn Clock, pings: Pings) {
    out.reserve(frames.iter().map(event::size).sum());
    for frame in frames {
        write(out, frame, cursors, clock, pings);
    }
}

/// Appends an event with what is its reader's own.
pub(crate) fn event(out: &mut Vec<u8>, entry: &Entry, readers: Own) {
    event::event(&Block, out, entry, readers);
}

/// The first line of a stream: after how many milliseconds to come back.
pub(crate) fn retry(millis: u32) -> Bytes {
    Bytes::from(format!("retry: {millis}\n\n"))
}

fn write(out: &mut Vec<u8>, frame: &Frame, cursors: &Cursors, clock: &dyn Clock, pings: Pings) {
    match (frame, pings) {
        (Frame::Heartbeat(Some(cursor)), Pings::Ids) => lines(out, &["id: ", cursor.as_str(), "\n\n"]),
        (Frame::Heartbeat(None), Pings::Ids) => lines(out, &[":\n\n"]),
        (Frame::Goodbye(Goodbye { retry_ms, .. }), _) => {
            lines(out, &["retry: ", itoa::Buffer::new().format(*retry_ms), "\n"]);
            event::frame(&Block, out, frame, cursors, clock);
        }
        _ => event::frame(&Block, out, frame, cursors, clock),
    }
}

/// An event is a block of lines.
struct Block;

impl Format for Block {
    fn begin(&self, out: &mut Vec<u8>, id: Option<&str>, name: &str) {
        if let Some(id) = id {
            lines(out, &["id: ", id, "\n"]);
        }
        lines(out, &["event: ", name, "\ndata: "]);
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\n\n");
    }
}

fn lines(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidings_broker::GoodbyeReason;

    use super::{
        super::testing::{COUNTS, DATA, Nine, at, cursors, entry, pos, ready, reset, whisper},
        *,
    };

    fn encoded(frames: &[Frame], pings: Pings) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, frames, &cursors(), &Nine, pings);
        out
    }

    fn text(frame: Frame, pings: Pings) -> String {
        // A cursor is as good as another in a snapshot.
        let text = String::from_utf8(encoded(&[frame], pings)).unwrap();
        text.replace(cursors().seal(pos(7)).as_str(), "CURSOR")
    }

    #[test]
    fn each_frame_is_what_a_strict_parser_expects() {
        let cursor = || cursors().seal(pos(7));
        for (muted, end) in [(false, "}"), (true, ",\"muted\":true}")] {
            let event = Frame::Event(entry(r#"{"id":"CURSOR","payload":{}"#), Own { counts: COUNTS, muted });
            let head = "id: CURSOR\nevent: notification\ndata: {\"id\":\"CURSOR\",\"payload\":{},";
            assert_eq!(text(event, Pings::Ids), format!("{head}\"unread\":12,\"unseen\":3{end}\n\n"));
        }
        assert_eq!(
            text(whisper(), Pings::Ids),
            "event: typing\ndata: {\"type\":\"typing\",\"payload\":1,\"unread\":12,\"unseen\":3}\n\n"
        );
        assert_eq!(text(Frame::Heartbeat(Some(cursor())), Pings::Ids), "id: CURSOR\n\n");
        assert_eq!(text(Frame::Heartbeat(None), Pings::Ids), ":\n\n");
        assert_eq!(
            text(Frame::Heartbeat(Some(cursor())), Pings::Events),
            "id: CURSOR\nevent: ping\ndata: {\"time\":\"1970-01-01T00:00:09.000Z\"}\n\n"
        );
        assert_eq!(
            text(Frame::Expiring(at(60)), Pings::Ids),
            "event: expiring\ndata: {\"expires_at\":\"1970-01-01T00:01:00.000Z\"}\n\n"
        );
        let goodbye = Goodbye { reason: GoodbyeReason::Shutdown, retry_ms: 1234 };
        assert_eq!(
            text(Frame::Goodbye(goodbye), Pings::Ids),
            "retry: 1234\nevent: goodbye\ndata: {\"reason\":\"shutdown\",\"retry_ms\":1234}\n\n"
        );
        let ready = text(ready(), Pings::Ids);
        assert!(ready.starts_with("id: CURSOR\nevent: ready\ndata: {\"connection_id\":\"05050505-"), "{ready}");
        for part in
            ["\"heartbeat_ms\":15000", "\"replayed\":4", "\"unread\":12", "\"expires_at\":\"1970-01-01T01:00:00.000Z\""]
        {
            assert!(ready.contains(part), "{ready}");
        }
    }

    #[test]
    fn what_users_wrote_stays_on_its_line() {
        let reset = text(reset(), Pings::Ids);
        assert_eq!(reset.lines().count(), 4, "id, event, data, blank: {reset}");
        assert!(!reset.contains('\r'));
        let data = reset.lines().nth(2).unwrap().strip_prefix("data: ").unwrap();
        assert!(data.contains(DATA), "kept to the letter: {data}");
        let data: serde_json::Value = serde_json::from_str(&data.replace(DATA, "null")).unwrap();
        assert_eq!(data["reason"], "expired");
        assert_eq!((&data["unread"], &data["unseen"], &data["more"]), (&json!(1), &json!(0), &json!(true)));
        let item = &data["notifications"][0];
        assert_eq!(item["body"], "a\rid: 9\r\r");
        assert_eq!(
            (&item["seen"], &item["read"], &item["audience"]),
            (&json!(true), &json!(false), &json!("everyone"))
        );
    }

    #[test]
    fn queued_frames_are_one_write() {
        let frame = || Frame::Event(entry("{}"), Own::default());
        let both = encoded(&[frame(), frame()], Pings::Ids);
        let one = encoded(&[frame()], Pings::Ids);
        assert_eq!(both, [one.clone(), one].concat());
    }
}
