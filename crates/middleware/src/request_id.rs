//! The name of one request: in its answer, in its problem, and on every line that is logged for it.

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use tidings_models::{Random, Timestamp};
use uuid::{Builder, fmt::Hyphenated};

/// The header that carries it, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a caller. Bounds what a stranger can put on each line of the log.
const MAX_LEN: usize = 128;

/// The name of one request. `edge` puts it in the request's extensions. Kept as the header that it
/// will be: cheap to clone, and made in one piece. Always visible ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's, when it is sane: a proxy's id then leads through both logs. Else a new one.
    pub(crate) fn take_or_make(headers: &HeaderMap, now: Timestamp, random: &dyn Random) -> Self {
        match headers.get(X_REQUEST_ID).map(HeaderValue::as_bytes) {
            // Copied: it is a part of the buffer that the connection reads into.
            Some(given) if is_sane(given) => Self::of(given),
            _ => Self::make(now, random),
        }
    }

    fn make(now: Timestamp, random: &dyn Random) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        let id = Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        Self::of(id.hyphenated().encode_lower(&mut text).as_bytes())
    }

    fn of(visible: &[u8]) -> Self {
        Self(HeaderValue::from_bytes(visible).unwrap_or_else(|_| HeaderValue::from_static("-")))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("-")
    }

    /// The id as a header.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=MAX_LEN).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::Clock as _;

    use crate::testing::{FixedClock, FixedRandom};

    use super::*;

    fn taken(given: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        RequestId::take_or_make(&headers, FixedClock.now(), &FixedRandom).to_string()
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        for good in ["a", "0190-ab_C.9", &"x".repeat(128)] {
            assert_eq!(taken(good.as_bytes()), good);
        }
        let made = RequestId::make(FixedClock.now(), &FixedRandom).to_string();
        assert_eq!(uuid::Uuid::parse_str(&made).unwrap().get_version_num(), 7);
        for bad in [b"".as_slice(), b"a b", b"a\"b", b"a,b", b"\xff", b"a/b", &[b'x'; 129]] {
            assert_eq!(taken(bad), made, "{bad:?}");
        }
    }
}
