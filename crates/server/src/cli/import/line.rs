//! One line of a file, and the key that makes it safe to send it again.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The most that a server takes of a batch, in bytes.
pub(super) const LARGEST_BATCH: usize = 4 * 1024 * 1024;
/// Longest line, in bytes: with a key and a line end it is a batch of its own. Bounds what is held of a file that
/// is none of lines.
pub(super) const LONGEST: usize = LARGEST_BATCH - 256;

const KEY: &str = "idempotency_key";

/// A line that is not empty, with its number in the file, from 1.
#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// What it says.
    Text { number: u64, text: Vec<u8> },
    /// It is longer than [`LONGEST`], and was not read.
    TooLong { number: u64 },
}

/// The line with a key. One that has a key, or is no object at all, is left as it is: what is wrong with it is for
/// the server to say.
pub(super) fn with_key(mut text: Vec<u8>, file: &str, number: u64) -> Vec<u8> {
    let Ok(fields) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(&text) else { return text };
    if fields.contains_key(KEY) {
        return text;
    }
    let Some(open) = text.iter().position(|byte| *byte == b'{') else { return text };
    let comma = if fields.is_empty() { "" } else { "," };
    text.splice(open..=open, format!(r#"{{"{KEY}":"import-{file}-{number}"{comma}"#).into_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_key_get_one() {
        for (line, keyed) in [
            (r#"{"title":"x"}"#, r#"{"idempotency_key":"import-f-7","title":"x"}"#),
            (" {\t}\r", " {\"idempotency_key\":\"import-f-7\"\t}\r"),
            (r#"{"idempotency_key":"k","title":"x"}"#, r#"{"idempotency_key":"k","title":"x"}"#),
            (r#"{"title":"idempotency_key"}"#, r#"{"idempotency_key":"import-f-7","title":"idempotency_key"}"#),
            (r#"{"data":{"idempotency_key":1}}"#, r#"{"idempotency_key":"import-f-7","data":{"idempotency_key":1}}"#),
            (r#"{"idempotency\u005fkey":null}"#, r#"{"idempotency\u005fkey":null}"#),
            ("[{}]", "[{}]"),
            ("{", "{"),
            ("{} {}", "{} {}"),
        ] {
            assert_eq!(String::from_utf8(with_key(line.into(), "f", 7)).unwrap(), keyed, "{line}");
        }
        let not_text = b"{\"title\":\"\xff\"}";
        assert_eq!(with_key(not_text.to_vec(), "f", 7), not_text, "what is wrong is not for us to say");
    }
}
