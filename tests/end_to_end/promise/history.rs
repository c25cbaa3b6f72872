//! What a client writes down, and how it reads what the server sends.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Deserialize;
use serde_json::Value;
use tidings_models::Cursors;

/// Unread and unseen.
pub(super) type Counts = (i64, i64);

/// What one client was sent, in order.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) client: String,
    pub(super) user: String,
    pub(super) records: Vec<Record>,
}

/// One thing that a client was sent, or did.
#[derive(Clone, Debug)]
pub(super) enum Record {
    /// It asked to go on from here.
    Opened(i64),
    Event(Event),
    State(State),
    /// It is said to have everything up to here.
    Place(i64, Option<Counts>),
}

#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) position: i64,
    pub(super) audience: String,
    pub(super) seq: i64,
    pub(super) content: Content,
    pub(super) counts: Counts,
    /// Of the envelope without what is the reader's own.
    pub(super) digest: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Notification { id: u128, title: String },
    Changed(Change),
    Other(String),
}

/// The content of `inbox.changed`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    pub(super) ids: Vec<u128>,
    pub(super) up_to: Option<i64>,
    pub(super) seen: Option<bool>,
    pub(super) read: Option<bool>,
    pub(super) archived: Option<bool>,
    pub(super) deleted: bool,
}

/// A list that replaces what a client holds: a reset, or the list that it began with.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// `None`: it asked for the list itself.
    pub(super) reset: Option<String>,
    pub(super) position: i64,
    pub(super) counts: Counts,
    pub(super) items: Vec<Item>,
    /// There are older ones that are not told.
    pub(super) more: bool,
}

/// A notification of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) position: i64,
    pub(super) audience: String,
    pub(super) id: u128,
    pub(super) title: String,
    pub(super) seen: bool,
    pub(super) read: bool,
    pub(super) archived: bool,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    id: &'a str,
    r#type: &'a str,
    audience: String,
    seq: i64,
    payload: Payload,
    unread: i64,
    unseen: i64,
}

/// What matters of the payloads of all kinds.
#[derive(Deserialize)]
struct Payload {
    id: Option<String>,
    title: Option<String>,
    #[serde(default)]
    ids: Vec<String>,
    up_to: Option<String>,
    seen: Option<bool>,
    read: Option<bool>,
    archived: Option<bool>,
    #[serde(default)]
    deleted: bool,
}

/// The position that a cursor stands for.
pub(super) fn position(cursors: &Cursors, cursor: &str) -> i64 {
    cursors.open(cursor.as_bytes()).unwrap_or_else(|error| panic!("{cursor:?}: {error}")).get()
}

/// A UUID as a number.
pub(super) fn id(text: &str) -> u128 {
    u128::from_str_radix(&text.replace('-', ""), 16).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

impl Event {
    /// Reads an envelope.
    pub(super) fn read(cursors: &Cursors, text: &str) -> Self {
        let envelope: Envelope<'_> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let shared = text.rfind(",\"unread\":").unwrap_or(text.len());
        let mut hasher = DefaultHasher::new();
        text[..shared].hash(&mut hasher);
        let payload = envelope.payload;
        let content = match envelope.r#type {
            "notification" => Content::Notification {
                id: id(payload.id.as_deref().expect("a notification has an id")),
                title: payload.title.expect("a notification has a title"),
            },
            "inbox.changed" => Content::Changed(Change {
                ids: payload.ids.iter().map(|text| id(text)).collect(),
                up_to: payload.up_to.map(|cursor| position(cursors, &cursor)),
                seen: payload.seen,
                read: payload.read,
                archived: payload.archived,
                deleted: payload.deleted,
            }),
            other => Content::Other(other.to_owned()),
        };
        Self {
            position: position(cursors, envelope.id),
            audience: envelope.audience,
            seq: envelope.seq,
            content,
            counts: (envelope.unread, envelope.unseen),
            digest: hasher.finish(),
        }
    }
}

impl Item {
    pub(super) fn read(cursors: &Cursors, item: &Value) -> Self {
        let text = |field: &str| item[field].as_str().unwrap_or_else(|| panic!("{field} of {item}")).to_owned();
        let flag = |field: &str| item[field].as_bool().unwrap_or_else(|| panic!("{field} of {item}"));
        Self {
            position: position(cursors, &text("cursor")),
            audience: text("audience"),
            id: id(&text("id")),
            title: text("title"),
            seen: flag("seen"),
            read: flag("read"),
            archived: flag("archived"),
        }
    }
}

impl State {
    /// The data of a `reset`, with the cursor that it came with.
    pub(super) fn reset(cursors: &Cursors, data: &Value, cursor: &str) -> Self {
        let reset = Some(data["reason"].as_str().expect("a reset has a reason").to_owned());
        let more = data["more"].as_bool().expect("a reset says whether there is more");
        Self { reset, more, ..Self::list(cursors, data, "notifications", cursor) }
    }

    /// An answer of `GET /notifications`.
    pub(super) fn asked(cursors: &Cursors, data: &Value) -> Self {
        let more = !data["next"].is_null();
        Self { more, ..Self::list(cursors, data, "items", data["cursor"].as_str().expect("a list has a cursor")) }
    }

    fn list(cursors: &Cursors, data: &Value, field: &str, cursor: &str) -> Self {
        let items = data[field].as_array().expect("a list");
        Self {
            reset: None,
            position: position(cursors, cursor),
            counts: counts(data),
            items: items.iter().map(|item| Item::read(cursors, item)).collect(),
            more: false,
        }
    }
}

/// The counts of any answer that has them.
pub(super) fn counts(data: &Value) -> Counts {
    let count = |field: &str| data[field].as_i64().unwrap_or_else(|| panic!("{field} of {data}"));
    (count("unread"), count("unseen"))
}
