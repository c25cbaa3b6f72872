//! The life of a stream on a socket of its own.

use std::{
    future::{pending, poll_fn},
    io,
    sync::Arc,
    time::Duration,
};

use actix_web::{
    rt,
    web::{Bytes, Data},
};
use futures_util::{Stream as Body, StreamExt as _, stream};
use tidings_broker::{Frame, Sink, Stream};

use super::{trace::StreamTrace, wire::Wire};
use crate::{
    App,
    connection::TakeOver,
    frames::{
        chunk::{self, Chunk},
        sse::{self, Pings},
    },
};

/// How long a stream whose token has ended may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A stream, and what it takes to write it.
pub(super) struct Served {
    pub(super) app: Data<App>,
    pub(super) stream: Stream,
    pub(super) pings: Pings,
    pub(super) trace: StreamTrace,
}

impl Served {
    fn encode(&self, out: &mut Vec<u8>, frames: &[Frame]) {
        sse::encode(out, frames, self.app.store.cursors(), &*self.app.clock, self.pings);
    }

    /// The first line: a proxy or a page sees that the stream is open.
    fn opening(&self) -> Bytes {
        sse::retry(self.app.broker.retry_ms())
    }
}

/// A body that gives its first line, and then its connection to the stream. It has no end: the server drops
/// it with all else when it finds that its connection is gone.
pub(super) fn taking_over(connection: TakeOver, served: Served) -> impl Body<Item = Result<Bytes, actix_web::Error>> {
    let opening = served.opening();
    let written = connection.clone();
    let first = stream::once(async move {
        written.written();
        Ok(opening)
    });
    let then = stream::once(async move {
        if let Some(socket) = poll_fn(|context| connection.poll_take(context)).await {
            served.trace.taken_over();
            rt::spawn(live(Wire::new(socket), served));
        }
        pending().await
    });
    first.chain(then)
}

/// A body that gives what the stream gives, as fast as it is taken.
pub(super) fn in_body(served: Served) -> impl Body<Item = Result<Bytes, actix_web::Error>> {
    let opening = Some(served.opening());
    stream::unfold((served, opening), |(mut served, opening)| async move {
        if let Some(opening) = opening {
            return Some((Ok(opening), (served, None)));
        }
        let frames = served.stream.next().await?;
        let mut bytes = Vec::new();
        served.encode(&mut bytes, &frames);
        served.trace.bytes += bytes.len() as u64;
        Some((Ok(bytes.into()), (served, None)))
    })
}

/// Writes until one of both sides ends. (A block and not a function: arguments would be kept twice, for
/// as long as the stream lives.)
fn live(wire: Wire, mut served: Served) -> impl Future<Output = ()> {
    let wire = Arc::new(wire);
    served.stream.pass_to(Arc::clone(&wire) as Arc<dyn Sink>);
    async move {
        let served = &mut served;
        // An error means that the client has gone.
        let ended = tokio::select! {
            gone = wire.gone() => gone,
            written = write(&wire, served) => written,
        };
        // The kernel gives up a connection that takes nothing.
        if ended.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            served.app.broker.tally().stalled.add(1);
        }
        served.trace.bytes = wire.sent();
    }
}

async fn write(wire: &Wire, served: &mut Served) -> io::Result<()> {
    loop {
        // Who stood still until long after the end of their token gets no more of what came before it. (Asked each
        // time: a stream may be renewed.)
        let until = served.stream.ends_at() + LAST_WORDS;
        tokio::select! {
            finished = wire.finish() => finished?,
            frames = served.stream.next() => {
                let Some(frames) = frames else { break };
                let mut chunk = Chunk::default();
                served.encode(chunk.content(), &frames);
                drop(frames);
                wire.send(Bytes::copy_from_slice(chunk.framed()), until).await?;
            }
        }
    }
    wire.send(Bytes::from_static(chunk::LAST), served.stream.ends_at() + LAST_WORDS).await
}
