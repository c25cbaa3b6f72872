//! `GET /ws`: the stream, over WebSocket.

use std::cell::RefCell;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    body::BodyStream,
    web::{Data, Payload},
};
use serde::Deserialize;
use tidings_broker::{Local, Reader, Transport};
use tidings_middleware::{Auth, Problem, ProblemBody, RequestId, User, hears_upgrades_alone};
use tracing::Span;
use utoipa::IntoParams;

use super::{
    command::Speaker,
    handshake::shake,
    heard::Heard,
    talk::{farewell, talk},
};
use crate::{
    App,
    controllers::stream::start::{goodbye_instead, goodbye_to_caller, start},
    error,
    extract::Lossy,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SocketQuery {
    /// The cursor to go on from: a page cannot send the header `Last-Event-ID`.
    after: Option<String>,
    /// The same, under the name that it has for `GET /stream`.
    #[serde(rename = "lastEventId")]
    last_event_id: Option<String>,
    /// A ticket, for a client that can set neither a header nor a cookie. `guard` takes it.
    #[serde(rename = "ticket")]
    #[param(ignore)] // it says who is calling
    _ticket: Option<String>,
    /// As for `GET /stream`. Here heartbeats are `ping` events whatever it says.
    #[serde(default, rename = "ping")]
    _ping: bool,
}

/// What comes beside the query, for the document.
#[expect(dead_code, reason = "only its description is used")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct SocketHeader {
    /// The id of the last event that the client has.
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<String>,
    /// The subprotocol: `tidings.v1`, or none.
    #[param(rename = "Sec-WebSocket-Protocol")]
    protocol: Option<String>,
}

/// The stream over WebSocket
///
/// The same events as those of `GET /stream`, from the same start: each a text message `{"event", "id"?, "data"}`. The
/// first is `retry`; a heartbeat is the event `ping`. A client may send `{"mark": …}` (as `POST /notifications/mark`),
/// `{"ping": …}` and `{"token": …}` (renews), each with a `ref`, and is answered with `marked`, `pong`, `renewed` or
/// `error`. See the manual for the codes that it is closed with.
#[utoipa::path(
    get, path = "/api/v1/ws", tag = "stream", security(("bearer" = []), ("cookie" = []), ("ticket" = [])),
    params(SocketQuery, SocketHeader),
    responses(
        (status = 101, description = "It is a WebSocket now"),
        (status = 426, body = ProblemBody, description = "Not asked to become a WebSocket of version 13 over HTTP/1.1"),
        (status = 429, body = ProblemBody, description = "Too many streams or requests; clients that send `Origin` or name a subprotocol get 101, `goodbye` and 1013"),
        (status = 503, body = ProblemBody, description = "As above, when the server is stopping or overloaded")
    )
)]
pub(crate) async fn open(
    request: HttpRequest,
    caller: Result<User, Problem>,
    Lossy(query): Lossy<SocketQuery>,
    payload: Payload,
    app: Data<App>,
    auth: Data<Auth>,
    local: Data<Local>,
) -> Result<HttpResponse, Problem> {
    let listens = hears_upgrades_alone(request.head());
    let caller = match caller {
        Ok(User(principal)) => Ok(principal),
        Err(problem) => Err(goodbye_to_caller(&problem).filter(|_| listens).ok_or(problem)?),
    };
    let mut answer = shake(&request)?;
    let heard = Heard::new(payload.into_inner());
    let principal = match caller {
        Ok(principal) => principal,
        Err(reason) => return Ok(answer.body(BodyStream::new(farewell(app, reason, heard)))),
    };
    let address = auth.limits.address(request.head());
    let start = start(&request, query.last_event_id, query.after);
    let reader = Reader { user: principal.user.clone(), address: Some(address), grant: principal.grant };
    match local.open(reader, start, Transport::WebSocket).await {
        Ok(stream) => {
            let request_id = request.extensions().get::<RequestId>().cloned().ok_or_else(no_request_id)?;
            let (stream_id, principal) = (stream.id(), RefCell::new(principal));
            let span = Span::current();
            let speaker = Speaker { app, auth, principal, address, stream: stream_id, request_id, span };
            Ok(answer.body(BodyStream::new(talk(stream, heard, speaker))))
        }
        Err(error) if listens && let Some(reason) = goodbye_instead(&error) => {
            Ok(answer.body(BodyStream::new(farewell(app, reason, heard))))
        }
        Err(error) => Err(error::open(error)),
    }
}

fn no_request_id() -> Problem {
    Problem::internal("a route that is outside of the edge")
}
