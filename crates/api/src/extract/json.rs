//! A request body of JSON.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use tidings_middleware::{Code, Problem};

use super::{
    Object,
    body::{self, BodyLimit},
    wellformed, wording,
};

/// A request body of JSON, read strictly: one document, every key once, at most 16 deep, and nothing
/// that the type does not know. In a handler's signature it stands behind the caller, so that
/// nothing is read for strangers.
#[derive(Clone, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = BodyLimit::of(request);
        let checked = body::check_head(request, "application/json", limit);
        let mut payload = payload.take();
        Box::pin(async move {
            checked?;
            let body = body::read(&mut payload, limit).await?;
            parse::<Object<T>>(&body).map(|Object(value)| Self(value))
        })
    }
}

/// Reads one value of `T`. Malformed JSON is told from JSON that means nothing here.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Most bodies are good, and this is all that they cost. What is wrong with another is found below.
    if let Ok(text) = std::str::from_utf8(body)
        && let Ok(value) = serde_json::from_str(text)
        && wellformed::check_structure(text).is_ok()
    {
        return Ok(value);
    }
    let text = wellformed::check(body).map_err(|malformed| {
        Problem::new(Code::InvalidJson).detail(format!("The body is not valid JSON: {malformed}."))
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| wording::of_json(&error.path().to_string(), &error.inner().to_string(), text))
}

#[cfg(test)]
mod tests;
