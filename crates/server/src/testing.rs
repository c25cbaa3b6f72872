//! What the tests of this crate share.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tempfile::TempDir;
use tidings_api::{App, Sessions};
use tidings_broker::{Broker, Settings, bus::LocalBus};
use tidings_middleware::{Auth, Origins, Tokens};
use tidings_models::{Clock as _, Store, SystemClock, SystemRandom, store::SqliteStore};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    drain::Plan,
    listen,
    serve::{self, Bounds, Ended, Node},
};

#[path = "../../../tests/end_to_end/support/issuer.rs"]
pub(crate) mod issuer;
#[path = "../../../tests/end_to_end/support/key_server.rs"]
pub(crate) mod key_server;

/// An empty database in `folder`.
pub(crate) async fn store(folder: &TempDir) -> Arc<dyn Store> {
    let url = format!("sqlite://{}", folder.path().join("tidings.db").display());
    Arc::new(SqliteStore::open(&url, SystemClock.now(), &SystemRandom).await.unwrap())
}

/// A node that serves.
pub(crate) struct Running {
    pub(crate) app: Arc<App>,
    pub(crate) stop: mpsc::Sender<()>,
    pub(crate) ended: JoinHandle<Result<(), Ended>>,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
}

const STALL: Duration = Duration::from_mins(1);
const SESSIONS: Sessions = Sessions { unrefreshed: Duration::from_mins(1), longest: Duration::from_mins(9) };

/// A node on a free port, which may take so many seconds to stop.
pub(crate) async fn running(stop_seconds: u64) -> Running {
    running_until(Plan::of(stop_seconds)).await
}

/// The same with a plan for its end.
pub(crate) async fn running_until(stop: Plan) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let (bus, clock, random) = (Arc::new(LocalBus::default()), Arc::new(SystemClock), Arc::new(SystemRandom));
    let started = Broker::start(store.clone(), None, bus, clock.clone(), random.clone(), Settings::default()).await;
    let (broker, tasks) = started.unwrap();
    let app = Arc::new(App::new(store, broker, clock.clone(), random.clone(), SESSIONS).unwrap());
    let tokens = Tokens::new(&"0123456789abcdef0123456789abcdef".into()).unwrap();
    let auth = Arc::new(Auth::of_tokens(tokens, Origins::default(), clock, random));
    let bounds = Bounds { streams: 100, per_address: 100, workers: Some(1), stop, stall: STALL };
    let listener = listen::take("127.0.0.1:0".parse().unwrap(), STALL).unwrap().listen().unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stops) = mpsc::channel(2);
    let node = Node { app: Arc::clone(&app), auth, tasks, tls: None, bounds };
    let ended = actix_web::rt::spawn(serve::run(listener, node, stops));
    Running { app, stop, ended, address, folder }
}

impl Running {
    /// The status of a GET.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.get(format!("http://{}/{path}", self.address)).send().await.unwrap().status().as_u16()
    }
}
