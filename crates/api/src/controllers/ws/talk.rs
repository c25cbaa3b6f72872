//! The life of a WebSocket: what the stream gives goes out, what the client asks for is carried out and answered.
//!
//! It is the body of an answer, and lives by being asked for more: as long as the client does not take what there is,
//! nothing more is rendered for it, and nothing more that it says is heard. So it holds no queue of its own.

use std::{future::pending, rc::Rc, time::Duration};

use actix_web::{
    Error,
    dev::Payload,
    web::{Bytes, Data},
};
use bytes::BytesMut;
use futures_util::{Stream as Body, future::LocalBoxFuture, stream};
use tidings_broker::{Frame, Goodbye, GoodbyeReason, Stream};
use tidings_middleware::Code;
use tokio::time::timeout;

use super::{
    closing::Closing,
    command::{Done, Speaker},
    heard::{Ended, Heard, Message},
};
use crate::{
    App,
    controllers::stream::trace::StreamTrace,
    frames::websocket::{self, Answer},
};

/// How long a client has to close its side, once this side is closed. Whoever is cut off at once may never see why.
const CLOSING: Duration = Duration::from_secs(2);

/// Where a WebSocket is in its life.
enum Phase {
    /// Nothing was said yet.
    Opening,
    Live,
    /// The last frame was sent, the client's is awaited.
    Closing,
    /// Both were.
    Closed,
}

/// A stream over a WebSocket, and what is being done for its client.
struct Talk {
    stream: Stream,
    heard: Heard,
    speaker: Rc<Speaker>,
    /// The command that is being carried out. The next one is heard after it.
    doing: Option<LocalBoxFuture<'static, Answer<Done>>>,
    phase: Phase,
    trace: StreamTrace,
}

/// The body that a stream over a WebSocket is.
pub(super) fn talk(stream: Stream, heard: Heard<Payload>, speaker: Speaker) -> impl Body<Item = Result<Bytes, Error>> {
    let trace = StreamTrace::new(&stream);
    let talk = Talk { stream, heard, speaker: Rc::new(speaker), doing: None, phase: Phase::Opening, trace };
    stream::unfold(talk, |mut talk| async move {
        let bytes = talk.next().await?;
        talk.trace.bytes += bytes.len() as u64;
        Some((Ok(bytes), talk))
    })
}

/// What is said where no stream could be opened, to a client that cannot read a refusal.
pub(super) fn farewell(
    app: Data<App>,
    reason: GoodbyeReason,
    heard: Heard<Payload>,
) -> impl Body<Item = Result<Bytes, Error>> {
    stream::unfold((Some(reason), app, heard), |(reason, app, mut heard)| async move {
        let Some(reason) = reason else {
            let _ = timeout(CLOSING, heard.closed()).await; // either will do
            return None;
        };
        let mut out = BytesMut::new();
        let retry_ms = app.broker.retry_ms();
        websocket::retry(&mut out, retry_ms);
        say(&app, &mut out, &[Frame::Goodbye(Goodbye { reason, retry_ms })]);
        close(&mut out, &Closing::Goodbye(reason));
        Some((Ok(out.freeze()), (None, app, heard)))
    })
}

impl Talk {
    /// What goes out next. `None`: nothing does any more, and the connection ends.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = BytesMut::new();
        match self.phase {
            Phase::Opening => {
                self.phase = Phase::Live;
                websocket::retry(&mut out, self.speaker.app.broker.retry_ms());
            }
            Phase::Live => {
                while out.is_empty() {
                    self.step(&mut out).await?;
                }
            }
            Phase::Closing => {
                let _ = timeout(CLOSING, self.heard.closed()).await; // either will do
                return None;
            }
            Phase::Closed => return None,
        }
        Some(out.freeze())
    }

    /// Waits for what happens next: something to say, something that is done, or something that is heard.
    async fn step(&mut self, out: &mut BytesMut) -> Option<()> {
        tokio::select! {
            frames = self.stream.next() => {
                let frames = frames?;
                let last = match frames.last() {
                    Some(Frame::Goodbye(last)) => Some(last.reason),
                    _ => None,
                };
                if let Some(reason) = last {
                    self.finish(out, reason).await;
                }
                say(&self.speaker.app, out, &frames);
                if let Some(reason) = last {
                    self.close(out, &Closing::Goodbye(reason));
                }
            }
            answer = done(&mut self.doing) => {
                self.doing = None;
                websocket::answer(out, &answer);
            }
            heard = self.heard.next(), if self.doing.is_none() => match heard {
                // It is told to go, with the next step.
                _ if self.stream.is_over() => {}
                Ok(Message::Text(command)) => {
                    self.doing = Some(Box::pin(Rc::clone(&self.speaker).carry_out(command)));
                }
                Ok(Message::Ping(payload)) => websocket::pong(out, &payload),
                Err(Ended::Closing(closing)) => self.close(out, &closing),
                Err(Ended::Gone) => return None,
            }
        }
        Some(())
    }

    /// What is being done is answered before a goodbye, as a request would be; but not to whoever is no longer believed.
    async fn finish(&mut self, out: &mut BytesMut, reason: GoodbyeReason) {
        let believed = !matches!(reason, GoodbyeReason::Revoked | GoodbyeReason::TokenExpired);
        if let Some(doing) = self.doing.take().filter(|_| believed)
            && let Ok(answer) = timeout(CLOSING, doing).await
        {
            websocket::answer(out, &answer);
        }
    }

    fn close(&mut self, out: &mut BytesMut, closing: &Closing) {
        if *closing == Closing::Flood {
            self.speaker.refused(&Code::RateLimited.into());
        }
        close(out, closing);
        self.phase = if matches!(closing, Closing::Asked(_)) { Phase::Closed } else { Phase::Closing };
    }
}

async fn done(doing: &mut Option<LocalBoxFuture<'static, Answer<Done>>>) -> Answer<Done> {
    match doing {
        Some(doing) => doing.await,
        None => pending().await,
    }
}

fn say(app: &App, out: &mut BytesMut, frames: &[Frame]) {
    websocket::encode(out, frames, app.store.cursors(), &*app.clock);
}

fn close(out: &mut BytesMut, closing: &Closing) {
    websocket::close(out, closing.code(), closing.word());
}
