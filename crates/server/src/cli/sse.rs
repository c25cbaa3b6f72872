//! Reads server-sent events as the WHATWG HTML standard says (section 9.2.6, "Interpreting an event
//! stream"), from bytes that may be cut anywhere.

/// The longest event that is taken, in bytes. A server without line ends does not fill the memory.
const LONGEST: usize = 8 * 1024 * 1024;

/// Something that a stream said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// An event.
    Event {
        /// Its name; `message` when it has none.
        name: String,
        /// Its data, lines joined by LF.
        data: String,
    },
    /// After how many milliseconds to come back from now on.
    Retry(u64),
}

/// An event is longer than what is taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an event of more than {LONGEST} bytes")
    }
}

impl std::error::Error for TooLong {}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    /// The last byte was CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The first line is over, so a byte order mark is text from now on.
    begun: bool,
    name: String,
    data: String,
    id: String,
    last_event_id: String,
}

impl Parser {
    /// For a new connection of a client that has everything up to `last_event_id`.
    pub(super) fn new(last_event_id: String) -> Self {
        Self { id: last_event_id.clone(), last_event_id, ..Self::default() }
    }

    /// What to send as `Last-Event-ID` when the connection breaks now.
    pub(super) fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Reads on.
    pub(super) fn feed(&mut self, bytes: &[u8], said: &mut Vec<Said>) -> Result<(), TooLong> {
        for &byte in bytes {
            let ends_crlf = std::mem::replace(&mut self.after_cr, byte == b'\r') && byte == b'\n';
            if ends_crlf {
                continue;
            }
            if byte == b'\r' || byte == b'\n' {
                self.end_line(said);
            } else if self.line.len() + self.data.len() < LONGEST {
                self.line.push(byte);
            } else {
                return Err(TooLong);
            }
        }
        Ok(())
    }

    fn end_line(&mut self, said: &mut Vec<Said>) {
        let line = std::mem::take(&mut self.line);
        let mark: &[u8] = if self.begun { b"" } else { b"\xEF\xBB\xBF" };
        self.begun = true;
        let line = String::from_utf8_lossy(line.strip_prefix(mark).unwrap_or(&line));
        if line.is_empty() {
            self.dispatch(said);
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                // More than fits is as good as never.
                said.push(Said::Retry(value.parse().unwrap_or(u64::MAX)));
            }
            // A comment (its field is empty), or nothing that is known.
            _ => {}
        }
    }

    fn dispatch(&mut self, said: &mut Vec<Said>) {
        self.id.clone_into(&mut self.last_event_id);
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        // Without data nothing happens, but the id counts: that is how an idle cursor moves on.
        if data.pop().is_some() {
            let name = if name.is_empty() { "message".into() } else { name };
            said.push(Said::Event { name, data });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Said {
        Said::Event { name: name.into(), data: data.into() }
    }

    fn read(parts: &[&[u8]]) -> (Vec<Said>, String) {
        let (mut parser, mut said) = (Parser::new("start".into()), Vec::new());
        for part in parts {
            parser.feed(part, &mut said).unwrap();
        }
        let id = parser.last_event_id().to_owned();
        (said, id)
    }

    /// Stream, what it says, and the id afterwards.
    fn cases() -> Vec<(&'static [u8], Vec<Said>, &'static str)> {
        vec![
            (b"data: a\n\n", vec![event("message", "a")], "start"),
            (b"data: a\r\rdata: b\r\n\r\n", vec![event("message", "a"), event("message", "b")], "start"),
            (b"data:a\ndata: b\ndata:  c\ndata\n\n", vec![event("message", "a\nb\n c\n")], "start"),
            (b"data\n\n", vec![event("message", "")], "start"),
            (b"data: a\n", vec![], "start"),
            (b"event: x\ndata: a\n\ndata: b\n\n", vec![event("x", "a"), event("message", "b")], "start"),
            (b"event: x\n\ndata: a\n\n", vec![event("message", "a")], "start"),
            (b"id: 1\ndata: a\n\n", vec![event("message", "a")], "1"),
            (b"id: 1\n\n", vec![], "1"),
            (b"id: 1\ndata: a\n", vec![], "start"),
            (b"id: 1\n\nid\n\n", vec![], ""),
            (b"id: 1\n\nid: 2\0\ndata: a\n\n", vec![event("message", "a")], "1"),
            (b": comment\n:\n\n", vec![], "start"),
            (b"\xEF\xBB\xBFdata: a\n\n", vec![event("message", "a")], "start"),
            (b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n", vec![], "start"),
            (b"\n\xEF\xBB\xBFdata: a\n\n", vec![], "start"),
            (b"retry: 1500\nretry: 15x\nretry: -1\nretry:\nretry: +5\n", vec![Said::Retry(1500)], "start"),
            (b"retry: 99999999999999999999\n", vec![Said::Retry(u64::MAX)], "start"),
            (b"Data: a\n data: b\nfoo: c\n\n", vec![], "start"),
            ("data: Grüße 🦀\u{2028}x\n\n".as_bytes(), vec![event("message", "Grüße 🦀\u{2028}x")], "start"),
            (b"data: \xFFx\n\n", vec![event("message", "\u{FFFD}x")], "start"),
            (b"data: a: b\n\n", vec![event("message", "a: b")], "start"),
        ]
    }

    #[test]
    fn streams_are_read_as_the_standard_says() {
        for (stream, said, id) in cases() {
            assert_eq!(read(&[stream]), (said, id.to_owned()), "{}", stream.escape_ascii());
        }
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut() {
        for (stream, said, id) in cases() {
            for at in 0..=stream.len() {
                let (left, right) = stream.split_at(at);
                assert_eq!(read(&[left, right]), (said.clone(), id.to_owned()), "{} at {at}", stream.escape_ascii());
            }
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(read(&bytes), (said, id.to_owned()));
        }
    }

    #[test]
    fn an_endless_event_is_given_up() {
        let (mut parser, mut said) = (Parser::default(), Vec::new());
        let line = [b"data: ".as_slice(), &vec![b'x'; 1024 * 1024], b"\n"].concat();
        let end = (0..100).find_map(|_| parser.feed(&line, &mut said).err());
        assert_eq!(end, Some(TooLong));
        let mut parser = Parser::default();
        assert!((0..100).any(|_| parser.feed(&line[..line.len() - 1], &mut said).is_err()));
    }
}
