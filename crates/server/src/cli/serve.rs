//! `tidings serve`: from the settings to a running node.

use std::{sync::Arc, time::Duration};

use clap::Args;
use tidings_api::{App, Sessions, StoredDirectory};
use tidings_broker::{Broker, Settings};
use tidings_middleware::{Auth, Limits, Refusals, Register, Tickets};
use tidings_models::{Clock, Random, StoreError, SystemClock, SystemRandom, store::Nodes};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::timeout,
};

use super::output;
use crate::{
    bus,
    config::{
        Bus as BusSettings, Database, Keep, Limits as LimitSettings, Log, Node as NodeSettings, Provider, Signing,
        Tls as TlsSettings,
    },
    database,
    drain::Plan,
    failure::Failure,
    first_start, keys, limits, listen,
    serve::{self, Bounds, Node},
    telemetry,
    tls::Tls,
};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    node: NodeSettings,
    #[command(flatten)]
    limits: LimitSettings,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    bus: BusSettings,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    provider: Provider,
    #[command(flatten)]
    tls: TlsSettings,
    #[command(flatten)]
    log: Log,
}

impl Serve {
    pub(super) async fn run(self, warnings: &[String]) -> Result<(), Failure> {
        telemetry::start(&self.log)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let mut stops = stops()?;
        // The address comes first: a start that fails for it has not shown a password to nobody.
        let taken = listen::take(self.node.listen, Duration::from_secs(self.node.stall_seconds))?;
        let address = taken.address()?;
        let node = tokio::select! {
            node = self.prepare() => node?,
            Some(()) = stops.recv() => return Ok(()), // it may wait for long, for another that migrates
        };
        let mut keepers = keys::keep(&node.auth, &self.signing, &self.provider)?;
        if let Some(tls) = &node.tls {
            tls.keep(&mut keepers)?;
        }
        let made = first_start::accounts(&*node.app.store, &*node.app.clock, &*node.app.random, self.node.demo).await?;
        let program = std::env::args().next().unwrap_or_else(|| "tidings".into());
        let scheme = if node.tls.is_some() { "https" } else { "http" };
        let listener = taken.listen()?;
        output::line(&first_start::welcome(address, scheme, &made, &program))?;
        drop(made);
        tokio::select! {
            ended = serve::run(listener, node, stops) => Ok(ended?),
            trouble = keepers.failed() => Err(Failure::new(trouble)),
        }
    }

    /// Puts the parts together.
    async fn prepare(&self) -> Result<Node, Failure> {
        let settings = &self.node;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let files = limits::raise_open_files();
        let streams = limits::streams(settings.streams_per_node, files);
        let per_address = limits::connections(self.limits.connections_per_address, files);
        // Before there is a database: what is wrong with a setting is said while nothing was made.
        let public_keys = keys::public_keys(&self.provider)?;
        let tls = Tls::of(&self.tls)?;
        let store = database::open(&self.database).await?;
        let stored = |error: StoreError| Failure::new(error.to_string());
        let tokens = database::tokens(&self.signing, &*store).await?;
        tokens.believe(public_keys);
        let broker_settings = Settings {
            heartbeat: Duration::from_secs(settings.heartbeat_seconds),
            poll: Duration::from_millis(settings.poll_ms),
            streams_per_user: usize::try_from(settings.streams_per_user).unwrap_or(usize::MAX),
            streams_per_address: usize::try_from(self.limits.streams_per_address).unwrap_or(usize::MAX),
            streams_per_node: streams,
            retention: self.keep.retention(),
            trim_every: Duration::from_secs(self.keep.trim_seconds),
            // A file is of one node alone.
            ..Settings::default()
        };
        let head = store.head().await.map_err(stored)?;
        let bus = bus::of(&self.bus, &self.database, head.epoch, &*random)?;
        let log: Arc<dyn tidings_models::Log> = Arc::clone(&store) as _;
        // A file is of this node alone.
        let nodes = self.database.database_url.file().is_none().then(|| Arc::clone(&store) as Arc<dyn Nodes>);
        let (broker, tasks) = Broker::start(log, nodes, bus, Arc::clone(&clock), Arc::clone(&random), broker_settings)
            .await
            .map_err(|error| Failure::new(format!("the log cannot be read: {error}")))?;
        // The log tells of what is taken away from now on; what was before is kept beside it.
        broker.revoked().load(store.revocations().await.map_err(stored)?);
        let directory = Arc::new(StoredDirectory::new(Arc::clone(&store), Arc::clone(&broker)));
        let auth = Auth {
            tokens,
            register: Register::new(directory, Arc::clone(broker.revoked())),
            tickets: Tickets::new(&store.token_secret().await.map_err(stored)?),
            revoked: Arc::clone(broker.revoked()),
            origins: settings.cors_origins.clone(),
            limits: Limits::new(self.limits.trusted_proxies.clone(), &self.limits.rates()),
            refusals: Refusals::default(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
        };
        let sessions = Sessions {
            unrefreshed: Duration::from_secs(settings.session_hours * 3600),
            longest: Duration::from_secs(settings.session_days * 24 * 3600),
        };
        let app = App::new(store, broker, clock, random, sessions)
            .map_err(|error| Failure::new(format!("a thread cannot be had: {error}")))?;
        let workers = settings.workers.and_then(|workers| usize::try_from(workers).ok());
        let stall = Duration::from_secs(settings.stall_seconds);
        let stop = Plan {
            notice: Duration::from_secs(settings.shutdown_notice_seconds),
            others: self.database.database_url.file().is_none(),
            ..Plan::of(settings.shutdown_seconds)
        };
        let bounds = Bounds { streams, per_address, workers, stall, stop };
        Ok(Node { app: Arc::new(app), auth: Arc::new(auth), tasks, tls, bounds })
    }
}

/// Two requests to stop that come within this time are one: service managers and shells signal a
/// process and its group.
const ONE_REQUEST: Duration = Duration::from_millis(500);

/// Says so each time that somebody asks the process to stop.
fn stops() -> Result<mpsc::Receiver<()>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::new(format!("signals cannot be had: {error}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let (tell, stops) = mpsc::channel(2);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // A third one finds two waiting, and changes nothing.
            let _ = tell.try_send(());
            tokio::time::sleep(ONE_REQUEST).await;
            while let Ok(Some(())) = timeout(Duration::ZERO, terminate.recv()).await {}
            while let Ok(Some(())) = timeout(Duration::ZERO, interrupt.recv()).await {}
        }
    });
    Ok(stops)
}
