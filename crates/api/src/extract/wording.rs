//! What is wrong with a value, in words that a person can act on.
//!
//! serde has its errors as text alone; the few forms that it uses are read here, and whatever has
//! another form (the message of one of our own types) is passed on. A value itself is never
//! repeated: it may be a password that was put into the wrong place.

use serde_json::Value;
use tidings_middleware::{Code, FieldError, Problem};

use super::wellformed::without_place;

/// Longest text of ours that holds a name which the caller chose.
const MAX_CHARS: usize = 200;

/// The refusal of a document that is well-formed but not what the type takes. `path` is the way to
/// the value at which reading stopped.
pub(crate) fn of_json(path: &str, message: &str, document: &str) -> Problem {
    let path = if path == "." { "" } else { path };
    let message = without_place(message);
    if let Some(name) = quoted_after(message, "missing field `") {
        return invalid(&join(path, name), "this field is required");
    }
    if let Some(name) = quoted_after(message, "unknown field `") {
        return unknown(path, name, message);
    }
    // A choice between objects, like `{"user": …}` or `{"topic": …}`: its key is a field to the caller.
    if let Some(name) = quoted_after(message, "unknown variant `")
        && key_is_there(document, path, name)
    {
        return unknown(path, name, message);
    }
    invalid(path, &of_value(message))
}

/// What is wrong with a value, without the value.
pub(crate) fn of_value(message: &str) -> String {
    let forms = ["invalid type: ", "invalid value: "];
    let mismatch = forms.iter().find_map(|form| message.strip_prefix(form)?.rsplit_once(", expected "));
    if let Some((given, expected)) = mismatch {
        return format!("must be {}, not {}", expected_words(expected), given_words(given));
    }
    if let Some((_, expected)) =
        message.strip_prefix("unknown variant `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        return format!("must be {expected}");
    }
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "must be a whole number".to_owned()
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "is out of range".to_owned()
        }
        // What serde_json says where a word was to come.
        "expected value" => "must be one of the words that are listed for it".to_owned(),
        other => shorten(other),
    }
}

fn unknown(path: &str, name: &str, message: &str) -> Problem {
    let listed = message.rsplit_once("`, expected ").map(|(_, known)| known);
    let known = listed.map_or_else(|| "none is known here".to_owned(), |known| format!("known is {known}"));
    let field = if path == name || path.ends_with(&format!(".{name}")) { path.to_owned() } else { join(path, name) };
    refuse(Code::UnknownField, Code::UnknownField, &field, &format!("there is no such field; {known}"))
}

fn invalid(field: &str, detail: &str) -> Problem {
    refuse(Code::InvalidRequest, Code::InvalidValue, field, detail)
}

fn refuse(code: Code, of_field: Code, field: &str, detail: &str) -> Problem {
    let error = FieldError::new(shorten(field), of_field, shorten(detail));
    let summary = if field.is_empty() { error.detail.clone() } else { format!("{}: {}", error.field, error.detail) };
    Problem::new(code).detail(summary).errors(vec![error])
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

pub(crate) fn quoted_after<'a>(message: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = message.strip_prefix(prefix)?;
    // The name may itself hold a backtick; what follows it does not.
    let end = rest.find("`, ").or_else(|| rest.rfind('`'))?;
    rest.get(..end)
}

fn key_is_there(document: &str, path: &str, name: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(document) else { return false };
    let steps = path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty());
    let value = steps.clone().try_fold(&document, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    });
    let holds = |value: Option<&Value>| value.is_some_and(|value| value.get(name).is_some());
    holds(value)
}

fn expected_words(expected: &str) -> String {
    let words = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.contains("enum ") => "one of the words that are listed for it",
        other => return shorten(other),
    };
    words.to_owned()
}

fn given_words(given: &str) -> &'static str {
    match given.split([' ', ',']).next() {
        Some("string" | "character") => "a string",
        Some("integer" | "floating") => "this number",
        Some("boolean") => "true or false",
        Some("null" | "unit" | "Option") => "null",
        Some("sequence") => "a list",
        Some("map") => "an object",
        _ => "this",
    }
}

/// Cuts a text that the caller may have chosen the length of.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
