//! JSON that belongs to somebody else: kept to the letter, never interpreted.

use serde_json::value::RawValue;

/// Valid JSON with the blanks between its tokens taken out.
///
/// The text of every number and string stays as it was written (a round trip through a number type
/// would change `1e400` and long integers), and what comes out is one line, which the frames of a
/// stream need.
#[must_use]
pub fn compact(json: &RawValue) -> String {
    let mut out = String::with_capacity(json.get().len());
    let mut in_string = false;
    let mut escaped = false;
    for c in json.get().chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            out.push(c);
            in_string = c == '"';
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_and_everything_else_stays() {
        let cases = [
            ("{ \"a\" :\r\n [ 1e400 , 12345678901234567890123 ] }", r#"{"a":[1e400,12345678901234567890123]}"#),
            (r#" "a \" b \\" "#, r#""a \" b \\""#),
            (r#"[ "\\" , "x y" ]"#, r#"["\\","x y"]"#),
            ("null", "null"),
        ];
        for (given, expected) in cases {
            let raw: Box<RawValue> = serde_json::from_str(given).unwrap();
            assert_eq!(compact(&raw), expected);
        }
    }
}
