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
    /// When the process began.
    pub(crate) started_at: Timestamp,
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
        let (started_at, draining) = (clock.now(), AtomicBool::new(false));
        let batches = Semaphore::new(batch::TURNS);
        Ok(Self { store, broker, clock, random, sessions, started_at, draining, passwords, batches })
    }

    /// Changes who may come in. When this returns, this node knows of it.
    pub(crate) async fn change_access(&self, change: AccessChange) -> Result<Outcome, Problem> {
        let outcome = self.publish(Draft::Access { change: change.clone(), at: self.clock.now() }).await?;
        if outcome == Outcome::Done(true) {
            audit::changed(&change);
        }
        Ok(outcome)
    }

    /// Makes several changes of who may come in: all of them, or none (`false`) when what they are of is gone.
    pub(crate) async fn change_access_together(&self, changes: Vec<AccessChange>) -> Result<bool, Problem> {
        let at = self.clock.now();
        let drafts = changes.iter().map(|change| Draft::Access { change: change.clone(), at }).collect();
        let outcome = self.publish(Draft::Together(drafts)).await?;
        let done = !outcome.is_refusal();
        if done {
            changes.iter().for_each(audit::changed);
        }
        Ok(done)
    }

    /// Publishes, and waits until this node knows.
    async fn publish(&self, draft: Draft) -> Result<Outcome, Problem> {
        let outcome = self.broker.publisher().publish(draft).await.map_err(error::broker)?;
        self.broker.settle().await.map_err(error::broker)?;
        Ok(outcome)
    }
}
