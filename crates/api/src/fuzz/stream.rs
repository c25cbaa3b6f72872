//! What goes over a stream, as a strict reader sees it.

#[path = "../../../server/src/cli/sse.rs"]
mod whatwg;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{json, value::RawValue};
use tidings_broker::{Entry, Frame, Own, ResetReason, bench};
use tidings_models::{
    Audience, Clock, Counts, CursorKey, Cursors, Effect, Epoch, Event, Head, InboxItem, InboxPage, Kind, Notification,
    Position, Seq, Timestamp, UserId,
};
use whatwg::{Parser, Said};

use super::{NOW, id};
use crate::{
    controllers::admin::notifications::content::{self, CreateRequest},
    extract::{Object, parse},
    frames::{
        chunk::Chunk,
        sse::{Pings, encode},
    },
};

struct Always;

impl Clock for Always {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Frames of server-sent events: whatever publishing takes, a reader that was written from the standard sees exactly one
/// event for it, with its id, its type and its content to the letter, wherever the bytes are cut.
///
/// Two bytes say where; then, parted by a byte that is in no text: a user, the type of a signal, its payload, and title
/// and body of a notification.
pub fn sse(data: &[u8]) {
    let Some((cut, rest)) = data.split_first_chunk::<2>() else { return };
    let mut parts = rest.split(|byte| *byte == 0xFF);
    let mut part = || String::from_utf8_lossy(parts.next().unwrap_or_default());
    let Ok(user) = UserId::parse(&part()) else { return };
    let audience = Audience::User(user);
    let kind = Kind::signal(&part());
    let payload = part();
    let payload = parse::<Box<RawValue>>(payload.as_bytes()).ok().and_then(|given| content::data(&given).ok());
    let mut sent = Vec::new();
    if let (Ok(kind), Some(payload)) = (kind, &payload) {
        sent.push(logged(kind.clone(), &audience, payload));
        let whisper = bench::whisper(kind.clone(), audience.clone(), payload, NOW).unwrap();
        let frame = Frame::Whisper(Arc::new(whisper), OWN.counts);
        sent.push(Sent { frame, id: None, name: kind.as_str().to_owned(), payload: Some(payload.get().to_owned()) });
    }
    let (title, body) = (json!(part()), json!(part()));
    let data = payload.as_deref().map_or("null", RawValue::get);
    let request = format!(r#"{{"to":{{"everyone":true}},"title":{title},"body":{body},"data":{data}}}"#);
    let request = parse::<Object<CreateRequest>>(request.as_bytes());
    if let Ok((asked, _)) = request.and_then(|Object(request)| request.check(id(), NOW)) {
        let notification = RawValue::from_string(serde_json::to_string(&asked.notification).unwrap()).unwrap();
        sent.push(logged(Kind::Notification, &audience, &notification));
        sent.push(reset(&audience, asked.notification));
    }
    for one in &sent {
        one.is_seen_as_it_is();
    }
    are_seen_wherever_they_are_cut(&sent, u16::from_be_bytes(*cut));
}

const OWN: Own = Own { counts: Counts { unread: 12, unseen: 3 }, muted: false };

fn place() -> Position {
    Position::new(42).unwrap()
}

fn cursors() -> Cursors {
    Cursors::new(&CursorKey::new([7; 16]), Epoch::from_random([3; 16]), &[])
}

/// A frame, and what its reader is to see.
struct Sent {
    frame: Frame,
    id: Option<String>,
    name: String,
    /// The content to the letter, where it is an event of the log or a signal.
    payload: Option<String>,
}

fn logged(kind: Kind, audience: &Audience, payload: &RawValue) -> Sent {
    let name = kind.as_str().to_owned();
    let event = Event {
        position: place(),
        audience: audience.clone(),
        seq: Seq::new(1),
        kind,
        created_at: NOW,
        effect: Effect::NONE,
        payload: payload.get().into(),
    };
    let entry: Arc<Entry> = bench::render(event, &cursors()).unwrap();
    let id = Some(entry.cursor.to_string());
    Sent { frame: Frame::Event(entry, OWN), id, name, payload: Some(payload.get().to_owned()) }
}

fn reset(audience: &Audience, notification: Notification) -> Sent {
    let item = InboxItem {
        notification,
        audience: audience.clone(),
        position: place(),
        seq: Seq::new(1),
        seen: false,
        read: false,
        acted_at: None,
        archived: false,
        snoozed_until: None,
        muted: false,
    };
    let page = InboxPage {
        head: Head { epoch: Epoch::from_random([3; 16]), position: place(), floor: Position::START },
        windows: vec![],
        mutes: vec![],
        counts: OWN.counts,
        items: vec![item],
        more: false,
    };
    let cursor = cursors().seal(place());
    let id = Some(cursor.to_string());
    let frame = Frame::Reset { reason: ResetReason::Expired, cursor, page: Box::new(page) };
    Sent { frame, id, name: "reset".to_owned(), payload: None }
}

impl Sent {
    fn is_seen_as_it_is(&self) {
        let bytes = encoded([self]);
        let (seen, last) = read(&[&bytes]);
        let [Said::Event { name, data }] = seen.as_slice() else { panic!("{seen:?}") };
        assert_eq!(*name, self.name);
        assert_eq!(last, self.id.as_deref().unwrap_or("before"));
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(data).unwrap();
        let field = |name: &str| fields.get(name).map(|value| value.get().to_owned());
        assert_eq!(field("unread").as_deref(), Some("12"));
        if let Some(payload) = &self.payload {
            assert_eq!(field("payload").as_ref(), Some(payload), "to the letter");
            assert_eq!(field("type"), Some(format!("\"{name}\"")));
            assert_eq!(field("id"), self.id.as_ref().map(|id| format!("\"{id}\"")));
        }
    }
}

/// The bytes of frames, taken out of the chunk that they are written as.
fn encoded<'a>(sent: impl IntoIterator<Item = &'a Sent>) -> Vec<u8> {
    let frames: Vec<_> = sent.into_iter().map(|sent| sent.frame.clone()).collect();
    let mut chunk = Chunk::default();
    encode(chunk.content(), &frames, &cursors(), &Always, Pings::Ids);
    let sent_as = chunk.framed();
    if frames.is_empty() {
        assert!(sent_as.is_empty());
        return Vec::new();
    }
    let line = sent_as.windows(2).position(|end| end == b"\r\n").unwrap();
    let size = usize::from_str_radix(std::str::from_utf8(&sent_as[..line]).unwrap(), 16).unwrap();
    let (content, end) = sent_as[line + 2..].split_at(size);
    assert_eq!(end, b"\r\n");
    content.to_vec()
}

fn read(parts: &[&[u8]]) -> (Vec<Said>, String) {
    let (mut parser, mut said) = (Parser::new("before".to_owned()), Vec::new());
    for part in parts {
        parser.feed(part, &mut said).unwrap();
    }
    (said, parser.last_event_id().to_owned())
}

fn are_seen_wherever_they_are_cut(sent: &[Sent], cut: u16) {
    let bytes = encoded(sent);
    let whole = read(&[&bytes]);
    assert_eq!(whole.0.len(), sent.len());
    let (left, right) = bytes.split_at(usize::from(cut) % (bytes.len() + 1));
    assert_eq!(read(&[left, right]), whole);
    // What has come by then are the events that are whole.
    assert!(whole.0.starts_with(&read(&[left]).0));
}
