//! Whether bytes are one JSON document that every reader understands alike (RFC 8259, and of
//! RFC 7493 the parts that keep readers from disagreeing).
//!
//! Nothing here recurses, so no depth of nesting can exhaust the stack.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::de::IgnoredAny;

/// Deepest nesting of arrays and objects. Bounds what later readers, ours and others', recurse into.
const MAX_DEPTH: usize = 16;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    what: String,
    line: usize,
    column: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {}, column {})", self.what, self.line, self.column)
    }
}

/// The document as text, if it is one.
pub(crate) fn check(body: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(body).map_err(|error| at(body, error.valid_up_to(), "not UTF-8"))?;
    if text.trim_ascii().is_empty() {
        return Err(at(body, 0, "the body is empty"));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| Malformed {
        what: without_place(&error.to_string()).to_owned(),
        line: error.line(),
        column: error.column(),
    })?;
    check_structure(text)?;
    Ok(text)
}

/// Depth, and keys given twice, of text that is known to be grammatical. Of two equal keys one reader
/// takes the first and another the last; what was checked would not be what is used.
pub(crate) fn check_structure(text: &str) -> Result<(), Malformed> {
    let bytes = text.as_bytes();
    // For each open array `None`, for each open object the keys that it has so far.
    let mut open: Vec<Option<Keys<'_>>> = Vec::new();
    let mut key_comes = false;
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'{' | b'[' => {
                if open.len() == MAX_DEPTH {
                    return Err(at(bytes, i, &format!("nested deeper than {MAX_DEPTH}")));
                }
                key_comes = *byte == b'{';
                open.push(key_comes.then(Keys::default));
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => key_comes = matches!(open.last(), Some(Some(_))),
            b'"' => {
                let (end, is_plain) = end_of_string(bytes, i);
                let quoted = text.get(i..end).unwrap_or_default();
                let string = read_string(quoted, is_plain)
                    .ok_or_else(|| at(bytes, i, "half of a surrogate pair in a string"))?;
                if let (true, Some(Some(keys))) = (key_comes, open.last_mut())
                    && !keys.insert(string)
                {
                    return Err(at(bytes, i, "a key that was given before"));
                }
                key_comes = false;
                i = end - 1;
            }
            _ => {}
        }
        i += 1;
    }
    Ok(())
}

/// The keys of an object.
#[derive(Default)]
struct Keys<'a> {
    few: Vec<Cow<'a, str>>,
    more: HashSet<Cow<'a, str>>,
}

impl<'a> Keys<'a> {
    /// So many are compared one by one, which for an honest object costs less than hashing. Those
    /// beyond are hashed: thousands of keys would have to be compared millions of times.
    const FEW: usize = 16;

    /// `false` if it was there.
    fn insert(&mut self, key: Cow<'a, str>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(key);
            return true;
        }
        self.more.insert(key)
    }
}

/// The place behind the string that begins at `start`, and whether it is free of escapes.
fn end_of_string(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut is_plain = true;
    let mut i = start + 1;
    while let Some(rest) = bytes.get(i..)
        && let Some(step) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))
    {
        i += step;
        if bytes.get(i) == Some(&b'"') {
            return (i + 1, is_plain);
        }
        is_plain = false;
        i += 2;
    }
    (bytes.len(), is_plain)
}

/// What a quoted string stands for. `None` if it is no text, which many readers refuse to take.
fn read_string(quoted: &str, is_plain: bool) -> Option<Cow<'_, str>> {
    if is_plain {
        return quoted.get(1..quoted.len() - 1).map(Cow::Borrowed);
    }
    serde_json::from_str(quoted).ok().map(Cow::Owned)
}

fn at(bytes: &[u8], offset: usize, what: &str) -> Malformed {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.split(|b| *b == b'\n').count();
    let column = before.rsplit(|b| *b == b'\n').next().map_or(0, <[u8]>::len) + 1;
    Malformed { what: what.to_owned(), line, column }
}

/// An error's text without the place at its end.
pub(crate) fn without_place(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(what, _)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed() {
        let deep = "[".repeat(16) + &"]".repeat(16);
        let good = [
            "null",
            " 1 ",
            "\"\"",
            "[]",
            "{}",
            "1e400",
            "-0.0",
            r#"{"a":{"a":{"a":1}}}"#,
            r#"[{"a":1},{"a":2}]"#,
            r#"{"a":["a","a",{"b":"a"}],"b":"a","c":{"a":1}}"#,
            r#"{"":1," ":2}"#,
            r#""\ud83e\udd80""#,
            r#"{"a":"b,{[\""}"#,
            r#"{"a\\":1,"a":"\\"}"#,
            "{\"\u{2028}\":1}",
            &deep,
        ];
        for text in good {
            assert_eq!(check(text.as_bytes()), Ok(text));
        }
    }

    #[test]
    fn malformed() {
        let bad: &[&[u8]] = &[
            b"",
            b" \n\t",
            b"{",
            b"[1,",
            b"{\"a\":",
            b"\"a",
            b"{} {}",
            b"{}x",
            b"nul",
            b"'a'",
            b"{a:1}",
            b"[1,]",
            b"{\"a\":1,}",
            b"\xff",
            b"\"\xff\"",
            b"\"\xed\xa0\x80\"",
            b"\"a\nb\"",
            b"\xef\xbb\xbf{}",
            b"01",
            b"+1",
            b".5",
            b"NaN",
            b"// x\n1",
            b"{\"a\":1,\"a\":1}",
            b"{\"a\":1,\"\\u0061\":1}",
            b"[[{\"b\":{\"x\":1,\"y\":2,\"x\":3}}]]",
            b"{\"a\":[],\"b\":{},\"a\":0}",
            br#""\ud800""#,
            br#"{"\udc00":1}"#,
            br#"["\ud800x"]"#,
        ];
        for bytes in bad {
            assert!(check(bytes).is_err(), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn many_keys_are_told_apart_too() {
        let key = |number: usize| format!(r#""k{number}":{{"a":1}}"#);
        for count in [15, 16, 17, 18, 4000] {
            let keys: Vec<_> = (0..count).map(key).collect();
            assert!(check(format!("{{{}}}", keys.join(",")).as_bytes()).is_ok(), "{count}");
            for again in [0, 14, count - 1] {
                let text = format!("{{{},{}}}", keys.join(","), key(again));
                assert!(check(text.as_bytes()).unwrap_err().what.starts_with("a key"), "{count} {again}");
            }
        }
    }

    #[test]
    fn no_depth_exhausts_the_stack() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for depth in [17, 10_000, 100_000] {
                let text = open.repeat(depth) + "1" + &close.repeat(depth);
                assert!(check(text.as_bytes()).unwrap_err().what.starts_with("nested deeper"), "{depth}");
                assert!(check(open.repeat(depth).as_bytes()).is_err());
            }
        }
    }

    #[test]
    fn places() {
        let place = |text: &str| {
            let malformed = check(text.as_bytes()).unwrap_err();
            (malformed.line, malformed.column)
        };
        assert_eq!(place("{\"a\":1,\n \"a\":1}"), (2, 2));
        assert_eq!(place("[\n\n1 2]"), (3, 3));
        assert_eq!(check(b"{}\n\xff"), Err(Malformed { what: "not UTF-8".into(), line: 2, column: 1 }));
    }
}
