//! A connection that a stream can take over from the HTTP server.
//!
//! A connection of actix-web costs some 14 kB while it is open: two buffers, a parser, timers; and each
//! wake-up goes through all of them. A stream needs none of that once its head is sent. So [`Connection`]
//! stands between the server and the socket: when the head has gone out, the stream takes the socket
//! away, and the server, whose next use of the connection fails, lets go of everything that was for it.
//! Requests that it had read behind that of the stream go with it: the head said `Connection: close`, so
//! they must not be carried out (RFC 9112, section 9.6).
//!
//! Only HTTP/1.1 in chunks can be taken over. Without chunks (HTTP/1.0, or a request to be upgraded) a
//! stream stays an ordinary response body.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use actix_web::rt::net::TcpStream;
use tidings_middleware::{ConnectionPlace, Heads};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long a client may take to send the head of a request. Ends those who send it by the byte.
pub const SLOW_HEAD: Duration = Duration::from_secs(5);

/// How long an idle connection is kept. Longer than the minute that proxies keep theirs: else one may
/// send a request into a connection that is just being closed.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// What the HTTP server serves: a socket, until somebody takes it.
#[derive(Debug)]
pub struct Connection {
    state: Rc<RefCell<State>>,
    heads: Heads,
    _place: Option<ConnectionPlace>,
}

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
    /// A connection over a socket, which keeps its place among those of its address until it is closed or taken.
    #[must_use]
    pub fn new(socket: TcpStream, place: Option<ConnectionPlace>) -> Self {
        let state = State { socket: Some(socket), flushed: true, waiting: None };
        Self { state: Rc::new(RefCell::new(state)), heads: Heads::new(SLOW_HEAD, KEEP_ALIVE), _place: place }
    }

    /// The other hand on it.
    #[must_use]
    pub fn take_over(&self) -> TakeOver {
        TakeOver(Rc::clone(&self.state))
    }

    /// What is known of the heads of its requests.
    #[must_use]
    pub fn heads(&self) -> Heads {
        self.heads.clone()
    }

    /// Does something with the socket. Fails once it was taken.
    fn with<T>(&self, on: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let taken = || Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        self.state.borrow_mut().socket.as_mut().map_or_else(taken, |socket| on(Pin::new(socket)))
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
            return Poll::Ready(state.socket.take().inspect(forget_server));
        }
        state.waiting = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The socket knows whom to wake when there is something to read. That would keep the memory of the
/// server's task for as long as the client is silent.
fn forget_server(socket: &TcpStream) {
    let _ = socket.poll_read_ready(&mut Context::from_waker(Waker::noop()));
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = self.with(|socket| socket.poll_read(context, into));
        if into.filled().len() > before {
            self.heads.read();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.heads.wrote();
        self.with(|socket| socket.poll_write(context, bytes))
    }

    /// The server calls this when all of its buffer was taken by the socket; and whenever it has looked at what it
    /// has read.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.heads.poll_late(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let flushed = self.with(|socket| socket.poll_flush(context));
        let mut state = self.state.borrow_mut();
        if flushed.is_ready()
            && !std::mem::replace(&mut state.flushed, true)
            && let Some(waiting) = state.waiting.take()
        {
            waiting.wake();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_shutdown(context))
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible, future::pending, future::poll_fn, sync::Arc, task::Wake};

    use actix_http::{HttpService, Request, Response, body::BodyStream};
    use actix_web::{
        dev::{Service as _, ServiceFactory as _, fn_service},
        rt::{net::TcpListener, spawn, time::timeout},
        web::Bytes,
    };
    use futures_util::{StreamExt as _, stream};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        sync::mpsc,
    };

    use super::*;

    async fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Connection::new(listener.accept().await.unwrap().0, None), client)
    }

    /// The server sends what it was given, ends, and keeps nothing: neither the connection nor the requests that
    /// came with the one that took it.
    #[actix_web::test]
    async fn a_server_whose_connection_is_taken_lets_go_of_everything() {
        let (connection, mut client) = pair().await;
        let state = Rc::downgrade(&connection.state);
        let requests = Rc::new(Cell::new(0));
        let (give, mut taken) = mpsc::unbounded_channel();
        let counted = Rc::clone(&requests);
        let taking = move |request: Request| {
            counted.set(counted.get() + 1);
            let connection = request.conn_data::<TakeOver>().unwrap().clone();
            let (written, give) = (connection.clone(), give.clone());
            let first = stream::once(async move {
                written.written();
                Ok::<_, Infallible>(Bytes::from_static(b"first"))
            });
            let then = stream::once(async move {
                give.send(poll_fn(|context| connection.poll_take(context)).await.unwrap()).unwrap();
                pending().await
            });
            async { Ok::<_, Infallible>(Response::ok().set_body(BodyStream::new(first.chain(then)))) }
        };
        let http = HttpService::build()
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.take_over());
            })
            .h1(fn_service(taking));
        let http = http.new_service(()).await.unwrap();
        client.write_all(&b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3)).await.unwrap();
        let serving = spawn(http.call((connection, None)));

        let mut socket = taken.recv().await.unwrap();
        let ended = timeout(Duration::from_secs(20), serving).await.expect("the server goes on").unwrap();
        assert!(ended.is_err(), "it finds no connection");
        assert!(state.upgrade().is_none(), "nobody else has it");
        assert_eq!(requests.get(), 1);

        socket.write_all(b"second").await.unwrap();
        drop(socket);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n5\r\nfirst\r\nsecond"), "{answer}");
    }

    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    #[actix_web::test]
    async fn a_socket_that_was_taken_does_not_keep_the_task_of_the_server() {
        let (mut connection, _client) = pair().await;
        let task = Arc::new(Task);
        let waker = Waker::from(Arc::clone(&task));
        let context = &mut Context::from_waker(&waker);
        assert!(Pin::new(&mut connection).poll_read(context, &mut ReadBuf::new(&mut [0])).is_pending());
        let Poll::Ready(Some(_socket)) = connection.take_over().poll_take(context) else { panic!("it is there") };
        drop(waker);
        assert_eq!(Arc::strong_count(&task), 1);
    }
}
