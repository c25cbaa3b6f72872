//! What handlers share.

use std::{sync::Arc, sync::atomic::AtomicBool, time::Duration};

use tidings_broker::Broker;
use tidings_models::{Clock, Random, Store};
use tokio::sync::Semaphore;

use crate::{controllers::admin::notifications::batch, passwords::Passwords};

/// What handlers share, as `web::Data`.
pub struct App {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The subscription manager.
    pub broker: Arc<Broker>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub random: Arc<dyn Random>,
    /// How long a sign-in lasts.
    pub session: Duration,
    /// The node is about to stop: no longer ready, though it still serves.
    pub draining: AtomicBool,
    pub(crate) passwords: Passwords,
    /// Batches take turns.
    pub(crate) batches: Semaphore,
}

impl App {
    /// What handlers share, for a node that is not draining. Fails when no thread can be had.
    pub fn new(
        store: Arc<dyn Store>,
        broker: Arc<Broker>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        session: Duration,
    ) -> std::io::Result<Self> {
        let passwords = Passwords::start()?;
        let batches = Semaphore::new(batch::TURNS);
        Ok(Self { store, broker, clock, random, session, draining: AtomicBool::new(false), passwords, batches })
    }
}
