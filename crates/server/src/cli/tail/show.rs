//! What `tidings tail` shows of an event.

use std::{collections::VecDeque, fmt::Write as _, time::Duration};

use serde_json::Value;

use crate::{
    cli::output,
    failure::Failure,
    printable::{is_unsafe, printable},
};

/// How many notifications are remembered as shown. More than a stream can begin with, so that a
/// `reset` repeats nothing.
const REMEMBERED: usize = 256;

/// The terminal.
pub(super) struct Screen {
    json: bool,
    shown: VecDeque<String>,
}

impl Screen {
    pub(super) fn new(json: bool) -> Self {
        Self { json, shown: VecDeque::new() }
    }

    /// Shows an event. Tells how often the server gives a sign of life, when it said so.
    pub(super) fn show(&mut self, name: &str, data: &str) -> Result<Option<Duration>, Failure> {
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        if let Some(remark) = remark(name, &event) {
            output::note(&format!("-- {remark}"));
        }
        for line in self.lines(name, data, &event) {
            output::line(&line)?;
        }
        let heartbeat = (name == "ready").then(|| event["heartbeat_ms"].as_u64()).flatten();
        Ok(heartbeat.map(Duration::from_millis))
    }

    fn lines(&mut self, name: &str, data: &str, event: &Value) -> Vec<String> {
        match name {
            "ready" | "expiring" | "goodbye" | "ping" => Vec::new(),
            _ if self.json => vec![one_line(data)],
            "reset" => {
                let items = event["notifications"].as_array().map(Vec::as_slice).unwrap_or_default();
                items.iter().rev().filter_map(|item| self.notification(&item["created_at"], item)).collect()
            }
            "notification" => self.notification(&event["timestamp"], &event["payload"]).into_iter().collect(),
            _ => vec![row(&event["timestamp"], name, &event["payload"]["title"])],
        }
    }

    /// A notification, unless it was shown before.
    fn notification(&mut self, at: &Value, notification: &Value) -> Option<String> {
        if let Some(id) = notification["id"].as_str() {
            if self.shown.iter().any(|shown| shown == id) {
                return None;
            }
            if self.shown.len() == REMEMBERED {
                self.shown.pop_front();
            }
            self.shown.push_back(id.to_owned());
        }
        Some(row(at, notification["level"].as_str().unwrap_or("-"), &notification["title"]))
    }
}

fn row(at: &Value, kind: &str, title: &Value) -> String {
    let row = format!("{}  {:<8} {}", text(at), printable(kind), text(title));
    row.trim_end().to_owned()
}

fn text(value: &Value) -> String {
    value.as_str().map(printable).unwrap_or_default()
}

/// JSON on one line that steers no terminal, and still says the same: a control character can stand
/// only within a string, where it may also be written as an escape.
fn one_line(data: &str) -> String {
    let mut line = String::with_capacity(data.len());
    for c in data.chars() {
        match c {
            '\n' | '\t' => line.push(' '),
            c if is_unsafe(c) => {
                // Writing to a string cannot fail. All of these are of the basic plane.
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line
}

/// What there is to say of the stream itself.
fn remark(name: &str, event: &Value) -> Option<String> {
    let reason = text(&event["reason"]);
    match name {
        "ready" => Some(format!("connected; {} unread", event["unread"])),
        "reset" => Some(format!("the stream could not be continued ({reason}); this is the current state")),
        "goodbye" => Some(format!("the server said goodbye ({reason})")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(screen: &mut Screen, name: &str, event: &Value) -> Vec<String> {
        screen.lines(name, &event.to_string(), event)
    }

    fn arrived(id: &str, title: &str) -> Value {
        json!({"timestamp": "2026-11-21T08:30:00.000Z", "payload": {"id": id, "level": "error", "title": title}})
    }

    #[test]
    fn one_line_for_an_event() {
        let mut screen = Screen::new(false);
        let line = lines(&mut screen, "notification", &arrived("1", "Build 4711 failed"));
        assert_eq!(line, ["2026-11-21T08:30:00.000Z  error    Build 4711 failed"]);
        let line = lines(&mut screen, "notification", &arrived("2", "a\u{1b}[2J\nb"));
        assert_eq!(line, [r"2026-11-21T08:30:00.000Z  error    a\u{1b}[2J\nb"]);
        let changed = json!({"timestamp": "2026-11-21T08:31:00.000Z", "payload": {"read": true}});
        assert_eq!(lines(&mut screen, "inbox.changed", &changed), ["2026-11-21T08:31:00.000Z  inbox.changed"]);
        assert!(lines(&mut screen, "ready", &json!({"unread": 1})).is_empty());
        assert_eq!(screen.lines("odd", "not json", &Value::Null), ["  odd"]);
    }

    #[test]
    fn a_reset_shows_what_was_not_shown_yet_oldest_first() {
        let mut screen = Screen::new(false);
        lines(&mut screen, "notification", &arrived("1", "one"));
        let item = |id: &str| json!({"id": id, "title": id, "level": "info", "created_at": "2026-11-21T08:30:00.000Z"});
        let reset = json!({"reason": "expired", "notifications": [item("3"), item("2"), item("1")]});
        let titles: Vec<_> =
            lines(&mut screen, "reset", &reset).iter().map(|line| line.chars().last().unwrap()).collect();
        assert_eq!(titles, ['2', '3']);
    }

    #[test]
    fn json_is_passed_on_as_one_line() {
        let mut screen = Screen::new(true);
        let data = "{\"title\":\"a\u{9b}2J\u{2028}\u{7f}é\",\n\"n\":1}";
        let line = screen.lines("notification", data, &Value::Null).remove(0);
        assert!(!line.chars().any(is_unsafe), "{line:?}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), serde_json::from_str::<Value>(data).unwrap());
    }
}
