//! Lines that are sent together, and what the server says of each.

use std::time::Duration;

use reqwest::header;
use serde::Deserialize;

use super::line::{LARGEST_BATCH, LONGEST, Line};
use crate::{
    cli::{
        http::{Problem, Server},
        patience::Patience,
    },
    failure::Failure,
};

/// The most lines that a server takes at once.
const MOST: usize = 1000;
/// Longer than a server takes for a batch on a slow disk, behind others.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Lines that are yet to be stored or refused.
#[derive(Default)]
pub(super) struct Batch {
    lines: Vec<Line>,
    bytes: usize,
}

/// What became of a line.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    Stored,
    Repeated,
    Refused {
        number: u64,
        reason: String,
    },
    /// The line stays in the batch.
    NotNow {
        reason: String,
    },
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<Judged>,
}

#[derive(Deserialize)]
struct Judged {
    index: usize,
    status: u16,
    #[serde(default)]
    idempotent_replayed: bool,
    problem: Option<Problem>,
}

impl Batch {
    /// The number of its first line.
    pub(super) fn first(&self) -> Option<u64> {
        self.lines.first().map(Line::number)
    }

    pub(super) fn has_room_for(&self, line: &Line) -> bool {
        self.lines.len() < MOST && self.bytes + line.size() <= LARGEST_BATCH
    }

    pub(super) fn add(&mut self, line: Line) {
        self.bytes += line.size();
        self.lines.push(line);
    }

    /// Sends all lines, and keeps those that are neither stored nor refused.
    pub(super) async fn send(&mut self, server: &Server, patience: Patience) -> Result<Vec<Told>, Failure> {
        let body = self.body();
        let answer = if body.is_empty() {
            Answer { results: Vec::new() } // nothing but lines that are too long
        } else {
            let url = server.url("api/v1/admin/notifications/batch");
            let request = || {
                let request = server.client.post(&url).timeout(TIMEOUT);
                request.header(header::CONTENT_TYPE, "application/x-ndjson").body(body.clone())
            };
            let answer = patience.send(server, request).await?.json().await;
            answer.map_err(|_| not_tidings())?
        };
        let lines = std::mem::take(self).lines;
        let (told, rest) = judge(lines, answer).ok_or_else(not_tidings)?;
        for line in rest {
            self.add(line);
        }
        Ok(told)
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes);
        for line in &self.lines {
            if let Line::Text { text, .. } = line {
                body.extend_from_slice(text);
                body.push(b'\n');
            }
        }
        body
    }
}

impl Line {
    fn number(&self) -> u64 {
        match self {
            Self::Text { number, .. } | Self::TooLong { number } => *number,
        }
    }

    /// Bytes of a batch.
    fn size(&self) -> usize {
        match self {
            Self::Text { text, .. } => text.len() + 1,
            Self::TooLong { .. } => 0,
        }
    }
}

fn not_tidings() -> Failure {
    Failure::new("the server's answer is not one of Tidings. Check TIDINGS_URL.")
}

/// What is said of each line, and which are to be sent again. `None`: what is said is not of these lines.
fn judge(lines: Vec<Line>, answer: Answer) -> Option<(Vec<Told>, Vec<Line>)> {
    let mut results = answer.results.into_iter().enumerate();
    let (mut told, mut rest) = (Vec::with_capacity(lines.len()), Vec::new());
    for line in lines {
        let number = line.number();
        if let Line::TooLong { .. } = line {
            told.push(Told::Refused { number, reason: format!("longer than {LONGEST} bytes") });
            continue;
        }
        let (index, result) = results.next()?;
        if result.index != index {
            return None;
        }
        let reason = || result.problem.map_or_else(|| format!("status {}", result.status), Problem::describe);
        told.push(match result.status {
            201 if result.idempotent_replayed => Told::Repeated,
            201 => Told::Stored,
            429 | 503 | 507 => {
                rest.push(line);
                Told::NotNow { reason: reason() }
            }
            _ => Told::Refused { number, reason: reason() },
        });
    }
    results.next().is_none().then_some((told, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(number: u64) -> Line {
        Line::Text { number, text: number.to_string().into_bytes() }
    }

    fn judged(lines: Vec<Line>, results: &Value) -> Option<(Vec<Told>, Vec<Line>)> {
        judge(lines, serde_json::from_value(json!({ "results": results })).unwrap())
    }

    #[test]
    fn each_line_is_judged_by_its_own_result() {
        let lines = vec![line(1), Line::TooLong { number: 2 }, line(4), line(5), line(6), line(7)];
        let problem = json!({"title": "Invalid title", "detail": "title: empty\u{1b}"});
        let results = json!([
            {"index": 0, "status": 201, "id": "x"},
            {"index": 1, "status": 201, "id": "x", "idempotent_replayed": true},
            {"index": 2, "status": 422, "problem": problem},
            {"index": 3, "status": 503, "problem": {"title": "Overloaded"}},
            {"index": 4, "status": 500},
        ]);
        let (told, rest) = judged(lines, &results).unwrap();
        let refused = |number, reason: &str| Told::Refused { number, reason: reason.into() };
        let expected = [
            Told::Stored,
            refused(2, "longer than 4194048 bytes"),
            Told::Repeated,
            refused(5, r"Invalid title: title: empty\u{1b}"),
            Told::NotNow { reason: "Overloaded".into() },
            refused(7, "status 500"),
        ];
        assert_eq!(told, expected);
        assert_eq!(rest, [line(6)]);
    }

    #[test]
    fn an_answer_to_something_else_is_none() {
        for results in [
            json!([]),
            json!([{"index": 1, "status": 201}]),
            json!([{"index": 0, "status": 201}, {"index": 1, "status": 201}]),
        ] {
            assert_eq!(judged(vec![line(1)], &results), None, "{results}");
        }
    }

    #[test]
    fn a_batch_is_bounded_by_lines_and_by_bytes() {
        let mut batch = Batch::default();
        for number in 0..1000 {
            assert!(batch.has_room_for(&line(number)));
            batch.add(line(number));
        }
        assert!(!batch.has_room_for(&line(1000)));
        let long = |length| Line::Text { number: 1, text: vec![b'x'; length] };
        let mut batch = Batch::default();
        assert!(batch.has_room_for(&long(LONGEST)), "the longest line is a batch");
        batch.add(long(LARGEST_BATCH - 10));
        assert!(batch.has_room_for(&long(8)) && !batch.has_room_for(&long(9)));
        batch.add(long(8));
        assert_eq!(batch.body().len(), LARGEST_BATCH);
    }
}
