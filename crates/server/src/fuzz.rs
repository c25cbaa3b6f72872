//! What is promised of any bytes: one function for each target of `make fuzz`, and the tests that hold it over
//! everything in `tests/fuzz/corpus`.
//!
//! A binary shows nothing to others, so the targets include this file, and it includes what it looks at.
#![allow(clippy::unwrap_used, reason = "a panic is what says that a promise is broken")]

#[path = "cli/import/line.rs"]
#[allow(dead_code, reason = "whoever includes it looks at a part of it")]
#[allow(clippy::duplicate_mod, reason = "see above")]
mod line;
#[path = "cli/sse.rs"]
#[allow(clippy::duplicate_mod, reason = "see above")]
mod stream;

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use stream::{Parser, Said};

/// The reader of server-sent events: it does not matter where the bytes are cut, and what it says can be said again.
///
/// Two bytes say where; the rest is the stream.
pub(crate) fn sse(data: &[u8]) {
    let Some((&[first, second], bytes)) = data.split_first_chunk::<2>() else { return };
    let whole = read(&[bytes]);
    let at = |byte: u8| usize::from(byte) % (bytes.len() + 1);
    let (low, high) = (at(first).min(at(second)), at(first).max(at(second)));
    assert_eq!(read(&[&bytes[..low], &bytes[low..high], &bytes[high..]]), whole);
    assert_eq!(read(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    let (said, id) = &whole;
    assert!(!id.contains(['\r', '\n', '\0']));
    let written: String = said.iter().map(written).collect();
    assert_eq!(read(&[format!("id: {id}\n{written}\n").as_bytes()]), whole);
}

fn read(parts: &[&[u8]]) -> (Vec<Said>, String) {
    let (mut parser, mut said) = (Parser::new("start".to_owned()), Vec::new());
    for part in parts {
        parser.feed(part, &mut said).unwrap();
    }
    (said, parser.last_event_id().to_owned())
}

fn written(said: &Said) -> String {
    match said {
        Said::Retry(millis) => format!("retry: {millis}\n"),
        Said::Event { name, data } => {
            let data = data.replace('\n', "\ndata: ");
            format!("event: {name}\ndata: {data}\n\n")
        }
    }
}

/// Lines of an import: each that is an object has a key afterwards, and says nothing else than before.
pub(crate) fn import(data: &[u8]) {
    let keyed = line::with_key(data.to_vec(), "f", 7);
    assert_eq!(line::with_key(keyed.clone(), "g", 8), keyed, "once is enough");
    let Ok(mut given) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(data) else {
        return assert_eq!(keyed, data, "what is wrong is not for us to say");
    };
    let ours = RawValue::from_string(r#""import-f-7""#.to_owned()).unwrap();
    given.entry("idempotency_key".to_owned()).or_insert(&ours);
    let made: BTreeMap<String, &RawValue> = serde_json::from_slice(&keyed).unwrap();
    let text = |fields: BTreeMap<String, &RawValue>| -> Vec<(String, String)> {
        fields.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect()
    };
    assert_eq!(text(made), text(given));
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_holds_over_every_corpus() {
        replay::all("server", &[("import", import), ("sse", sse)]);
    }
}
