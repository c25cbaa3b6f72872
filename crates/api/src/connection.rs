//! A connection that a stream can take over from the HTTP server.
//!
//! A connection of actix-web costs some 14 kB while it is open: two buffers, a parser, timers; and each
//! wake-up goes through all of them. A stream needs none of that once its head is sent. So [`Connection`]
//! stands between the server and the socket: when the head has gone out, the stream takes the socket
//! away, and the server, which then finds the connection at its end, lets go of everything that was for it.
//!
//! Only HTTP/1.1 in chunks can be taken over. Anything else stays an ordinary response body.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the HTTP server serves: a socket, until somebody takes it.
#[derive(Debug)]
pub struct Connection(Rc<RefCell<State>>);

/// The other hand on a connection. Put into its data (`on_connect`), it is what makes taking over
/// possible.
#[derive(Clone, Debug)]
pub struct TakeOver(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    /// `None`: it was taken.
    socket: Option<TcpStream>,
    /// Everything that the server had written has left its buffers.
    flushed: bool,
    /// Who wants to know when it has.
    waiting: Option<Waker>,
}

impl Connection {
    /// A connection over a socket.
    #[must_use]
    pub fn new(socket: TcpStream) -> Self {
        Self(Rc::new(RefCell::new(State { socket: Some(socket), flushed: true, waiting: None })))
    }

    /// The other hand on it.
    #[must_use]
    pub fn take_over(&self) -> TakeOver {
        TakeOver(Rc::clone(&self.0))
    }

    /// Does something with the socket, or with the absence of one.
    fn with<T>(&self, on: impl FnOnce(Pin<&mut TcpStream>) -> T, taken: T) -> T {
        self.0.borrow_mut().socket.as_mut().map_or(taken, |socket| on(Pin::new(socket)))
    }
}

impl TakeOver {
    /// Something was given to the server to write: it is not flushed before that is sent.
    pub(crate) fn written(&self) {
        self.0.borrow_mut().flushed = false;
    }

    /// Takes the socket, once what was given to the server is sent. `Ready(None)`: somebody has it.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        let mut state = self.0.borrow_mut();
        if state.flushed {
            return Poll::Ready(state.socket.take());
        }
        state.waiting = Some(context.waker().clone());
        Poll::Pending
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_read(context, into), Poll::Ready(Ok(())))
    }
}

/// What is written to a connection that was taken goes nowhere: it is the server's own end of the body.
impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|socket| socket.poll_write(context, bytes), Poll::Ready(Ok(bytes.len())))
    }

    /// The server calls this when all of its buffer was taken by the socket.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.with(|socket| socket.poll_flush(context), Poll::Ready(Ok(())));
        let mut state = self.0.borrow_mut();
        if flushed.is_ready()
            && !std::mem::replace(&mut state.flushed, true)
            && let Some(waiting) = state.waiting.take()
        {
            waiting.wake();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_shutdown(context), Poll::Ready(Ok(())))
    }
}
