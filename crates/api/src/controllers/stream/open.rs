//! `GET /stream`: everything for this user, in order, from where they were.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, Version},
    web::Data,
};
use actix_web_lab::header::{CacheControl, CacheDirective};
use serde::Deserialize;
use tidings_broker::{Frame, Goodbye, GoodbyeReason, Local, Reader, Transport};
use tidings_middleware::{Auth, Problem, ProblemBody, User, accepts_events};
use utoipa::IntoParams;

use super::{
    serve::{Served, in_body, taking_over},
    start::{goodbye_instead, goodbye_to_caller, start},
    trace::StreamTrace,
};
use crate::{
    App,
    connection::TakeOver,
    error,
    extract::Lossy,
    frames::sse::{self, Pings},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// The cursor to go on from, where the header `Last-Event-ID` cannot be sent.
    after: Option<String>,
    /// The same, under the name that a common polyfill of `EventSource` sends.
    #[serde(rename = "lastEventId")]
    last_event_id: Option<String>,
    /// A ticket, for a client that can set neither a header nor a cookie. `guard` takes it.
    #[serde(rename = "ticket")]
    #[param(ignore)] // it says who is calling
    _ticket: Option<String>,
    /// Send `ping` events as heartbeats: an `EventSource` does not tell its page of anything less.
    #[serde(default)]
    ping: bool,
}

/// What comes beside the query, for the document.
#[expect(dead_code, reason = "only its description is used")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct StreamHeader {
    /// The id of the last event that the client has.
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<String>,
}

/// The stream
///
/// Server-sent events. Goes on after `Last-Event-ID`, or `after`; without either it begins with the
/// unread notifications (the newest, at most 100 and 64 KiB, oldest first). Then everything in order, without gap or
/// repeat. A cursor that cannot be continued from is answered with the event `reset`.
#[utoipa::path(
    get, path = "/api/v1/stream", tag = "stream", security(("bearer" = []), ("cookie" = []), ("ticket" = [])),
    params(StreamQuery, StreamHeader),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 429, body = ProblemBody, description = "Too many streams or requests; clients that accept `text/event-stream` get 200 and `goodbye`"),
        (status = 503, body = ProblemBody, description = "As above, when the server is stopping or overloaded")
    )
)]
pub(crate) async fn open(
    request: HttpRequest,
    caller: Result<User, Problem>,
    Lossy(query): Lossy<StreamQuery>,
    app: Data<App>,
    auth: Data<Auth>,
    local: Data<Local>,
) -> Result<HttpResponse, Problem> {
    let listens = accepts_events(request.head());
    let User(principal) = match caller {
        Ok(user) => user,
        Err(problem) => match goodbye_to_caller(&problem).filter(|_| listens) {
            Some(reason) => return Ok(answer().body(goodbye(&app, reason))),
            None => return Err(problem),
        },
    };
    if request.method() == Method::HEAD {
        return Ok(answer().finish()); // it takes no place: it would keep it until its client leaves
    }
    let pings = if query.ping { Pings::Events } else { Pings::Ids };
    let start = start(&request, query.last_event_id, query.after);
    let address = Some(auth.limits.address(request.head()));
    let reader = Reader { user: principal.user, address, grant: principal.grant };
    match local.open(reader, start, Transport::Sse).await {
        Ok(stream) => {
            let trace = StreamTrace::new(&stream);
            let served = Served { app, stream, pings, trace };
            // Neither HTTP/1.0 nor what asks to be upgraded is sent in chunks (RFC 9112, section 6.1).
            let chunks = request.version() == Version::HTTP_11 && !request.head().upgrade();
            let mut answer = match request.conn_data::<TakeOver>().filter(|_| chunks) {
                Some(connection) => answer().streaming(taking_over(connection.clone(), served)),
                None => answer().streaming(in_body(served)),
            };
            answer.head_mut().no_chunking(!chunks);
            Ok(answer)
        }
        Err(error) if listens && let Some(reason) = goodbye_instead(&error) => Ok(answer().body(goodbye(&app, reason))),
        Err(error) => Err(error::open(error)),
    }
}

fn answer() -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("text/event-stream")
        // `no-transform`: a proxy that compresses a stream holds it back.
        .insert_header(CacheControl(vec![CacheDirective::NoStore, CacheDirective::NoTransform]))
        // nginx: do not buffer.
        .insert_header(("x-accel-buffering", "no"))
        // Its end is the end of the connection: nobody waits on one that was said goodbye to.
        .force_close();
    answer
}

/// `retry:` and `goodbye`, for a stream that could not be opened.
fn goodbye(app: &App, reason: GoodbyeReason) -> Vec<u8> {
    let goodbye = Frame::Goodbye(Goodbye { reason, retry_ms: app.broker.retry_ms() });
    let mut bytes = Vec::new();
    sse::encode(&mut bytes, &[goodbye], app.store.cursors(), &*app.clock, Pings::Ids);
    bytes
}
