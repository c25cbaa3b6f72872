//! A connection over TLS. Streams do not take it over: what is written to it is not what goes over the socket.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use actix_http::{Extensions, Protocol};
use actix_web::rt::net::TcpStream;
use tidings_api::{KEEP_ALIVE, SLOW_HEAD};
use tidings_middleware::{Answers, ConnectionPlace, Heads, OverTls};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::HTTP_2;

/// What the HTTP server serves over TLS. It keeps its place among those of its address until it is closed, for a
/// stream stays in it.
#[derive(Debug)]
pub(crate) struct SecureConnection {
    socket: TlsStream<TcpStream>,
    spoken: Spoken,
    _place: Option<ConnectionPlace>,
}

/// What is spoken over it, and what is watched of that.
#[derive(Debug)]
enum Spoken {
    /// HTTP/1.1: heads that come too slowly.
    One(Heads),
    /// HTTP/2: answers that nobody takes. (A head that does not come to its end is no request, and a connection
    /// without any ends.)
    Many(Answers),
}

impl SecureConnection {
    /// After the handshake.
    pub(super) fn new(socket: TlsStream<TcpStream>, place: Option<ConnectionPlace>) -> Self {
        let spoken = if socket.get_ref().1.alpn_protocol() == Some(HTTP_2) {
            Spoken::Many(Answers::default())
        } else {
            Spoken::One(Heads::new(SLOW_HEAD, KEEP_ALIVE))
        };
        Self { socket, spoken, _place: place }
    }

    pub(super) fn protocol(&self) -> Protocol {
        match self.spoken {
            Spoken::One(_) => Protocol::Http1,
            Spoken::Many(_) => Protocol::Http2,
        }
    }

    /// What is known of its answers, if there are many at once.
    pub(super) fn answers(&self) -> Option<Answers> {
        match &self.spoken {
            Spoken::One(_) => None,
            Spoken::Many(answers) => Some(answers.clone()),
        }
    }

    /// Tells its requests what they must know of it.
    pub(super) fn describe(&self, data: &mut Extensions) {
        data.insert(OverTls);
        match &self.spoken {
            Spoken::One(heads) => drop(data.insert(heads.clone())),
            Spoken::Many(answers) => drop(data.insert(answers.clone())),
        }
    }

    fn heads(&self) -> Option<&Heads> {
        match &self.spoken {
            Spoken::One(heads) => Some(heads),
            Spoken::Many(_) => None,
        }
    }
}

impl AsyncRead for SecureConnection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(context, into);
        if into.filled().len() > before
            && let Some(heads) = self.heads()
        {
            heads.read();
        }
        read
    }
}

impl AsyncWrite for SecureConnection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(heads) = self.heads() {
            heads.wrote();
        }
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    /// The server calls this whenever it has looked at what it has read.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.heads().is_some_and(|heads| heads.poll_late(context).is_ready()) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
