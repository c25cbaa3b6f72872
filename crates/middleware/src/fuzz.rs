//! What is promised of any bytes: one function for each target of `make fuzz`, and the tests that hold it over
//! everything in `tests/fuzz/corpus`.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a panic is what says that a promise is broken")]

mod credentials;
mod keys;
mod proxies;
mod tokens;

use tidings_models::{Clock, Random, Timestamp};

pub use credentials::credentials;
pub use keys::keys;
pub use proxies::proxies;
pub use tokens::tokens;

/// What the tokens of this installation are signed under.
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// The keys of an identity provider that are believed, as a file and as a set. Nobody has the private ones any more.
const PEM: &[u8] = include_bytes!("../../../tests/fuzz/keys/rs256.pem");
const SET: &[u8] = include_bytes!("../../../tests/fuzz/keys/set.json");
/// Tokens that were signed with them: for `ann`, until 2030.
const PROVIDERS: [&str; 3] = [
    include_str!("../../../tests/fuzz/keys/rs256.jwt"),
    include_str!("../../../tests/fuzz/keys/es256.jwt"),
    include_str!("../../../tests/fuzz/keys/eddsa.jwt"),
];

/// The moment that it always is, in seconds.
const SECONDS: f64 = 1_800_000_000.0;

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

struct Always;

impl Clock for Always {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl Random for Always {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// The same with some bytes in another's place.
fn changed(text: &str, at: u16, removed: u8, inserted: &[u8]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(at) % (bytes.len() + 1);
    let end = bytes.len().min(at + usize::from(removed));
    bytes.splice(at..end, inserted.iter().copied());
    bytes
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_holds_over_every_corpus() {
        let targets: [replay::Target; 4] =
            [("credentials", credentials), ("keys", keys), ("proxies", proxies), ("tokens", tokens)];
        replay::all("middleware", &targets);
    }
}
