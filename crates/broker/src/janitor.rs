//! Removes what is no longer kept, a small step at a time.

use std::{sync::Arc, time::Duration};

use tidings_models::{Clock, Log, Retention};

use crate::{bus::Bus, hubs::Hubs, peers::Peers};

/// Pause between two steps. Publishers go first: a step takes the writer for some milliseconds.
const BREATH: Duration = Duration::from_millis(20);

/// Trims for as long as the process lives.
pub(crate) async fn run(
    store: Arc<dyn Log>,
    bus: Arc<dyn Bus>,
    hubs: Arc<Hubs>,
    peers: Option<Arc<Peers>>,
    clock: Arc<dyn Clock>,
    keep: Retention,
    every: Duration,
) {
    loop {
        // Neither this node nor another is to find that it can never go on.
        let read = peers.as_ref().map_or(Some(hubs.position()), |peers| peers.read_by_all(hubs.position()));
        let Some(read) = read else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let pause = match store.trim(&keep, clock.now(), read).await {
            Ok(trimmed) => {
                if trimmed.notifications > 0 {
                    bus.ring(); // their going is in the log
                }
                if trimmed.events > 0 || trimmed.notifications > 0 {
                    tracing::debug!(events = trimmed.events, notifications = trimmed.notifications, "trimmed");
                }
                if trimmed.more { BREATH } else { every }
            }
            Err(error) => {
                tracing::error!(%error, "nothing could be trimmed");
                every
            }
        };
        tokio::time::sleep(pause).await;
    }
}
