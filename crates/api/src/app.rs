//! What handlers share.

use std::{sync::Arc, sync::atomic::AtomicBool, time::Duration};

use tidings_broker::Broker;
use tidings_middleware::Problem;
use tidings_models::{AccessChange, Clock, Draft, Outcome, Random, Store, Timestamp};
use tokio::sync::Semaphore;

use crate::{audit, controllers::admin::notifications::batch, error, passwords::Passwords};

/// How long sign-ins last.
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// Unless they are refreshed.
    pub unrefreshed: Duration,
    /// However often they are refreshed.
    pub longest: Duration,
}

impl Sessions {
    /// When a sign-in that begins now ends in any case.
    pub(crate) fn ends_at(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(millis(self.longest))
    }

    /// When a sign-in that is begun or refreshed now ends if nothing more happens.
    pub(crate) fn expires_at(&self, now: Timestamp, ends_at: Timestamp) -> Timestamp {
        now.plus_millis(millis(self.unrefreshed)).min(ends_at)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

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
    /// How long sign-ins last.
    pub sessions: Sessions,
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
        sessions: Sessions,
    ) -> std::io::Result<Self> {
        let passwords = Passwords::start()?;
        let batches = Semaphore::new(batch::TURNS);
        Ok(Self { store, broker, clock, random, sessions, draining: AtomicBool::new(false), passwords, batches })
    }

    /// Changes who may come in. When this returns, this node knows of it.
    pub(crate) async fn change_access(&self, change: AccessChange) -> Result<Outcome, Problem> {
        let draft = Draft::Access { change: change.clone(), at: self.clock.now() };
        let outcome = self.broker.publisher().publish(draft).await.map_err(error::broker)?;
        if outcome == Outcome::Done(true) {
            audit::changed(&change);
        }
        self.broker.settle().await.map_err(error::broker)?;
        Ok(outcome)
    }
}
