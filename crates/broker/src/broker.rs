//! The broker of one node: its parts put together.

use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;
use tidings_models::{
    Clock, Draft, Grant, InboxPage, InboxQuery, Kind, Log, Position, Random, Recipients, Revoked, StoreError,
    Timestamp, UserId,
    store::{Nodes, Whispered},
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::{
    bus::Bus,
    census::{Full, Limits, Reader},
    dispatcher,
    error::{Error, OpenError},
    follower::{self, Status},
    frame::GoodbyeReason,
    fresh::Fresh,
    hub::{Hub, Joined, Refused},
    hubs::Hubs,
    janitor, ledger,
    ledger::Transport,
    local::Local,
    peers::{self, Peers},
    publisher::Publisher,
    reads::Reads,
    replay::Start,
    scheduler,
    session::Session,
    settings::Settings,
    sizes::Sizes,
    stream::Stream,
    tally::NotOpened,
    tasks::{self, Tasks},
    trouble::Trouble,
    watch,
    whisper::Whisper,
    whispers,
};

/// How long a change may take until this node knows of it. It is on disk by then: only when the follower is in
/// trouble does it take as long.
const SETTLING: Duration = Duration::from_secs(5);
/// How long whoever joins waits for what this process has just committed. It is on its way to the hub by then: only when
/// the follower is in trouble does it take as long, and then it comes after `ready`.
const FOLLOWING: Duration = Duration::from_millis(250);
/// Attempts to join with a freshly read state, each of which fails only when the whole ring was
/// replaced between the read and the join.
const JOIN_ATTEMPTS: usize = 5;

/// The broker of one node. Shared by reference.
pub struct Broker {
    pub(crate) store: Arc<dyn Log>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) hubs: Arc<Hubs>,
    /// The hub of the broker's own thread.
    hub: Arc<Hub>,
    /// Where tasks of other threads are told of.
    watch: mpsc::UnboundedSender<JoinHandle<()>>,
    pub(crate) reads: Reads,
    pub(crate) settings: Settings,
    pub(crate) sizes: Sizes,
    publisher: Publisher,
    pub(crate) status: Arc<Status>,
    pub(crate) bus: Arc<dyn Bus>,
    /// The other nodes. `None`: there can be none.
    pub(crate) peers: Option<Arc<Peers>>,
    /// Whispers for them.
    whispers: mpsc::Sender<Whispered>,
}

impl Broker {
    /// Starts a broker: reads the newest part of the log into memory, then follows it. `nodes`: where it meets others,
    /// if there can be any.
    pub async fn start(
        store: Arc<dyn Log>,
        nodes: Option<Arc<dyn Nodes>>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: Settings,
    ) -> Result<(Arc<Self>, Tasks), StoreError> {
        Self::start_sized(store, nodes, bus, clock, random, settings, Sizes::default()).await
    }

    pub(crate) async fn start_sized(
        store: Arc<dyn Log>,
        nodes: Option<Arc<dyn Nodes>>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: Settings,
        sizes: Sizes,
    ) -> Result<(Arc<Self>, Tasks), StoreError> {
        let (hubs, status) = warmed(&*store, &settings, sizes).await?;
        let peers = nodes.map(|nodes| Arc::new(Peers::new(nodes, settings.streams_per_node, &*clock, &*random)));
        let hub = hubs.open();
        let fresh = Arc::new(Fresh::default());
        let (publisher, publishing) =
            Publisher::new(Arc::clone(&store), Arc::clone(&bus), Arc::clone(&fresh), Arc::clone(&hubs.tally));
        let (watch, watched) = mpsc::unbounded_channel();
        let mut tasks = Tasks::new();
        tasks.spawn("publisher", publishing);
        tasks.spawn("scheduler", scheduler::run(Arc::clone(&store), publisher.clone(), Arc::clone(&clock)));
        tasks.spawn(
            "janitor",
            janitor::run(
                Arc::clone(&store),
                Arc::clone(&bus),
                Arc::clone(&hubs),
                peers.clone(),
                Arc::clone(&clock),
                settings.retention,
                settings.trim_every,
            ),
        );
        tasks.spawn("ledger", ledger::run(Arc::clone(&store), Arc::clone(&hubs), Arc::clone(&clock)));
        let (whispers, whispering) = mpsc::channel(whispers::WAITING);
        if let Some(peers) = &peers {
            tasks.spawn("peers", peers::run(Arc::clone(peers), Arc::clone(&hubs)));
            let writing = whispers::write(Arc::clone(peers), Arc::clone(&bus), Arc::clone(&clock), whispering);
            tasks.spawn("whispers", writing);
            let reading = whispers::read(Arc::clone(peers), Arc::clone(&hubs), Arc::clone(&status.woken));
            tasks.spawn("whispers of others", reading);
        }
        let ringing = Arc::clone(&bus);
        tasks.spawn("bus", async move { ringing.run().await });
        tasks.spawn(
            "follower",
            follower::run(
                Arc::clone(&store),
                Arc::clone(&bus),
                fresh,
                Arc::clone(&hubs),
                Arc::clone(&status),
                settings.poll,
                sizes.follower_page,
            ),
        );
        let page = sizes.follower_page;
        tasks.spawn("hub", dispatcher::run(Arc::clone(&store), Arc::clone(&hub), Arc::clone(&clock), page));
        tasks.spawn("watch", watch::run(Arc::clone(&hubs), Arc::clone(&status), peers.is_some()));
        tasks.spawn("clock of the hub", dispatcher::tick(Arc::clone(&hub)));
        tasks.spawn("hub of a thread", tasks::watch_over(watched));
        let reads = Reads::new(Arc::clone(&store), Arc::clone(&hubs.tally));
        let broker = Self {
            store,
            clock,
            random,
            hubs,
            hub,
            watch,
            reads,
            settings,
            sizes,
            publisher,
            status,
            bus,
            peers,
            whispers,
        };
        Ok((Arc::new(broker), tasks))
    }

    /// Where drafts are handed in.
    #[must_use]
    pub fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Hands a signal to the streams that are open now, on whatever node: nobody can ask for it again. Fails only for a
    /// payload that is not JSON.
    pub fn whisper(
        &self,
        kind: &Kind,
        payload: &RawValue,
        to: &Recipients,
        at: Timestamp,
    ) -> Result<(), serde_json::Error> {
        for audience in to.audiences() {
            self.hubs.whisper(&Arc::new(Whisper::render(kind.clone(), audience.clone(), payload, at)?));
            if self.peers.as_ref().is_some_and(|peers| peers.any()) {
                let whisper = Whispered { kind: kind.clone(), audience, payload: payload.get().into(), at };
                if self.whispers.try_send(whisper).is_err() {
                    tracing::warn!("a whisper did not reach the other nodes: too many wait for the database");
                }
            }
        }
        Ok(())
    }

    /// Opens a stream for a reader, for as long as their grant lasts, served by the broker's own thread: for who asks
    /// by request.
    pub async fn open(self: &Arc<Self>, reader: impl Into<Reader>, start: Start) -> Result<Stream, OpenError> {
        self.open_at(&self.hub, reader.into(), start, Transport::Poll).await
    }

    /// A part of the broker for the thread that calls, which must be one of a tokio runtime: the streams
    /// that are opened there are served there. It ends with what is returned.
    #[must_use]
    pub fn local(self: &Arc<Self>) -> Local {
        let hub = self.hubs.open();
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let dispatching = dispatcher::run(store, Arc::clone(&hub), clock, self.sizes.follower_page);
        let tasks = [tokio::spawn(dispatching), tokio::spawn(dispatcher::tick(Arc::clone(&hub)))];
        let abort = tasks.each_ref().map(JoinHandle::abort_handle);
        for task in tasks {
            let _ = self.watch.send(task); // nobody watches any more: the node is stopping
        }
        Local::new(Arc::clone(self), hub, abort)
    }

    pub(crate) async fn open_at(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        reader: Reader,
        start: Start,
        transport: Transport,
    ) -> Result<Stream, OpenError> {
        let opened = self.try_open(hub, reader, start, transport).await;
        opened.inspect_err(|error| self.tally().not_opened.add(NotOpened::from(error)))
    }

    async fn try_open(
        self: &Arc<Self>,
        hub: &Arc<Hub>,
        reader: Reader,
        start: Start,
        transport: Transport,
    ) -> Result<Stream, OpenError> {
        // It would say that it has caught up, which nobody here can know.
        if self.peers.is_some() && self.unread().is_some() {
            return Err(Error::CutOff.into());
        }
        let joined = self.join(hub, &reader).await?;
        // What was taken away before the hub had this stream, it has not heard of.
        if self.hubs.revoked.has_ended(&reader.user, &reader.grant) {
            return Err(OpenError::Revoked);
        }
        Ok(Stream::new(Arc::clone(self), start, reader.grant.expires_at, joined, transport))
    }

    /// A user's inbox, made for them on their first visit.
    pub async fn inbox(&self, user: &UserId, query: &InboxQuery) -> Result<InboxPage, Error> {
        if let Some(page) = self.reads.inbox(user, query).await? {
            return Ok(page);
        }
        self.publisher.publish(Draft::Meet { user: user.clone(), at: self.clock.now() }).await?;
        let page = self.reads.inbox(user, query).await?;
        page.ok_or_else(|| StoreError::Corrupt(format!("the recipient {user} is not there after it was made")).into())
    }

    /// What was taken away, as far as this node has read the log. Load it from the database once this has started.
    #[must_use]
    pub fn revoked(&self) -> &Arc<Revoked> {
        &self.hubs.revoked
    }

    /// Lets a user's stream of this node last until another grant ends. `false`: there is none of this identity.
    #[must_use]
    pub fn renew(&self, user: &UserId, connection: Uuid, grant: &Grant) -> bool {
        let renewed = self.hubs.renew(user, connection, grant);
        // The second look as in `open_at`: the hub may have heard of what was taken away before it had this grant.
        let ended = self.hubs.revoked.has_ended(user, grant);
        if ended {
            self.hubs.end(user, connection, GoodbyeReason::Revoked);
        }
        renewed && !ended
    }

    /// Returns once this node has dispatched all that was in the log when this was called: what was taken away is
    /// then known here. Fails when this node cannot read the log.
    pub async fn settle(&self) -> Result<(), Error> {
        let head = self.store.head().await?;
        let known = timeout(SETTLING, reach(&self.hub, head.position)).await;
        let here = self.hub.position() >= head.position;
        if known.is_ok() && here { Ok(()) } else { Err(Error::Unknown) }
    }

    /// A reconnection delay for one client, in milliseconds: random, so that a fleet does not return
    /// at once.
    #[must_use]
    pub fn retry_ms(&self) -> u32 {
        let (low, high) = (*self.settings.retry_ms.start(), *self.settings.retry_ms.end());
        low + self.random.up_to(high.saturating_sub(low))
    }

    /// Asks up to `count` streams to say goodbye, lets nobody new in, and tells how many are left to
    /// be asked.
    pub fn end_some(&self, count: usize) -> usize {
        self.hubs.close_all();
        self.hubs.end_some(count, GoodbyeReason::Shutdown)
    }

    async fn join(&self, hub: &Arc<Hub>, reader: &Reader) -> Result<Joined, OpenError> {
        // Who was answered that something is in the log finds it. Without end it must not wait for it.
        let _ = timeout(FOLLOWING, reach(hub, self.publisher.newest())).await;
        // What another hub has handed on already must not be news to this one.
        reach(hub, self.hubs.feed.position()).await;
        // Who is refused in any case is, by the hub, without a look at the others.
        let census = &self.hubs.census;
        if census.has_room_for(&reader.user, 0)
            && !census.has_room_for(&reader.user, self.elsewhere(&reader.user).await)
        {
            return Err(OpenError::UserLimit);
        }
        let mut loaded = None;
        for _ in 0..JOIN_ATTEMPTS {
            match hub.join(reader, loaded.take()) {
                Ok(joined) => return Ok(joined),
                Err(Refused::Full(Full::User)) => return Err(OpenError::UserLimit),
                Err(Refused::Full(Full::Address)) => return Err(OpenError::AddressLimit),
                Err(Refused::Full(Full::Node)) => return Err(OpenError::NodeLimit),
                Err(Refused::Stopping) => return Err(Error::Stopping.into()),
                Err(Refused::NeedsSession) => {
                    loaded = Some(Session::of(&self.inbox(&reader.user, &InboxQuery::counts()).await?));
                }
            }
        }
        Err(Error::Overloaded.into())
    }
}

/// The hubs of a node, with the newest part of the log in memory, as much as the ring holds: most of those who come back
/// are served from there.
async fn warmed(store: &dyn Log, settings: &Settings, sizes: Sizes) -> Result<(Arc<Hubs>, Arc<Status>), StoreError> {
    let head = store.head().await?;
    let warm = i64::try_from(sizes.ring).unwrap_or(i64::MAX);
    let from = Position::new(head.position.get() - warm).unwrap_or_default().max(head.floor);
    let limits = Limits {
        per_user: settings.streams_per_user,
        per_address: settings.streams_per_address,
        per_node: settings.streams_per_node,
    };
    let (hubs, status) = (Arc::new(Hubs::new(from, limits, sizes)), Arc::new(Status::new()));
    let read = follower::catch_up(store, &hubs, &status, sizes.follower_page).await;
    read.map_err(|trouble| match trouble {
        Trouble::Store(error) => error,
        other => StoreError::Corrupt(other.to_string()),
    })?;
    Ok((hubs, status))
}

/// Returns once a hub has dispatched everything up to a position, or cannot go on: its own task tells of
/// that, and tries again.
async fn reach(hub: &Hub, position: Position) {
    loop {
        let moved = hub.moved.notified();
        tokio::pin!(moved);
        moved.as_mut().enable();
        if hub.position() >= position || hub.trouble.get().is_some() {
            break;
        }
        moved.await;
    }
}
