//! The name of one request: in its answer, in its problem, and on every line that is logged for it.

use std::{fmt, sync::Arc};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use tidings_models::{Clock, Random};
use uuid::Builder;

/// The header that carries it, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a caller. Bounds what a stranger can put on each line of the log.
const MAX_LEN: usize = 128;

/// The name of one request. `edge` puts it in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's, when it is sane: a proxy's id then leads through both logs. Else a new one.
    pub(crate) fn take_or_make(headers: &HeaderMap, clock: &dyn Clock, random: &dyn Random) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        match given {
            Some(id) if is_sane(id) => Self(id.into()),
            _ => Self::make(clock, random),
        }
    }

    fn make(clock: &dyn Clock, random: &dyn Random) -> Self {
        let millis = u64::try_from(clock.now().as_millis()).unwrap_or(0);
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        Self(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string().into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header. Every id is made of visible ASCII.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

fn is_sane(id: &str) -> bool {
    (1..=MAX_LEN).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{FixedClock, FixedRandom};

    use super::*;

    fn taken(given: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        RequestId::take_or_make(&headers, &FixedClock, &FixedRandom).to_string()
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        for good in ["a", "0190-ab_C.9", &"x".repeat(128)] {
            assert_eq!(taken(good.as_bytes()), good);
        }
        let made = RequestId::make(&FixedClock, &FixedRandom).to_string();
        assert_eq!(uuid::Uuid::parse_str(&made).unwrap().get_version_num(), 7);
        for bad in [b"".as_slice(), b"a b", b"a\"b", b"a,b", b"\xff", b"a/b", &[b'x'; 129]] {
            assert_eq!(taken(bad), made, "{bad:?}");
        }
    }
}
