//! What a client says: from bytes to messages, in bounded memory.
//!
//! The decoder of actix-http waits for the whole of a frame before it looks at its length. So it is given no more once it
//! has as much as the largest message takes. (What came with the last bytes of it is there too: the HTTP server reads
//! up to 128 KiB at once.)

use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use actix_web::{dev::Payload, error::PayloadError};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use tokio::time::Instant;
use tokio_util::codec::Decoder as _;

use super::{closing::Closing, flood::Flood};

/// Largest message, in bytes, in one frame or in many. Bounds what one client can keep in memory; the largest that makes
/// sense, a mark of 1,000 ids, would be some 40 kB over HTTP: who marks so many does it there, or in parts.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024;
/// Longest head of a frame, in bytes (RFC 6455, section 5.2).
const MAX_HEAD: usize = 14;

/// What a client says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A command.
    Text(Bytes),
    /// A ping of the protocol.
    Ping(Bytes),
}

/// Why there is no message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The client has gone.
    Gone,
    /// It is to be closed.
    Closing(Closing),
}

/// The client's side of a WebSocket.
pub(crate) struct Heard<S = Payload> {
    payload: S,
    codec: Codec,
    /// What has come and is no whole frame.
    bytes: BytesMut,
    /// The message that is coming in parts.
    parts: Option<BytesMut>,
    flood: Flood,
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Heard<S> {
    pub(crate) fn new(payload: S) -> Self {
        let (codec, flood) = (Codec::new().max_size(MAX_MESSAGE), Flood::new(Instant::now()));
        Self { payload, codec, bytes: BytesMut::new(), parts: None, flood }
    }

    /// The next message. Nothing is lost when it is not waited for to its end.
    pub(crate) async fn next(&mut self) -> Result<Message, Ended> {
        loop {
            let frame = self.frame().await?;
            if !self.flood.admit(Instant::now()) {
                return Err(Ended::Closing(Closing::Flood));
            }
            match frame {
                Frame::Text(bytes) => return text(bytes),
                Frame::Continuation(Item::FirstText(bytes)) => self.parts = Some(BytesMut::from(&bytes[..])),
                Frame::Continuation(Item::Continue(bytes)) => self.add(&bytes)?,
                Frame::Continuation(Item::Last(bytes)) => {
                    self.add(&bytes)?;
                    return text(self.parts.take().unwrap_or_default().freeze());
                }
                Frame::Binary(_) | Frame::Continuation(Item::FirstBinary(_)) => {
                    return Err(Ended::Closing(Closing::Binary));
                }
                Frame::Ping(payload) => return Ok(Message::Ping(payload)),
                Frame::Pong(_) => {}
                Frame::Close(reason) => return Err(Ended::Closing(Closing::Asked(reason.map(|given| given.code)))),
            }
        }
    }

    /// Returns when the client closes too, or has gone. What else it says is let go.
    pub(super) async fn closed(&mut self) {
        loop {
            match self.frame().await {
                Ok(Frame::Close(_)) | Err(Ended::Gone) => return,
                Ok(_) => {}
                // What follows cannot be told from noise.
                Err(Ended::Closing(_)) => {
                    while let Some(Ok(_)) = self.payload.next().await {}
                    return;
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Frame, Ended> {
        loop {
            if let Some(frame) = self.codec.decode(&mut self.bytes).map_err(|error| Ended::Closing(reason(&error)))? {
                if self.bytes.is_empty() {
                    self.bytes = BytesMut::new(); // who is silent keeps no buffer
                }
                return Ok(frame);
            }
            if self.bytes.len() > MAX_HEAD + MAX_MESSAGE {
                return Err(Ended::Closing(Closing::TooLarge));
            }
            match self.payload.next().await {
                Some(Ok(bytes)) => self.bytes.extend_from_slice(&bytes),
                Some(Err(_)) | None => return Err(Ended::Gone),
            }
        }
    }

    /// Adds to the message that comes in parts.
    fn add(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let parts = self.parts.get_or_insert_default();
        parts.extend_from_slice(bytes);
        if parts.len() > MAX_MESSAGE { Err(Ended::Closing(Closing::TooLarge)) } else { Ok(()) }
    }
}

fn text(bytes: Bytes) -> Result<Message, Ended> {
    match std::str::from_utf8(&bytes) {
        Ok(_) => Ok(Message::Text(bytes)),
        Err(_) => Err(Ended::Closing(Closing::NotText)),
    }
}

fn reason(error: &ProtocolError) -> Closing {
    if matches!(error, ProtocolError::Overflow) { Closing::TooLarge } else { Closing::Malformed }
}

#[cfg(test)]
mod tests;
