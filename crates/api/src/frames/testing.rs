//! Frames to be written.

use std::{sync::Arc, time::Duration};

use actix_web::web::Bytes;
use serde_json::json;
use tidings_broker::{Entry, Frame, Goodbye, GoodbyeReason, Own, ResetReason, Whisper};
use tidings_models::{
    Audience, Clock, Counts, CursorKey, Cursors, Effect, Epoch, Event, Head, InboxItem, InboxPage, Kind, Position, Seq,
    Timestamp, UserId,
};

pub(super) const COUNTS: Counts = Counts { unread: 12, unseen: 3 };

pub(super) fn cursors() -> Cursors {
    Cursors::new(&CursorKey::new([7; 16]), Epoch::from_random([3; 16]), &[])
}

pub(super) fn pos(value: i64) -> Position {
    Position::new(value).unwrap()
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

/// It is nine seconds past the epoch.
pub(super) struct Nine;

impl Clock for Nine {
    fn now(&self) -> Timestamp {
        at(9)
    }
}

pub(super) fn entry(envelope: &'static str) -> Arc<Entry> {
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
pub(super) const DATA: &str = r#"{"e":1e400,"n":12345678901234567890123,"f":1.10}"#;

pub(super) fn page() -> InboxPage {
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

pub(super) fn whisper() -> Frame {
    let envelope = Bytes::from_static(br#"{"type":"typing","payload":1"#);
    let signal = Whisper { kind: Kind::signal("typing").unwrap(), audience: Audience::Everyone, envelope };
    Frame::Whisper(Arc::new(signal), COUNTS)
}

pub(super) fn ready() -> Frame {
    Frame::Ready {
        cursor: cursors().seal(pos(7)),
        connection: tidings_models::Epoch::from_random([5; 16]).as_uuid().to_owned(),
        counts: COUNTS,
        replayed: 4,
        heartbeat: Duration::from_secs(15),
        expires_at: at(3600),
    }
}

pub(super) fn reset() -> Frame {
    Frame::Reset { reason: ResetReason::Expired, cursor: cursors().seal(pos(7)), page: Box::new(page()) }
}

/// One of each.
pub(super) fn each() -> Vec<Frame> {
    let event = |muted| Frame::Event(entry(r#"{"id":"CURSOR","payload":{}"#), Own { counts: COUNTS, muted });
    let goodbye = Goodbye { reason: GoodbyeReason::Shutdown, retry_ms: 1234 };
    let heartbeat = |cursor| Frame::Heartbeat(cursor);
    vec![
        event(false),
        event(true),
        whisper(),
        reset(),
        ready(),
        heartbeat(Some(cursors().seal(pos(7)))),
        heartbeat(None),
        Frame::Expiring(at(60)),
        Frame::Goodbye(goodbye),
    ]
}
