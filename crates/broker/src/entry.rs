//! An event, rendered once for all who receive it.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tidings_models::{
    Audience, Change, Cursor, Cursors, Event, InboxItem, Kind, News, Position, StoreError, Subject, Timestamp,
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

/// [`Change`] as clients see it: a position is a cursor to them.
#[derive(Serialize)]
struct ChangeView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    up_to: Option<&'a str>,
    #[serde(flatten)]
    change: Change,
}

impl Entry {
    /// Renders an event. Fails only for content that is not JSON, which the log never holds.
    pub(crate) fn render(event: Event, cursors: &Cursors) -> Result<Arc<Self>, serde_json::Error> {
        let cursor = cursors.seal(event.position);
        let view = match event.kind {
            Kind::InboxChanged => Some(view(&event.payload, cursors)?),
            _ => None,
        };
        let subject = event.subject();
        let news = match event.audience {
            // A later version may tell of more than this one knows.
            Audience::Nodes => serde_json::from_str(&event.payload).ok().map(Box::new),
            _ => None,
        };
        let envelope = Envelope {
            id: cursor.as_str(),
            r#type: event.kind.as_str(),
            timestamp: event.created_at,
            audience: event.audience.to_string(),
            seq: event.seq.get(),
            payload: serde_json::from_str(view.as_deref().unwrap_or(&event.payload))?,
        };
        let mut json = Vec::with_capacity(event.payload.len() + 512);
        serde_json::to_writer(&mut json, &envelope)?;
        json.pop(); // the closing brace
        let envelope = Bytes::copy_from_slice(&json); // no room that nobody uses: it is kept for long
        let event = Event { payload: "".into(), ..event }; // the envelope has it: once is enough
        Ok(Arc::new(Self { event, subject, news, cursor, envelope }))
    }

    /// Renders what was read from the log.
    pub(crate) fn render_all(events: Vec<Event>, cursors: &Cursors) -> Result<Vec<Arc<Self>>, StoreError> {
        let entries = events.into_iter().map(|event| Self::render(event, cursors)).collect::<Result<_, _>>();
        entries.map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// Renders what is in an inbox like the event that brought it there.
    pub(crate) fn of_item(item: &InboxItem, cursors: &Cursors) -> Result<Arc<Self>, serde_json::Error> {
        let event = Event {
            position: item.position,
            audience: item.audience.clone(),
            seq: item.seq,
            kind: Kind::Notification,
            created_at: item.notification.created_at,
            effect: tidings_models::Effect::ARRIVED,
            payload: serde_json::to_string(&item.notification)?.into(),
        };
        Self::render(event, cursors)
    }

    /// The event's place in the log.
    #[must_use]
    pub fn position(&self) -> Position {
        self.event.position
    }
}

fn view(payload: &str, cursors: &Cursors) -> Result<String, serde_json::Error> {
    let mut change: Change = serde_json::from_str(payload)?;
    let up_to = change.up_to.take().and_then(Position::new).map(|position| cursors.seal(position));
    let up_to = up_to.as_ref().map(Cursor::as_str);
    serde_json::to_string(&ChangeView { up_to, change })
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
        let mut event = event(9, "user:ann", r#"{"up_to":8,"read":true}"#);
        event.kind = Kind::InboxChanged;
        let entry = Entry::render(event, &cursors()).unwrap();
        let text = std::str::from_utf8(&entry.envelope).unwrap();
        let payload = format!(r#""payload":{{"up_to":"{}","read":true}}"#, cursors().seal(pos(8)));
        assert!(text.ends_with(&payload), "{text}");
    }
}
