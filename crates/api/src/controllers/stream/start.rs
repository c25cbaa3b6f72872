//! Where a stream starts, and what is said on one that cannot.

use actix_web::HttpRequest;
use tidings_broker::{Error, GoodbyeReason, OpenError, Start};
use tidings_middleware::{Code, Problem};

/// Where the client asks to start. An id is never an error, so it is taken as bytes. An empty one is
/// what an `EventSource` has before its first event.
pub(crate) fn start(request: &HttpRequest, last_event_id: Option<String>, after: Option<String>) -> Start {
    let header = request.headers().get("last-event-id").map(|id| id.as_bytes().to_vec());
    let parameters = [last_event_id, after].into_iter().flatten().map(String::into_bytes);
    let mut cursors = header.into_iter().chain(parameters).filter(|cursor| !cursor.is_empty());
    cursors.next().map_or(Start::Unread, Start::After)
}

/// What is said to a caller who was refused, if that passes. `None`: they must not come back as they are.
pub(crate) fn goodbye_to_caller(problem: &Problem) -> Option<GoodbyeReason> {
    match problem.code() {
        Code::RateLimited => Some(GoodbyeReason::Limit),
        // Who they are cannot be looked up while the database is away.
        Code::Unavailable => Some(GoodbyeReason::Overloaded),
        _ => None,
    }
}

/// What is said on a stream that could not be opened, if that passes.
pub(crate) fn goodbye_instead(error: &OpenError) -> Option<GoodbyeReason> {
    if let OpenError::Failed(error @ Error::Store(_)) = error {
        tracing::error!(%error, "a stream could not be opened");
    }
    match error {
        OpenError::UserLimit | OpenError::AddressLimit => Some(GoodbyeReason::Limit),
        OpenError::Failed(Error::Stopping) => Some(GoodbyeReason::Shutdown),
        OpenError::NodeLimit | OpenError::Failed(_) => Some(GoodbyeReason::Overloaded),
        // Who is no longer believed.
        OpenError::Revoked => None,
    }
}
