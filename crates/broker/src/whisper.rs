//! A signal for streams that are open now: it is not in the log, and nobody can ask for it again.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tidings_models::{Audience, Kind, Timestamp};

/// Such a signal, rendered once for all who receive it.
#[derive(Debug)]
pub struct Whisper {
    /// Its type.
    pub kind: Kind,
    /// Who it is for.
    pub audience: Audience,
    /// The envelope's JSON up to what is each reader's own, like that of an [`Entry`](crate::Entry).
    pub envelope: Bytes,
}

#[derive(Serialize)]
struct Envelope<'a> {
    r#type: &'a str,
    timestamp: Timestamp,
    audience: String,
    payload: &'a RawValue,
}

impl Whisper {
    /// Renders one. Fails only for content that is not JSON.
    pub(crate) fn render(
        kind: Kind,
        audience: Audience,
        payload: &RawValue,
        timestamp: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let envelope = Envelope { r#type: kind.as_str(), timestamp, audience: audience.to_string(), payload };
        let mut json = serde_json::to_vec(&envelope)?;
        json.pop(); // the closing brace
        Ok(Self { kind, audience, envelope: json.into() })
    }
}
