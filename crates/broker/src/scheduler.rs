//! Sees to it that what is due happens: scheduled notifications, expiry, and the return of what was snoozed.
//!
//! It only asks; the log does it, once, whoever asks and how often. So it looks at the clock that there is,
//! and a clock that jumps, a restart or another node change nothing.

use std::{sync::Arc, time::Duration};

use tidings_models::{Clock, Draft, Log, Outcome, Timestamp};

use crate::publisher::Publisher;

/// How late something may be.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks for as long as the process lives.
pub(crate) async fn run(store: Arc<dyn Log>, publisher: Publisher, clock: Arc<dyn Clock>) {
    loop {
        if !look(&*store, &publisher, clock.now()).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Has some of what is due done. Whether anything was, so that there may be more.
async fn look(store: &dyn Log, publisher: &Publisher, at: Timestamp) -> bool {
    match store.is_due(at).await {
        Ok(true) => {}
        Ok(false) => return false,
        Err(error) => {
            tracing::error!(%error, "cannot see what is due");
            return false;
        }
    }
    match publisher.publish(Draft::Due { at }).await {
        Ok(Outcome::Did(count)) => return count > 0,
        Ok(other) => tracing::error!(?other, "what was due"),
        Err(error) => tracing::error!(%error, "what is due could not be done"),
    }
    false
}

#[cfg(test)]
mod tests;
