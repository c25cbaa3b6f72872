//! One request after the other, each asking for what comes after the answer before.

use crate::load::answer;

/// The requests of one client.
#[derive(Debug, Default)]
pub(super) struct Polls {
    /// The first request, without a place to go on from.
    first: Vec<u8>,
    /// What came of the answer so far.
    answer: Vec<u8>,
    wait: u32,
}

/// What an answer has brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The rest of it is to come.
    Part,
    /// What to ask next.
    Whole { next: Vec<u8>, more: bool },
    /// No answer that one could go on from.
    Other(String),
}

impl Polls {
    pub(super) fn new(first: &[u8], wait: u32) -> Self {
        Self { first: first.to_vec(), answer: Vec::new(), wait }
    }

    /// Takes what was read, and shows an answer that is whole.
    pub(super) fn take(&mut self, bytes: &[u8], visit: impl FnOnce(&[u8])) -> Answer {
        self.answer.extend_from_slice(bytes);
        let Some(status) = answer::whole(&self.answer) else { return Answer::Part };
        let answer = std::mem::take(&mut self.answer);
        let next = cursor(&answer).and_then(|cursor| self.after(cursor));
        match next {
            Some(next) if status == 200 => {
                visit(&answer);
                Answer::Whole { next, more: memchr::memmem::find(&answer, br#""more":true"#).is_some() }
            }
            _ => Answer::Other(String::from_utf8_lossy(&answer).into_owned()),
        }
    }

    /// The request for what comes after this.
    fn after(&self, cursor: &[u8]) -> Option<Vec<u8>> {
        let at = memchr::memmem::find(&self.first, b" HTTP/1.1")?;
        let (path, rest) = self.first.split_at(at);
        let wait = format!("&wait={}", self.wait);
        Some([path, b"?after=", cursor, wait.as_bytes(), rest].concat())
    }
}

/// The place of a whole answer: behind all events.
fn cursor(answer: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = br#""cursor":""#;
    let rest = &answer[memchr::memmem::rfind(answer, NAME)? + NAME.len()..];
    Some(&rest[..memchr::memchr(b'"', rest)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_goes_on_from_the_answer_before() {
        let mut polls = Polls::new(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n", 25);
        let body = br#"{"events":[{"payload":{"cursor":"c1"}}],"cursor":"c2","more":false}"#;
        let mut wire = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        wire.extend(body);
        for cut in 0..wire.len() {
            assert_eq!(polls.take(&wire[..cut], |_| ()), Answer::Part, "cut at {cut}");
            let mut seen = Vec::new();
            let answer = polls.take(&wire[cut..], |whole| seen.extend_from_slice(whole));
            let next = b"GET /events?after=c2&wait=25 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
            assert_eq!((answer, seen), (Answer::Whole { next, more: false }, wire.clone()), "cut at {cut}");
        }
    }

    #[test]
    fn another_answer_shows_itself() {
        let mut polls = Polls::new(b"GET /events HTTP/1.1\r\n\r\n", 1);
        let answer = polls.take(b"HTTP/1.1 429 Slow\r\nContent-Length: 2\r\n\r\n{}", |_| ());
        assert!(matches!(answer, Answer::Other(text) if text.contains("429 Slow")));
    }
}
