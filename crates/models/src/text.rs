//! What text from outside may hold. Everything here is checked once, when it comes in; delivery
//! never has to ask whether a text is safe to put on a line.

use std::fmt;

/// Why a value was refused: a stable word to program against, and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    /// Which rule was broken.
    pub rule: Rule,
    /// What to do about it.
    pub detail: String,
}

/// The rules that values are held to. Their codes are part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A title is missing, empty, or not one printable line.
    Title,
    /// A text holds characters that it must not.
    Text,
    /// Something is longer than it may be.
    TooLong,
    /// A link is not http(s) or a path on the same site.
    Url,
    /// A time is not RFC 3339, or lies where it must not.
    Time,
    /// Recipients are missing, too many, or malformed.
    Recipients,
    /// Any other value that is not one of those allowed.
    Value,
}

impl Rule {
    /// The stable word for clients.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Title => "invalid_title",
            Self::Text => "invalid_text",
            Self::TooLong => "too_long",
            Self::Url => "invalid_url",
            Self::Time => "invalid_time",
            Self::Recipients => "invalid_recipients",
            Self::Value => "invalid_value",
        }
    }
}

impl Invalid {
    /// A refusal under `rule`.
    #[must_use]
    pub fn new(rule: Rule, detail: impl Into<String>) -> Self {
        Self { rule, detail: detail.into() }
    }

    pub(crate) fn recipients(detail: String) -> Self {
        Self::new(Rule::Recipients, detail)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest body, in bytes.
pub const MAX_BODY_BYTES: usize = 8 * 1024;
/// Longest short text (category, label, name), in characters.
pub const MAX_WORD_CHARS: usize = 100;

/// A title: 1 to 200 characters, one line, something to see in it.
pub fn title(value: String) -> Result<String, Invalid> {
    line(value, MAX_TITLE_CHARS, Rule::Title)
}

/// A short text beside a title: a category, a button's label, a name. 1 to 100 characters, one line.
pub fn word(value: String) -> Result<String, Invalid> {
    line(value, MAX_WORD_CHARS, Rule::Text)
}

/// A body: up to 8 KiB; lines and tabs, no other control characters.
pub fn body(value: String) -> Result<String, Invalid> {
    if value.len() > MAX_BODY_BYTES {
        return Err(Invalid::new(Rule::TooLong, format!("at most {MAX_BODY_BYTES} bytes")));
    }
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new(Rule::Text, "no control characters but tabs and line ends"));
    }
    Ok(value)
}

fn line(value: String, max: usize, rule: Rule) -> Result<String, Invalid> {
    if value.chars().count() > max {
        return Err(Invalid::new(Rule::TooLong, format!("at most {max} characters")));
    }
    if value.chars().any(|c| breaks_line(c) || overrides_direction(c)) {
        return Err(Invalid::new(rule, "one line, without control or text-direction characters"));
    }
    if value.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(Invalid::new(rule, format!("1 to {max} characters, and not only blanks")));
    }
    Ok(value)
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that turn the direction of what follows: they can make a title read as another one.
/// Unicode UAX #9: embeddings, overrides and isolates.
fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters without ink that Rust does not count as white space.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        for good in ["Build 4711 failed", "构建失败", "שלום", "👩‍👩‍👧 at home", "<img src=x>", &"x".repeat(200)]
        {
            assert_eq!(title(good.into()).as_deref(), Ok(good));
        }
        let refused =
            ["", "  ", "\u{200B}\u{FEFF}", "a\nb", "a\rb", "a\0b", "a\u{2028}b", "a\u{202E}b", "a\u{85}b", "\u{2066}x"];
        for bad in refused {
            assert_eq!(title(bad.into()).unwrap_err().rule, Rule::Title, "{bad:?}");
        }
        assert_eq!(title("x".repeat(201)).unwrap_err().rule, Rule::TooLong);
    }

    #[test]
    fn bodies() {
        let tricky = "a\rid: 9\revent: reset\rdata: x\r\r\u{2028}";
        assert_eq!(body(tricky.into()).as_deref(), Ok(tricky));
        assert_eq!(body("a\0".into()).unwrap_err().rule, Rule::Text);
        assert_eq!(body("x".repeat(8193)).unwrap_err().rule, Rule::TooLong);
    }
}
