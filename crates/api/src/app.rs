//! What handlers share.

use std::{sync::Arc, sync::atomic::AtomicBool, time::Duration};

use tidings_broker::Broker;
use tidings_models::{Clock, Random, Store};
use tokio::sync::Semaphore;

/// Passwords that are checked at once. Each takes 19 MiB and a core for some 20 ms, by design: this
/// bounds what a flood of sign-ins can take.
const CONCURRENT_PASSWORD_CHECKS: usize = 2;

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
    pub(crate) password_checks: Semaphore,
}

impl App {
    /// What handlers share, for a node that is not draining.
    pub fn new(
        store: Arc<dyn Store>,
        broker: Arc<Broker>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        session: Duration,
    ) -> Self {
        let password_checks = Semaphore::new(CONCURRENT_PASSWORD_CHECKS);
        Self { store, broker, clock, random, session, draining: AtomicBool::new(false), password_checks }
    }
}
