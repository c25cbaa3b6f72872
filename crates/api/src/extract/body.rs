//! The bytes of a request's body: of the right kind, up to a limit, within a time.

use std::{mem, task::Poll, time::Duration};

use actix_web::{HttpMessage, HttpRequest, dev::Payload, error::PayloadError, http::header};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, poll};
use tidings_middleware::{Code, Problem};
use tokio::time::{Instant, timeout_at};

/// Most bytes that a route reads of a body. Set it as app data of the app, a scope or a resource:
/// the innermost holds. Bounds what one request can keep in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimit(pub(crate) usize);

impl Default for BodyLimit {
    fn default() -> Self {
        Self(64 * 1024)
    }
}

impl BodyLimit {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        request.app_data::<Self>().copied().unwrap_or_default()
    }
}

/// How long a body may take to arrive, beside what its size is worth. A sender that trickles bytes is cut off, whose
/// line stalls for a moment is not.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that have come for which a second more is granted: the slowest line that is waited for.
const SLOWEST_PER_SECOND: usize = 16 * 1024;

/// Refuses, by its headers alone, a body that would not be read.
pub(crate) fn check_head(request: &HttpRequest, media_type: &str, limit: BodyLimit) -> Result<(), Problem> {
    let headers = request.headers();
    // A compressed body may be a bomb, and nothing that is sent here is worth compressing.
    if headers.get_all(header::CONTENT_ENCODING).any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Problem::new(Code::UnsupportedEncoding));
    }
    if !is_of(request, media_type) {
        return Err(
            Problem::new(Code::UnsupportedMediaType).detail(format!("Send the body with Content-Type: {media_type}."))
        );
    }
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit.0 as u64) {
        return Err(too_large(limit));
    }
    Ok(())
}

pub(super) fn is_of(request: &HttpRequest, media_type: &str) -> bool {
    let mut given = request.headers().get_all(header::CONTENT_TYPE);
    let (Some(given), None) = (given.next(), given.next()) else { return false };
    if given.as_bytes() == media_type.as_bytes() {
        return true; // as most clients write it, and no need to take it apart
    }
    request.mime_type().ok().flatten().is_some_and(|mime| {
        mime.essence_str() == media_type && mime.get_param("charset").is_none_or(|charset| charset == "utf-8")
    })
}

/// Reads a body, up to its limit.
pub(crate) async fn read(payload: &mut Payload, limit: BodyLimit) -> Result<Bytes, Problem> {
    // The first chunk is kept as it is: mostly it is the whole.
    let mut first = Bytes::new();
    let mut body = BytesMut::new();
    let mut until = None;
    while let Some(chunk) = next(payload, &mut until, first.len() + body.len()).await? {
        // The connection broke, or its framing: there is nobody to tell.
        let chunk = chunk.map_err(|error| Problem::new(Code::BadRequest).caused_by(error.to_string()))?;
        if first.len() + body.len() + chunk.len() > limit.0 {
            return Err(too_large(limit));
        }
        if first.is_empty() && body.is_empty() {
            first = chunk;
        } else {
            body.extend_from_slice(&mem::take(&mut first));
            body.extend_from_slice(&chunk);
        }
    }
    Ok(if body.is_empty() { first } else { body.freeze() })
}

/// The next chunk, if it comes in time. `until` is when that is over, without what has come.
async fn next(
    payload: &mut Payload,
    until: &mut Option<Instant>,
    came: usize,
) -> Result<Option<Result<Bytes, PayloadError>>, Problem> {
    // Most bodies came together with their heads: then no clock is asked.
    if let Poll::Ready(chunk) = poll!(payload.next()) {
        return Ok(chunk);
    }
    let until = *until.get_or_insert_with(|| Instant::now() + PATIENCE);
    let worth = Duration::from_secs((came / SLOWEST_PER_SECOND) as u64);
    timeout_at(until + worth, payload.next()).await.map_err(|_| Problem::new(Code::RequestTimeout))
}

fn too_large(limit: BodyLimit) -> Problem {
    Problem::new(Code::BodyTooLarge).detail(format!("This resource takes at most {} bytes.", limit.0))
}

#[cfg(test)]
mod tests {
    use futures_util::{Stream, stream};

    use super::*;

    type Chunk = Result<Bytes, PayloadError>;

    async fn length_of(chunks: impl Stream<Item = Chunk> + 'static, limit: usize) -> Result<usize, Code> {
        let mut payload: Payload = Payload::Stream { payload: Box::pin(chunks) };
        read(&mut payload, BodyLimit(limit)).await.map(|body| body.len()).map_err(|problem| problem.code())
    }

    #[actix_web::test]
    async fn reading_stops_at_the_limit() {
        let chunk = || Ok(Bytes::from_static(b"1234"));
        assert_eq!(length_of(stream::empty(), 8).await, Ok(0));
        assert_eq!(length_of(stream::iter([chunk()]), 8).await, Ok(4));
        assert_eq!(length_of(stream::iter([chunk(), chunk()]), 8).await, Ok(8));
        assert_eq!(length_of(stream::iter([chunk(), chunk(), chunk()]), 12).await, Ok(12));
        assert_eq!(length_of(stream::iter([chunk()]), 3).await, Err(Code::BodyTooLarge));
        assert_eq!(length_of(stream::iter([chunk(), chunk(), chunk()]), 8).await, Err(Code::BodyTooLarge));
        assert_eq!(length_of(stream::repeat_with(chunk), 64 * 1024).await, Err(Code::BodyTooLarge));
        assert_eq!(
            length_of(stream::iter([chunk(), Err(PayloadError::Incomplete(None))]), 8).await,
            Err(Code::BadRequest)
        );
    }

    #[actix_web::test]
    async fn a_body_that_does_not_come_is_given_up() {
        tokio::time::pause();
        assert_eq!(length_of(stream::pending(), 8).await, Err(Code::RequestTimeout));
    }

    /// A body that comes so many bytes a second: what became of it, and after how many seconds.
    async fn trickled(per_second: usize, limit: usize) -> (Result<usize, Code>, u64) {
        let begun = Instant::now();
        let seconds = stream::unfold(0, move |came| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (came < limit).then(|| (Ok(Bytes::from(vec![b' '; per_second])), came + per_second))
        });
        let length = length_of(seconds, limit).await;
        (length, begun.elapsed().as_secs())
    }

    #[actix_web::test]
    async fn a_body_must_come_at_some_speed_whatever_its_limit() {
        tokio::time::pause();
        for limit in [64 * 1024, 4 * 1024 * 1024] {
            assert_eq!(trickled(1, limit).await, (Err(Code::RequestTimeout), 10));
            assert_eq!(trickled(1024, limit).await, (Err(Code::RequestTimeout), 10));
        }
        let (length, seconds) = trickled(SLOWEST_PER_SECOND, 4 * 1024 * 1024).await;
        assert_eq!((length, seconds), (Ok(4 * 1024 * 1024), 257), "a slow line that does what it can");
    }
}
