//! Text of others, made safe for a line of a log or of a terminal.

use std::fmt::{self, Write};

/// Passes text on with everything escaped that could end the line, steer a terminal, or turn the
/// direction of reading.
pub(crate) struct Printable<W>(pub(crate) W);

impl<W: Write> Write for Printable<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            self.0.write_str(rest.get(..at).unwrap_or_default())?;
            write!(self.0, "{}", c.escape_default())?;
            rest = rest.get(at + c.len_utf8()..).unwrap_or_default();
        }
        self.0.write_str(rest)
    }
}

/// `text`, safe to print.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = Printable(&mut safe).write_str(text);
    safe
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Control characters, line and paragraph separators, and what overrides the direction of text
/// (Unicode Technical Report 36, section 2.6).
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_full() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
    }

    #[test]
    fn only_what_is_unsafe_is_escaped() {
        let cases = [
            ("Grüße, 张伟 🦀", "Grüße, 张伟 🦀"),
            ("a\r\nb\tc\0", r"a\r\nb\tc\u{0}"),
            ("\u{1b}[2J\u{9b}1m\u{7f}", r"\u{1b}[2J\u{9b}1m\u{7f}"),
            ("\u{2028}x\u{202e}y", r"\u{2028}x\u{202e}y"),
            ("", ""),
        ];
        for (text, safe) in cases {
            assert_eq!(printable(text), safe);
        }
    }
}
