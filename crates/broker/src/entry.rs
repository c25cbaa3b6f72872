//! An event, rendered once for all who receive it.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use tidings_models::{
    Audience, Cursor, Cursors, Event, InboxItem, Kind, News, Position, StoreError, Subject, Timestamp,
};

/// An event with what clients see of it.
#[derive(Debug)]
pub struct Entry {
    /// The event, without its payload: that is in the envelope.
    pub event: Event,
    /// What of it readers may have muted.
    pub subject: Option<Subject>,
    /// What it tells the nodes, if it is for them.
    pub news: Option<Box<News>>,
    /// What a client that has it holds.
    pub cursor: Cursor,
    /// The envelope's JSON up to what is each reader's own: without its counts and its closing brace.
    pub envelope: Bytes,
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a str,
    r#type: &'a str,
    timestamp: Timestamp,
    audience: String,
    seq: i64,
    payload: &'a RawValue,
}

/// A change up to a position, which is a cursor to clients. What else it says is passed on, also what a later version
/// says.
#[derive(Serialize, Deserialize)]
struct UpTo<Place> {
    up_to: Place,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Entry {
    /// Renders an event. Fails for content that is not JSON, which the log never holds, and for what a later version
    /// tells the nodes.
    pub(crate) fn render(event: Event, cursors: &Cursors) -> Result<Arc<Self>, StoreError> {
        let cursor = cursors.seal(event.position);
        let view = match event.kind {
            Kind::InboxChanged => view(&event.payload, cursors),
            _ => None,
        };
        let subject = event.subject();
        let news =
            match event.audience {
                // To pass it over would be to let in whom another version has shut out.
                Audience::Nodes => Some(Box::new(serde_json::from_str(&event.payload).map_err(|error| {
                    StoreError::Newer(format!("news for the nodes at {} ({error})", event.position))
                })?)),
                _ => None,
            };
        let envelope = Envelope {
            id: cursor.as_str(),
            r#type: event.kind.as_str(),
            timestamp: event.created_at,
            audience: event.audience.to_string(),
            seq: event.seq.get(),
            payload: serde_json::from_str(view.as_deref().unwrap_or(&event.payload)).map_err(corrupt)?,
        };
        let mut json = Vec::with_capacity(event.payload.len() + 512);
        serde_json::to_writer(&mut json, &envelope).map_err(corrupt)?;
        json.pop(); // the closing brace
        let envelope = Bytes::copy_from_slice(&json); // no room that nobody uses: it is kept for long
        let event = Event { payload: "".into(), ..event }; // the envelope has it: once is enough
        Ok(Arc::new(Self { event, subject, news, cursor, envelope }))
    }

    /// Renders what was read from the log.
    pub(crate) fn render_all(events: Vec<Event>, cursors: &Cursors) -> Result<Vec<Arc<Self>>, StoreError> {
        events.into_iter().map(|event| Self::render(event, cursors)).collect()
    }

    /// Renders what is in an inbox like the event that brought it there.
    pub(crate) fn of_item(item: &InboxItem, cursors: &Cursors) -> Result<Arc<Self>, StoreError> {
        let event = Event {
            position: item.position,
            audience: item.audience.clone(),
            seq: item.seq,
            kind: Kind::Notification,
            created_at: item.notification.created_at,
            effect: tidings_models::Effect::ARRIVED,
            payload: serde_json::to_string(&item.notification).map_err(corrupt)?.into(),
        };
        Self::render(event, cursors)
    }

    /// The event's place in the log.
    #[must_use]
    pub fn position(&self) -> Position {
        self.event.position
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn corrupt(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

/// `None`: it stays as it is.
fn view(payload: &str, cursors: &Cursors) -> Option<String> {
    let UpTo { up_to, rest } = serde_json::from_str::<UpTo<i64>>(payload).ok()?;
    let up_to = cursors.seal(Position::new(up_to)?);
    serde_json::to_string(&UpTo { up_to: up_to.as_str(), rest }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cursors, event, pos};

    #[test]
    fn an_envelope_lacks_only_what_is_the_readers_own() {
        let entry = Entry::render(event(7, "user:a\"b", r#"{"title":"x"}"#), &cursors()).unwrap();
        let text = format!("{},\"unread\":1}}", std::str::from_utf8(&entry.envelope).unwrap());
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "id": cursors().seal(pos(7)).as_str(), "type": "notification", "timestamp": "1970-01-01T00:00:07.000Z",
                "audience": "user:a\"b", "seq": 7, "payload": {"title": "x"}, "unread": 1
            })
        );
    }

    #[test]
    fn clients_see_a_cursor_where_the_log_has_a_position() {
        let place = cursors().seal(pos(8));
        for (logged, shown) in [
            (r#"{"up_to":8,"read":true}"#, format!(r#"{{"up_to":"{place}","read":true}}"#)),
            (r#"{"up_to":8,"of a later version":1}"#, format!(r#"{{"up_to":"{place}","of a later version":1}}"#)),
            (r#"{"ids":["x"],"of a later version":1}"#, r#"{"ids":["x"],"of a later version":1}"#.into()),
        ] {
            let event = Event { kind: Kind::InboxChanged, ..event(9, "user:ann", logged) };
            let entry = Entry::render(event, &cursors()).unwrap();
            let text = std::str::from_utf8(&entry.envelope).unwrap();
            assert!(text.ends_with(&format!(r#""payload":{shown}"#)), "{text}");
        }
    }

    #[test]
    fn news_that_a_later_version_tells_are_not_passed_over() {
        let event = |what: &str| Event { kind: Kind::Access, ..event(9, "nodes", what) };
        let known = r#"{"what":"key_revoked","id":"01890000-0000-7000-8000-000000000000"}"#;
        assert!(Entry::render(event(known), &cursors()).unwrap().news.is_some());
        for newer in [known.replace("key", "house"), known.replace('}', r#","but":1}"#)] {
            let error = Entry::render(event(&newer), &cursors()).unwrap_err();
            assert!(matches!(&error, StoreError::Newer(_)) && error.to_string().contains("at 9"), "{error}");
        }
    }
}
