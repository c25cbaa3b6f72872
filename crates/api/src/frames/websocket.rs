//! WebSocket (RFC 6455): each event is a text message `{"event", "id"?, "data"}`, with the names, ids and data of
//! server-sent events.

use actix_http::ws::{CloseCode, CloseReason, OpCode, Parser};
use bytes::BytesMut;
use serde::Serialize;
use serde_json::json;
use tidings_broker::Frame;
use tidings_models::{Clock, Cursors};

use super::event::{self, Format};

/// The subprotocol: the form of the messages, both ways.
pub(crate) const PROTOCOL: &str = "tidings.v1";

/// What a command of the client is answered with.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<D> {
    /// What it is.
    pub(crate) event: &'static str,
    /// The client's word for its command.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// After how many milliseconds the same command may be tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_ms: Option<u64>,
    /// What there is to say.
    pub(crate) data: D,
}

/// Appends frames, a message each.
pub(crate) fn encode(out: &mut BytesMut, frames: &[Frame], cursors: &Cursors, clock: &dyn Clock) {
    out.reserve(frames.iter().map(event::size).sum());
    let mut message = Vec::new();
    for frame in frames {
        message.clear();
        event::frame(&Object, &mut message, frame, cursors, clock);
        text(out, &message);
    }
}

/// Appends the first message of a stream: after how many milliseconds to come back.
pub(crate) fn retry(out: &mut BytesMut, millis: u32) {
    let mut message = Vec::new();
    event::data(&Object, &mut message, None, "retry", &json!({ "retry_ms": millis }));
    text(out, &message);
}

/// Appends an answer to a command.
pub(crate) fn answer(out: &mut BytesMut, answer: &Answer<impl Serialize>) {
    match serde_json::to_vec(answer) {
        Ok(message) => text(out, &message),
        Err(error) => tracing::error!(%error, event = answer.event, "an answer that cannot be written"),
    }
}

/// Appends the answer to a ping of the protocol.
pub(crate) fn pong(out: &mut BytesMut, payload: &[u8]) {
    Parser::write_message(out, payload, OpCode::Pong, true, false);
}

/// Appends the last frame.
pub(crate) fn close(out: &mut BytesMut, code: CloseCode, why: &str) {
    let description = (!why.is_empty()).then(|| why.to_owned());
    Parser::write_close(out, Some(CloseReason { code, description }), false);
}

/// Of what could not be written there is no message.
fn text(out: &mut BytesMut, message: &[u8]) {
    if !message.is_empty() {
        Parser::write_message(out, message, OpCode::Text, true, false);
    }
}

/// An event is an object.
struct Object;

impl Format for Object {
    fn begin(&self, out: &mut Vec<u8>, id: Option<&str>, name: &str) {
        out.extend_from_slice(b"{\"event\":\"");
        out.extend_from_slice(name.as_bytes());
        if let Some(id) = id {
            out.extend_from_slice(b"\",\"id\":\"");
            out.extend_from_slice(id.as_bytes());
        }
        out.extend_from_slice(b"\",\"data\":");
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::{Codec, Frame as Wire};
    use serde_json::value::RawValue;
    use tokio_util::codec::Decoder as _;

    use super::{
        super::{
            sse::{self, Pings},
            testing::{Nine, cursors, each, pos},
        },
        *,
    };

    /// The messages that a client reads.
    fn read(mut bytes: BytesMut) -> Vec<String> {
        let mut codec = Codec::new().client_mode();
        let mut messages = Vec::new();
        while let Some(frame) = codec.decode(&mut bytes).unwrap() {
            let Wire::Text(text) = frame else { panic!("{frame:?}") };
            messages.push(String::from_utf8(text.to_vec()).unwrap());
        }
        assert!(bytes.is_empty(), "whole frames alone");
        messages
    }

    fn encoded(frames: &[Frame]) -> Vec<String> {
        let mut out = BytesMut::new();
        encode(&mut out, frames, &cursors(), &Nine);
        read(out)
    }

    /// Whoever changes the transport changes nothing else.
    #[test]
    fn each_message_says_what_an_event_of_sse_says_to_the_letter() {
        for frame in each() {
            let mut block = Vec::new();
            sse::encode(&mut block, std::slice::from_ref(&frame), &cursors(), &Nine, Pings::Events);
            let block = String::from_utf8(block).unwrap();
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            let [name, data] = ["event: ", "data: "].map(|name| field(name).unwrap());
            let id = field("id: ").map_or(String::new(), |id| format!(",\"id\":\"{id}\""));
            assert_eq!(encoded(&[frame]), [format!("{{\"event\":\"{name}\"{id},\"data\":{data}}}")]);
        }
    }

    #[test]
    fn messages_are_exact() {
        let cursor = cursors().seal(pos(7)).to_string();
        let messages = encoded(&each());
        assert_eq!(messages.len(), each().len());
        let has = |message: &str| messages.iter().any(|one| one.replace(&cursor, "CURSOR") == message);
        for message in [
            r#"{"event":"notification","id":"CURSOR","data":{"id":"CURSOR","payload":{},"unread":12,"unseen":3}}"#,
            r#"{"event":"typing","data":{"type":"typing","payload":1,"unread":12,"unseen":3}}"#,
            r#"{"event":"ping","id":"CURSOR","data":{"time":"1970-01-01T00:00:09.000Z"}}"#,
            r#"{"event":"ping","data":{"time":"1970-01-01T00:00:09.000Z"}}"#,
            r#"{"event":"goodbye","data":{"reason":"shutdown","retry_ms":1234}}"#,
        ] {
            assert!(has(message), "{message} in {messages:?}");
        }
        let mut first = BytesMut::new();
        retry(&mut first, 1234);
        assert_eq!(read(first), [r#"{"event":"retry","data":{"retry_ms":1234}}"#]);
    }

    #[test]
    fn answers_are_exact() {
        let said = |reference: Option<&str>, retry_ms| {
            let mut out = BytesMut::new();
            let data = RawValue::from_string("1e400".into()).unwrap();
            answer(&mut out, &Answer { event: "pong", reference: reference.map(str::to_owned), retry_ms, data });
            read(out).remove(0)
        };
        assert_eq!(said(None, None), r#"{"event":"pong","data":1e400}"#);
        assert_eq!(said(Some("a\"b"), Some(1000)), r#"{"event":"pong","ref":"a\"b","retry_ms":1000,"data":1e400}"#);
    }

    #[test]
    fn the_last_frame_says_why() {
        let mut out = BytesMut::new();
        close(&mut out, CloseCode::Other(4401), "token_expired");
        let frame = Codec::new().client_mode().decode(&mut out).unwrap().unwrap();
        let Wire::Close(Some(reason)) = frame else { panic!("{frame:?}") };
        assert_eq!((u16::from(reason.code), reason.description.as_deref()), (4401, Some("token_expired")));
    }
}
