//! What is promised of any bytes: one function for each target of `make fuzz`, and the tests that hold it over
//! everything in `tests/fuzz/corpus`.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a panic is what says that a promise is broken")]

mod bodies;
mod query;
mod stream;
mod strict;
mod websocket;

use tidings_models::{NotificationId, Random, Timestamp};

pub use bodies::{batch, create, json};
pub use query::query;
pub use stream::sse;
pub use websocket::websocket;

/// The moment that it always is.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

struct Sevens;

impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn id() -> NotificationId {
    NotificationId::new(NOW, &Sevens)
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_holds_over_every_corpus() {
        let targets: [replay::Target; 6] = [
            ("batch", batch),
            ("create", create),
            ("json", json),
            ("query", query),
            ("sse", sse),
            ("websocket", websocket),
        ];
        replay::all("api", &targets);
    }
}
