//! `Idempotency-Key`: a retry makes nothing twice.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderName};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tidings_middleware::{Code, Problem};
use tidings_models::{UserId, store::IdempotencyKey};
use utoipa::IntoParams;

use crate::openapi::values;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What an answer has that was given before.
pub(crate) const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// Longest key, in characters; bounds the index that it is kept in.
const MAX_LEN: usize = 255;

/// Where the key of a request stands, for the document.
#[expect(dead_code, reason = "only its description is used")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct KeyHeader {
    /// Makes retries safe: 1 to 255 visible ASCII characters.
    #[param(rename = "Idempotency-Key", value_type = values::IdempotencyKey, required = false)]
    key: Option<String>,
}

/// The key of a request, if it has one: 1 to 255 visible ASCII characters, given once.
pub(crate) struct Key(Option<String>);

impl Key {
    /// The key that stands in a body, held to the same rule.
    pub(crate) fn within(body: Option<&str>) -> Result<Self, Problem> {
        body.map(|key| parse(key.as_bytes())).transpose().map(Self)
    }

    /// The key for a request of `publisher` that says `content`, which is written out only for it.
    pub(crate) fn of(self, publisher: &UserId, content: &impl Serialize) -> Result<Option<IdempotencyKey>, Problem> {
        let Some(key) = self.0 else { return Ok(None) };
        let content = serde_json::to_vec(content).map_err(Problem::internal)?;
        Ok(Some(IdempotencyKey { publisher: publisher.clone(), key, fingerprint: Sha256::digest(content).into() }))
    }
}

impl FromRequest for Key {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(&IDEMPOTENCY_KEY);
        ready(match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => parse(value.as_bytes()).map(|key| Self(Some(key))),
            _ => Err(Problem::new(Code::InvalidIdempotencyKey)),
        })
    }
}

fn parse(value: &[u8]) -> Result<String, Problem> {
    let visible = (1..=MAX_LEN).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    let text = visible.then(|| value.iter().copied().map(char::from).collect());
    text.ok_or_else(|| Problem::new(Code::InvalidIdempotencyKey))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_and_bounded() {
        let long = "k".repeat(256);
        for good in ["k", "4711-retry", &long[..255], "!~"] {
            assert_eq!(parse(good.as_bytes()).unwrap(), good);
        }
        for bad in ["", " ", "a b", "a\r", "ключ", &long] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
