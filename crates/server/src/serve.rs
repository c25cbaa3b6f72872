//! The life of a node: everything it needs is passed in, so tests live it too.

use std::{
    future::ready,
    io,
    net::{Shutdown, TcpListener},
    sync::{Arc, atomic::Ordering},
    thread::available_parallelism,
    time::Duration,
};

use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::{ServerBuilder, ServerHandle};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{App as HttpApp, dev::AppConfig, middleware::from_fn, rt::net::TcpStream, web};
use socket2::SockRef;
use tidings_api::{App, Connection, KEEP_ALIVE, SLOW_HEAD};
use tidings_broker::{Health, Tasks};
use tidings_middleware::{Auth, Connections, cors, edge};
use tidings_models::StoreError;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    drain::{self, Plan},
    failure::Failure,
    pages,
    tls::{self, Accepted, Terms, Tls},
};

/// How long a client may take to close its side of a connection that is being closed.
const SLOW_CLOSE: Duration = Duration::from_secs(1);
/// Connections of a worker beside its part of the node's streams: as many as these may be there to open
/// one, or are served in a body for good. What comes after them waits to be accepted. (Streams that have
/// taken their connection over no longer count here, only among the streams of the node.)
const OTHER_CONNECTIONS: usize = 1024;

/// How long each of a node's last words to the database may take, such as what streams were given last. More than tens of thousands of them take; a
/// database that hangs must not keep the process.
const NOTING: Duration = Duration::from_secs(3);
/// How long connections of the database may take to close.
const CLOSING: Duration = Duration::from_secs(2);

/// A node that is ready to serve.
pub(crate) struct Node {
    pub(crate) app: Arc<App>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) tasks: Tasks,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Tls>,
    pub(crate) bounds: Bounds,
}

/// How much a node serves, and how long it takes to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) streams: usize,
    /// Connections from one address, beside those that streams have taken.
    pub(crate) per_address: usize,
    /// `None`: one for each core.
    pub(crate) workers: Option<usize>,
    /// How long a connection may take nothing of an answer, where the kernel does not see it.
    pub(crate) stall: Duration,
    pub(crate) stop: Plan,
}

/// Why a node ended other than by being told to, and in peace.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// A task of the broker is gone: what is served from now on would be stale.
    #[error("{0}: the node cannot go on without it")]
    Broker(String),
    /// The HTTP server is gone.
    #[error("the server ended: {0}")]
    Server(String),
    /// It was told twice to stop.
    #[error("stopped at once, as told; clients come back by themselves")]
    AtOnce,
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        Self::new(ended.to_string())
    }
}

/// Serves on `listener` until something comes from `stops`: the first time it stops in peace, the
/// second time at once.
pub(crate) async fn run(listener: TcpListener, node: Node, mut stops: mpsc::Receiver<()>) -> Result<(), Ended> {
    let Node { app, auth, mut tasks, tls, bounds } = node;
    let door = listener.try_clone().map_err(|error| Ended::Server(error.to_string()))?;
    let (handle, mut server) =
        start(listener, &app, auth, tls, bounds).map_err(|error| Ended::Server(error.to_string()))?;
    let ended = tokio::select! {
        Some(()) = stops.recv() => Ok(()),
        trouble = tasks.failed() => Err(Ended::Broker(why(&app, trouble))),
        end = &mut server => Err(Ended::Server(format!("{end:?}"))),
    };
    let ended = match ended {
        Ok(()) => {
            app.draining.store(true, Ordering::Relaxed);
            tokio::select! {
                () = stop(&app, &handle, &door, bounds.stop) => Ok(()),
                Some(()) = stops.recv() => Err(Ended::AtOnce),
                trouble = tasks.failed() => Err(Ended::Broker(why(&app, trouble))),
            }
        }
        trouble => trouble,
    };
    if let Err(reason) = &ended {
        tracing::error!(%reason, "the node ends");
        // Not waited for: it may be the server that is in trouble.
        drop(handle.stop(false));
    }
    tasks.stop().await;
    if ended.is_ok() {
        note_the_rest(&app).await;
    }
    // A read that hangs must not keep the process: what was committed is on disk.
    if tokio::time::timeout(CLOSING, app.store.close()).await.is_err() {
        tracing::warn!("the database did not close in time");
    }
    ended
}

/// What ended, and what it could not go on for.
fn why(app: &App, ended: String) -> String {
    match app.broker.health() {
        Health::Good => ended,
        Health::Bad(trouble) => format!("{ended} ({trouble})"),
    }
}

/// First the streams, then whatever else is under way.
async fn stop(app: &App, handle: &ServerHandle, door: &TcpListener, plan: Plan) {
    tokio::time::sleep(plan.notice).await;
    let alone = app.broker.nodes().len() == 1; // it sees no other: nobody else would serve
    if plan.others && !alone {
        handle.pause().await; // nobody asks the socket any more, which is closed to new connections now
        if let Err(error) = SockRef::from(door).shutdown(Shutdown::Both) {
            tracing::warn!(%error, "new connections wait until the node has stopped");
        }
    }
    drain::streams(&app.broker, plan).await;
    handle.stop(true).await;
    tracing::info!("stopped");
}

/// What streams were given last is written down: the ledger of a node that stopped in peace has no gap. And the other nodes
/// are told that this one is gone.
async fn note_the_rest(app: &App) {
    bounded("what was written to streams last could not be noted", app.broker.note_the_rest()).await;
    bounded("the other nodes could not be told that this one is gone", app.broker.leave()).await;
}

/// Last words to a database that may hang.
async fn bounded(failed: &str, work: impl Future<Output = Result<(), StoreError>>) {
    match tokio::time::timeout(NOTING, work).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "{failed}"),
        Err(_) => tracing::warn!("{failed} in time"),
    }
}

fn start(
    listener: TcpListener,
    app: &Arc<App>,
    auth: Arc<Auth>,
    tls: Option<Tls>,
    bounds: Bounds,
) -> std::io::Result<(ServerHandle, JoinHandle<std::io::Result<()>>)> {
    let app = web::Data::from(Arc::clone(app));
    let auth = web::Data::from(auth);
    let limits = auth.clone();
    // Once for each worker, in its thread.
    let factory = move || {
        HttpApp::new()
            .app_data(app.clone())
            .app_data(auth.clone())
            .app_data(web::Data::new(app.broker.local()))
            .wrap(cors(&auth.origins))
            .wrap(from_fn(edge))
            .configure(tidings_api::routes)
            .configure(pages::routes)
    };
    let connections = Connections::new(bounds.per_address);
    let workers = bounds.workers.unwrap_or_else(|| available_parallelism().map_or(2, usize::from));
    let server = ServerBuilder::new()
        .disable_signals()
        .workers(workers)
        .max_concurrent_connections(bounds.streams.div_ceil(workers).saturating_add(OTHER_CONNECTIONS))
        // Streams have been ended by then: they would hold the server for all of this time.
        .shutdown_timeout(bounds.stop.requests);
    let stopping = server.graceful_shutdown_signal();
    let app = move || {
        let app = factory().into_factory().map_err(|error| error.error_response());
        map_config(app, |()| AppConfig::default())
    };
    let server = if let Some(tls) = tls {
        let (stall, acceptor) = (bounds.stall, tls.acceptor().map_err(io::Error::other)?);
        server.listen("https", listener, move || {
            let (auth, connections) = (limits.clone(), Arc::clone(&connections));
            let terms = Terms { stall, slow_close: SLOW_CLOSE, stopping: stopping.clone() };
            tls::service(app(), acceptor.clone(), terms, move |socket| accept(socket, &auth, &connections))
        })?
    } else {
        // As `actix_web::HttpServer` does it, with a connection that streams can take over.
        server.listen("http", listener, move || {
            let stopping = stopping.clone();
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(SLOW_HEAD)
                .client_disconnect_timeout(SLOW_CLOSE)
                // Otherwise a stream whose browser went away is noticed only two writes later.
                .h1_allow_half_closed(false)
                .on_connect_ext(|connection: &Connection, data| {
                    data.insert(connection.take_over());
                    data.insert(connection.heads());
                })
                .finish(app());
            let (auth, connections) = (limits.clone(), Arc::clone(&connections));
            let plain = |(socket, place, peer)| (Connection::new(socket, place), Protocol::Http1, peer);
            fn_service(move |socket: TcpStream| ready(accept(socket, &auth, &connections).map(plain))).and_then(http)
        })?
    };
    let server = server.run();
    let handle = server.handle();
    Ok((handle, actix_web::rt::spawn(server)))
}

/// Takes a connection, unless there are as many from its address as there may be. It is closed without a word then:
/// an `EventSource` comes back after a connection that broke, and never after an answer that is not 200.
fn accept(socket: TcpStream, auth: &Auth, connections: &Arc<Connections>) -> Result<Accepted, DispatchError> {
    socket.set_nodelay(true).map_err(DispatchError::Io)?;
    let peer = socket.peer_addr().ok();
    let place = match peer.map(|peer| peer.ip()).filter(|peer| !auth.limits.is_proxy(*peer)) {
        Some(peer) => {
            let full = || DispatchError::Io(io::Error::other("as many connections from one address as there may be"));
            Some(connections.enter(peer).ok_or_else(full)?)
        }
        None => None,
    };
    Ok((socket, place, peer))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::FutureExt as _;
    use serde_json::json;
    use tidings_broker::{Delivery, Frame, Sink, Start, Stream, Transport};
    use tidings_models::{Clock as _, Draft, Grant, NotificationId, Recipients, SystemClock, SystemRandom, UserId};
    use tokio::time::timeout;

    use super::*;
    use crate::testing::{self, Running};

    fn alice() -> UserId {
        UserId::parse("alice").unwrap()
    }

    /// She, for an hour.
    fn reader() -> (UserId, Grant) {
        (alice(), Grant::of_token(None, SystemClock.now().plus_millis(3_600_000)))
    }

    /// A stream of this process that nobody reads, as long as it is held.
    async fn open(app: &App) -> Stream {
        app.broker.open(reader(), Start::Unread).await.unwrap()
    }

    async fn notify(app: &App) {
        let now = SystemClock.now();
        let id = NotificationId::new(now, &SystemRandom).to_string();
        let notification = json!({"id": id, "title": "one", "level": "info", "critical": false, "created_at": now});
        let notification = Box::new(serde_json::from_value(notification).unwrap());
        let draft = Draft::Notify { notification, to: Recipients::User(alice()), key: None, deliver_at: None };
        app.broker.publisher().publish(draft).await.unwrap();
    }

    #[actix_web::test]
    async fn it_serves_until_it_is_told_to_stop() {
        let node = testing::running(2).await;
        assert_eq!(node.status("healthz").await, 200);
        assert_eq!(node.status("readyz").await, 200);
        assert_eq!(node.status("api/v1/inbox").await, 401);
        let Running { stop, ended, .. } = node;
        stop.send(()).await.unwrap();
        assert!(ended.await.unwrap().is_ok());
    }

    #[actix_web::test]
    async fn while_it_stops_it_serves_and_is_not_ready_and_the_second_time_it_stops_at_once() {
        let node = testing::running(300).await;
        let stream = open(&node.app).await;
        node.stop.send(()).await.unwrap();
        while node.status("readyz").await == 200 {}
        assert_eq!(node.status("healthz").await, 200);
        let Running { stop, ended, .. } = node;
        stop.send(()).await.unwrap();
        assert!(matches!(ended.await.unwrap(), Err(Ended::AtOnce)));
        drop(stream);
    }

    /// Whoever asks whether it is ready has time to notice; then whoever calls is sent to another by being refused.
    #[actix_web::test]
    async fn of_several_one_that_stops_takes_nobody_new_once_that_was_noticed() {
        for (notice, refuses) in [(Duration::from_mins(5), false), (Duration::ZERO, true)] {
            let node = testing::running_until(Plan { notice, others: true, ..Plan::of(300) }).await;
            let stream = open(&node.app).await;
            node.stop.send(()).await.unwrap();
            if refuses {
                while std::net::TcpStream::connect(node.address).is_ok() {
                    tokio::task::yield_now().await;
                }
            } else {
                while node.status("readyz").await == 200 {}
                assert_eq!(node.status("healthz").await, 200);
            }
            let Running { stop, ended, .. } = node;
            stop.send(()).await.unwrap();
            assert!(matches!(ended.await.unwrap(), Err(Ended::AtOnce)));
            drop(stream);
        }
    }

    #[actix_web::test]
    async fn a_stream_that_does_not_read_holds_it_no_longer_than_planned() {
        let node = testing::running(2).await;
        let stream = open(&node.app).await;
        let begun = Instant::now();
        let Running { stop, ended, .. } = node;
        stop.send(()).await.unwrap();
        assert!(ended.await.unwrap().is_ok());
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        drop(stream);
    }

    /// What streams were given in the seconds before is in the ledger of whoever opens the database next.
    #[actix_web::test]
    async fn what_was_given_last_is_written_down_when_it_stops() {
        let node = testing::running(2).await;
        let mut stream = open(&node.app).await;
        notify(&node.app).await;
        let mut given = Vec::new();
        while !given.iter().any(|frame| matches!(frame, Frame::Event(..))) {
            given.extend(stream.next().await.unwrap().iter().cloned());
        }
        let next = stream.next().now_or_never();
        assert!(next.is_none(), "what was given is sent once it is asked for more");
        drop(stream);
        let Running { stop, ended, folder, .. } = node;
        stop.send(()).await.unwrap();
        assert!(ended.await.unwrap().is_ok());
        let noted = testing::store(&folder).await.connections(&alice(), None, 9).await.unwrap();
        let [noted] = &noted[..] else { panic!("{noted:?}") };
        assert_eq!((noted.written.get(), noted.closed_at.is_some()), (1, true));
    }

    /// A connection that makes the hub of its thread panic.
    struct Broken;

    impl Sink for Broken {
        fn offer(&self, _: &[Delivery<'_>]) -> bool {
            panic!("in the task of a hub")
        }
    }

    /// Whoever has their stream on that thread would hear nothing more, and would not know.
    #[actix_web::test]
    async fn a_hub_that_panics_ends_the_node() {
        let node = testing::running(2).await;
        let worker = node.app.broker.local();
        let mut stream = worker.open(reader(), Start::Unread, Transport::Sse).await.unwrap();
        let ready = stream.next().await.unwrap();
        assert!(matches!(&*ready, [Frame::Ready { .. }]), "{ready:?}");
        stream.pass_to(Arc::new(Broken));
        assert!(stream.next().now_or_never().is_none(), "it waits");
        notify(&node.app).await;
        let ended = timeout(Duration::from_secs(10), node.ended).await.expect("it goes on").unwrap();
        assert!(matches!(&ended, Err(Ended::Broker(trouble)) if trouble.contains("in the task of a hub")), "{ended:?}");
    }
}
