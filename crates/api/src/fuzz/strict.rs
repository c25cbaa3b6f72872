//! Another reader of JSON, written from the grammar (RFC 8259) and from our own rules alone: UTF-8, each key once, at
//! most 16 deep, no half of a surrogate pair. As plain as can be, to be compared with.

use std::collections::BTreeSet;

/// Whether this is one JSON document that follows the rules.
pub(super) fn accepts(document: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(document) else { return false };
    let mut reader = Reader { rest: text };
    reader.blanks();
    reader.value(0).is_some() && {
        reader.blanks();
        reader.rest.is_empty()
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.rest.chars().next()? {
            '{' | '[' if depth == 16 => None,
            '{' => self.object(depth + 1),
            '[' => self.array(depth + 1),
            '"' => self.string().map(drop),
            't' => self.take("true"),
            'f' => self.take("false"),
            'n' => self.take("null"),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take("{")?;
        self.blanks();
        let mut keys = BTreeSet::new();
        if self.take("}").is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            if !keys.insert(self.string()?) {
                return None;
            }
            self.blanks();
            self.take(":")?;
            self.blanks();
            self.value(depth)?;
            self.blanks();
            match self.next()? {
                ',' => {}
                '}' => return Some(()),
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.take("[")?;
        self.blanks();
        if self.take("]").is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            self.value(depth)?;
            self.blanks();
            match self.next()? {
                ',' => {}
                ']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// What it stands for.
    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut units = Vec::new();
        loop {
            match self.next()? {
                '"' => return String::from_utf16(&units).ok(),
                '\\' => units.push(self.escape()?),
                c if c < ' ' => return None,
                c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        Some(match self.next()? {
            'b' => 8,
            't' => 9,
            'n' => 10,
            'f' => 12,
            'r' => 13,
            c @ ('"' | '\\' | '/') => c as u16,
            'u' => {
                let digits = self.rest.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
                self.rest = &self.rest[4..];
                u16::from_str_radix(digits, 16).ok()?
            }
            _ => return None,
        })
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.take("-");
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").is_some() || self.take("E").is_some() {
            if self.take("+").is_none() {
                let _ = self.take("-");
            }
            self.digits()?;
        }
        Some(())
    }

    /// At least one.
    fn digits(&mut self) -> Option<()> {
        let after = self.rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let some = after.len() < self.rest.len();
        self.rest = after;
        some.then_some(())
    }
}
