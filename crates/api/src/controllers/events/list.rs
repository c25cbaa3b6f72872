//! `GET /events`: the events of the stream by request, for a sync or a long poll.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    web::{self, Data},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tidings_broker::{Frame, Own, Reader, Start, Stream};
use tidings_middleware::{Auth, Code, Problem, User};
use tidings_models::Cursors;
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App, error,
    extract::Query,
    frames::{ResetView, envelope},
    paging::Limit,
};

/// Longest wait, in seconds: less than what proxies grant a request.
const MAX_WAIT: u64 = 30;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// The cursor to go on from. Without it: the unread notifications.
    after: Option<String>,
    /// How many at most, 1 to 200.
    #[serde(default)]
    #[param(inline)]
    limit: Limit,
    /// How many seconds to wait for an event when there is none, 0 to 30.
    #[serde(default)]
    #[param(maximum = 30)]
    wait: u64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct EventsResponse {
    /// Envelopes, in order: what the stream sends as `data`. An ephemeral signal among them has neither `id` nor `seq`:
    /// go on from `cursor`.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Box<RawValue>>,
    /// What to send as `after` next time.
    cursor: String,
    /// There are more already: ask again at once.
    more: bool,
    /// Continuity cannot be proven: this state replaces what the client holds. As on the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<ResetView>,
}

/// The events by request
///
/// What the stream would send, for clients that cannot keep one open. With `wait` it answers as soon
/// as there is an event.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "stream", params(EventsQuery),
    responses(
        (status = 200, body = EventsResponse)
    )
)]
pub(crate) async fn list(
    request: HttpRequest,
    User(principal): User,
    Query(query): Query<EventsQuery>,
    app: Data<App>,
    auth: Data<Auth>,
) -> Result<web::Json<EventsResponse>, Problem> {
    if query.wait > MAX_WAIT {
        return Err(Problem::new(Code::InvalidQuery).detail("wait: seconds, from 0 to 30"));
    }
    let start = query.after.filter(|after| !after.is_empty());
    let mut collected = Collected::new(start.clone(), query.limit.get() as usize);
    let start = start.map_or(Start::Unread, |after| Start::After(after.into_bytes()));
    let address = Some(auth.limits.address(request.head()));
    let reader = Reader { user: principal.user, address, grant: principal.grant };
    let stream = app.broker.open(reader, start).await.map_err(error::open)?;
    let until = Instant::now() + Duration::from_secs(query.wait);
    collected.read(stream, app.store.cursors(), until).await?;
    Ok(web::Json(collected.answer()))
}

/// What a stream has given so far.
struct Collected {
    limit: usize,
    ready: bool,
    answer: EventsResponse,
}

impl Collected {
    fn new(after: Option<String>, limit: usize) -> Self {
        let cursor = after.unwrap_or_default();
        Self { limit, ready: false, answer: EventsResponse { events: Vec::new(), cursor, more: false, reset: None } }
    }

    /// Reads until there is enough: a full page, or all there is and at least one event, or no time left.
    async fn read(&mut self, mut stream: Stream, cursors: &Cursors, until: Instant) -> Result<(), Problem> {
        while !self.answer.more && (!self.ready || self.is_empty()) {
            // The replay is never cut short: only waiting for something new is.
            let frames = if self.ready { timeout_at(until, stream.next()).await } else { Ok(stream.next().await) };
            let Ok(Some(frames)) = frames else { break };
            for frame in &frames {
                self.take(frame, cursors)?;
            }
        }
        if !self.answer.more {
            stream.all_sent(); // it is about to be
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.answer.events.is_empty() && self.answer.reset.is_none()
    }

    fn take(&mut self, frame: &Frame, cursors: &Cursors) -> Result<(), Problem> {
        match frame {
            _ if self.answer.more => {}
            Frame::Event(..) if self.answer.events.len() == self.limit => self.answer.more = true,
            Frame::Event(entry, own) => {
                self.answer.events.push(envelope(&entry.envelope, *own).map_err(Problem::internal)?);
                self.answer.cursor = entry.cursor.to_string();
            }
            Frame::Reset { reason, cursor, page } => {
                self.answer.reset = Some(ResetView::of(*reason, page, cursors));
                self.answer.cursor = cursor.to_string();
            }
            Frame::Ready { cursor, .. } => {
                self.ready = true;
                self.answer.cursor = cursor.to_string();
            }
            // The database cannot be read, says a heartbeat before `ready`; and a goodbye, that not all was given.
            Frame::Heartbeat(_) | Frame::Goodbye(_) if !self.ready => return Err(Problem::new(Code::Unavailable)),
            Frame::Heartbeat(cursor) => {
                if let Some(cursor) = cursor {
                    self.answer.cursor = cursor.to_string();
                }
            }
            // For whoever listens at this moment: it moves no cursor, and is not kept where there is no room.
            Frame::Whisper(signal, counts) => {
                if self.answer.events.len() < self.limit {
                    let own = Own { counts: *counts, muted: false };
                    self.answer.events.push(envelope(&signal.envelope, own).map_err(Problem::internal)?);
                }
            }
            Frame::Expiring(_) | Frame::Goodbye(_) => {}
        }
        Ok(())
    }

    fn answer(self) -> EventsResponse {
        self.answer
    }
}
