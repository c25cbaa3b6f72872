//! Serves sockets over TLS: the handshake, then HTTP/1.1 or HTTP/2 with the same application as without.

use std::{fmt, io, net::SocketAddr, pin::pin, time::Duration};

use actix_http::{
    HttpService, Protocol, Request, Response,
    body::{BoxBody, MessageBody},
    error::DispatchError,
};
use actix_server::GracefulShutdownSignal;
use actix_service::{Service, ServiceFactory, ServiceFactoryExt as _, apply_fn_factory, fn_service};
use actix_web::rt::{net::TcpStream, time::timeout};
use tidings_api::{KEEP_ALIVE, SLOW_HEAD};
use tidings_middleware::{Answers, ConnectionPlace};
use tokio_rustls::TlsAcceptor;

use super::connection::SecureConnection;

/// How long a connection that is to be closed may still send what was written to it.
const LAST_BYTES: Duration = Duration::from_millis(250);

/// Bytes of bodies that may have come over a connection of many answers, and that nobody has read yet. Bounds what a
/// client can have kept, whatever becomes of its requests; a body that is read goes on as fast as it is.
const UNREAD: u32 = 256 * 1024;

/// Under which terms connections are served.
#[derive(Clone)]
pub(crate) struct Terms {
    /// How long a connection may take nothing of an answer.
    pub(crate) stall: Duration,
    /// How long a client may take to close its side.
    pub(crate) slow_close: Duration,
    pub(crate) stopping: GracefulShutdownSignal,
}

/// A socket, its place among those of its address, and who is on its other side.
pub(crate) type Accepted = (TcpStream, Option<ConnectionPlace>, Option<SocketAddr>);

/// A service of sockets, for one worker. `accept` decides on each, before anything is read from it.
pub(crate) fn service<S, B>(
    app: S,
    acceptor: TlsAcceptor,
    terms: Terms,
    accept: impl Fn(TcpStream) -> Result<Accepted, DispatchError> + Clone + 'static,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    S: ServiceFactory<Request, Config = ()> + 'static,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let stopping = terms.stopping.clone();
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(SLOW_HEAD)
        .client_disconnect_timeout(terms.slow_close)
        .h1_allow_half_closed(false)
        .h2_initial_window_size(UNREAD)
        .h2_initial_connection_window_size(UNREAD)
        .on_connect_ext(|connection: &SecureConnection, data| connection.describe(data))
        .finish(app);
    let http = apply_fn_factory(http, move |(connection, protocol, peer): (SecureConnection, _, _), http: &_| {
        let answers = connection.answers();
        watched(Service::call(http, (connection, protocol, peer)), answers, terms.clone())
    });
    let handshake = fn_service(move |socket| {
        let accepted = accept(socket);
        let acceptor = acceptor.clone();
        async move { handshake(accepted?, &acceptor).await }
    });
    handshake.and_then(http)
}

/// What is no TLS, or comes too slowly, is closed.
async fn handshake(
    (socket, place, peer): Accepted,
    acceptor: &TlsAcceptor,
) -> Result<(SecureConnection, Protocol, Option<SocketAddr>), DispatchError> {
    let slow = |_| DispatchError::SlowRequestTimeout;
    let socket = timeout(SLOW_HEAD, acceptor.accept(socket)).await.map_err(slow)?.map_err(DispatchError::Io)?;
    let connection = SecureConnection::new(socket, place);
    let protocol = connection.protocol();
    Ok((connection, protocol, peer))
}

/// Ends a connection of many answers when it is time to. (That of one answer ends by itself.)
async fn watched(
    serving: impl Future<Output = Result<(), DispatchError>>,
    answers: Option<Answers>,
    terms: Terms,
) -> Result<(), DispatchError> {
    let Some(answers) = answers else { return serving.await };
    let _end = End(answers.clone());
    let mut serving = pin!(serving);
    let stopped = async {
        terms.stopping.notified().await;
        answers.none().await;
    };
    tokio::select! {
        ended = &mut serving => ended,
        () = answers.overdue(terms.stall, KEEP_ALIVE) => Err(DispatchError::Io(io::ErrorKind::TimedOut.into())),
        () = stopped => timeout(LAST_BYTES, serving).await.unwrap_or(Ok(())),
    }
}

/// Tells the answers of a connection that it has gone, however it went.
struct End(Answers);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}
