//! Server-sent events: WHATWG HTML, section 9.2.
//!
//! Everything that goes on a line is either ours, or JSON on one line: what users wrote cannot end a
//! line, so a strict parser sees exactly the events that were sent.

use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::json;
use tidings_broker::{Entry, Frame, Goodbye, Own, Whisper};
use tidings_models::{Clock, Counts, Cursors};

use super::{ResetView, own};

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
    out.reserve(frames.iter().map(size).sum());
    for frame in frames {
        write(out, frame, cursors, clock, pings);
    }
}

/// Appends an event with what is its reader's own: all but that is the same for everybody, and copied.
pub(crate) fn event(out: &mut Vec<u8>, entry: &Entry, readers: Own) {
    head(out, Some(entry.cursor.as_str()), entry.event.kind.as_str());
    out.extend_from_slice(&entry.envelope);
    own(out, readers);
    out.extend_from_slice(b"\n\n");
}

/// Appends a signal that is not in the log: without an id, so that it moves nobody's cursor.
fn whisper(out: &mut Vec<u8>, whisper: &Whisper, counts: Counts) {
    head(out, None, whisper.kind.as_str());
    out.extend_from_slice(&whisper.envelope);
    own(out, Own { counts, muted: false });
    out.extend_from_slice(b"\n\n");
}

/// The first line of a stream: after how many milliseconds to come back.
pub(crate) fn retry(millis: u32) -> Bytes {
    Bytes::from(format!("retry: {millis}\n\n"))
}

/// The last event of a stream, after a `retry:` line.
pub(crate) fn goodbye(goodbye: Goodbye) -> Bytes {
    let Goodbye { reason, retry_ms } = goodbye;
    let data = json!({ "reason": reason.as_str(), "retry_ms": retry_ms });
    Bytes::from(format!("retry: {retry_ms}\nevent: goodbye\ndata: {data}\n\n"))
}

/// About how many bytes a frame takes.
fn size(frame: &Frame) -> usize {
    match frame {
        Frame::Event(entry, _) => entry.envelope.len() + 160,
        Frame::Whisper(whisper, _) => whisper.envelope.len() + 128,
        _ => 256,
    }
}

fn write(out: &mut Vec<u8>, frame: &Frame, cursors: &Cursors, clock: &dyn Clock, pings: Pings) {
    match frame {
        Frame::Event(entry, own) => event(out, entry, *own),
        Frame::Whisper(signal, counts) => whisper(out, signal, *counts),
        Frame::Reset { reason, cursor, page } => {
            data(out, Some(cursor.as_str()), "reset", &ResetView::of(*reason, page, cursors));
        }
        Frame::Ready { cursor, connection, counts, replayed, heartbeat, expires_at } => {
            let ready = json!({
                "connection_id": connection.to_string(), "unread": counts.unread, "unseen": counts.unseen,
                "replayed": replayed, "heartbeat_ms": u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX),
                "expires_at": expires_at,
            });
            data(out, Some(cursor.as_str()), "ready", &ready);
        }
        Frame::Heartbeat(cursor) => {
            let cursor = cursor.as_ref().map(tidings_models::Cursor::as_str);
            match (pings, cursor) {
                (Pings::Events, _) => data(out, cursor, "ping", &json!({ "time": clock.now() })),
                (Pings::Ids, Some(cursor)) => lines(out, &["id: ", cursor, "\n\n"]),
                (Pings::Ids, None) => lines(out, &[":\n\n"]),
            }
        }
        Frame::Expiring(expires_at) => data(out, None, "expiring", &json!({ "expires_at": expires_at })),
        Frame::Goodbye(last) => out.extend_from_slice(&goodbye(*last)),
    }
}

/// `data` goes straight to text: on a detour over [`serde_json::Value`] numbers would lose digits.
fn data(out: &mut Vec<u8>, id: Option<&str>, name: &str, data: &impl Serialize) {
    match serde_json::to_string(data) {
        Ok(data) => {
            head(out, id, name);
            lines(out, &[&data, "\n\n"]);
        }
        Err(error) => tracing::error!(%error, name, "an event that cannot be written"),
    }
}

fn head(out: &mut Vec<u8>, id: Option<&str>, name: &str) {
    if let Some(id) = id {
        lines(out, &["id: ", id, "\n"]);
    }
    lines(out, &["event: ", name, "\ndata: "]);
}

fn lines(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tidings_broker::{Entry, GoodbyeReason, ResetReason};
    use tidings_models::{
        Audience, Counts, CursorKey, Effect, Epoch, Event, Head, InboxItem, InboxPage, Kind, Position, Seq, Timestamp,
        UserId,
    };

    use super::*;

    fn cursors() -> Cursors {
        Cursors::new(&CursorKey::new([7; 16]), Epoch::from_random([3; 16]), &[])
    }

    fn pos(value: i64) -> Position {
        Position::new(value).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    /// It is nine seconds past the epoch.
    struct Nine;

    impl Clock for Nine {
        fn now(&self) -> Timestamp {
            at(9)
        }
    }

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

    fn entry(envelope: &'static str) -> Arc<Entry> {
        let user = UserId::parse("ann").unwrap();
        let event = Event {
            position: pos(7),
            audience: Audience::User(user),
            seq: Seq::new(1),
            kind: Kind::Notification,
            created_at: at(1),
            effect: Effect::ARRIVED,
            payload: "{}".into(),
        };
        Arc::new(Entry {
            subject: None,
            news: None,
            cursor: cursors().seal(pos(7)),
            envelope: Bytes::from_static(envelope.as_bytes()),
            event,
        })
    }

    /// What no number type of ours can hold.
    const DATA: &str = r#"{"e":1e400,"n":12345678901234567890123,"f":1.10}"#;

    fn page() -> InboxPage {
        let notification = serde_json::from_value(json!({
            "id": "01900000-0000-7000-8000-000000000000", "title": "a\u{2028}b", "body": "a\rid: 9\r\r", "level": "info",
            "critical": false, "created_at": at(1),
        }));
        let mut notification: tidings_models::Notification = notification.unwrap();
        notification.data = Some(serde_json::value::RawValue::from_string(DATA.into()).unwrap());
        let item = InboxItem {
            notification,
            audience: Audience::Everyone,
            position: pos(7),
            seq: Seq::new(1),
            seen: true,
            read: false,
            acted_at: None,
            archived: false,
            snoozed_until: None,
            muted: false,
        };
        let head = Head { epoch: Epoch::from_random([3; 16]), position: pos(7), floor: pos(0) };
        InboxPage {
            head,
            windows: vec![],
            mutes: vec![],
            counts: Counts { unread: 1, unseen: 0 },
            items: vec![item],
            more: true,
        }
    }

    #[test]
    fn each_frame_is_what_a_strict_parser_expects() {
        let counts = Counts { unread: 12, unseen: 3 };
        let cursor = || cursors().seal(pos(7));
        for (muted, end) in [(false, "}"), (true, ",\"muted\":true}")] {
            let event = Frame::Event(entry(r#"{"id":"CURSOR","payload":{}"#), Own { counts, muted });
            let head = "id: CURSOR\nevent: notification\ndata: {\"id\":\"CURSOR\",\"payload\":{},";
            assert_eq!(text(event, Pings::Ids), format!("{head}\"unread\":12,\"unseen\":3{end}\n\n"));
        }
        let envelope = Bytes::from_static(br#"{"type":"typing","payload":1"#);
        let signal = Whisper { kind: Kind::signal("typing").unwrap(), audience: Audience::Everyone, envelope };
        assert_eq!(
            text(Frame::Whisper(Arc::new(signal), counts), Pings::Ids),
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
        let ready = Frame::Ready {
            cursor: cursor(),
            connection: tidings_models::Epoch::from_random([5; 16]).as_uuid().to_owned(),
            counts,
            replayed: 4,
            heartbeat: Duration::from_secs(15),
            expires_at: at(3600),
        };
        let ready = text(ready, Pings::Ids);
        assert!(ready.starts_with("id: CURSOR\nevent: ready\ndata: {\"connection_id\":\"05050505-"), "{ready}");
        for part in
            ["\"heartbeat_ms\":15000", "\"replayed\":4", "\"unread\":12", "\"expires_at\":\"1970-01-01T01:00:00.000Z\""]
        {
            assert!(ready.contains(part), "{ready}");
        }
    }

    #[test]
    fn what_users_wrote_stays_on_its_line() {
        let reset =
            Frame::Reset { reason: ResetReason::Expired, cursor: cursors().seal(pos(7)), page: Box::new(page()) };
        let reset = text(reset, Pings::Ids);
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
