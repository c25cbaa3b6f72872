//! Whispers on their way to streams of other nodes. They go through the database, as everything does that has authority;
//! the bell makes it quick. Best effort: one that cannot be written is lost, as its streams might be.

use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;
use tidings_models::{StoreError, store::Whispered};
use tokio::{sync::Notify, time::sleep};

use crate::{bus::Bus, hubs::Hubs, peers::Peers, whisper::Whisper};

/// Whispers that wait to be written. Whoever brings more waits.
pub(crate) const WAITING: usize = 1024;
/// Pause between two looks, however often the bell rings: bounds what they cost.
const PACE: Duration = Duration::from_millis(50);

/// Writes what this node whispers, for as long as the process lives.
pub(crate) async fn write(peers: Arc<Peers>, bus: Arc<dyn Bus>, mut mine: tokio::sync::mpsc::Receiver<Whispered>) {
    let mut some = Vec::new();
    while mine.recv_many(&mut some, Whispered::AT_ONCE).await > 0 {
        if peers.any() {
            match peers.nodes.whisper(peers.id, &some).await {
                Ok(()) => bus.ring_others(),
                Err(error) => tracing::warn!(%error, lost = some.len(), "whispers did not reach the other nodes"),
            }
        }
        some.clear();
    }
    std::future::pending::<()>().await; // nobody can whisper any more: the node is stopping
}

/// Reads what other nodes whisper whenever the follower looks, for as long as the process lives.
pub(crate) async fn read(peers: Arc<Peers>, hubs: Arc<Hubs>, look: Arc<Notify>) {
    let mut after = None;
    let mut failing = false;
    loop {
        look.notified().await;
        if after.is_some() && !peers.any() {
            continue;
        }
        let read = next(&peers, &hubs, &mut after).await;
        if let (Err(error), false) = (&read, failing) {
            tracing::warn!(%error, "whispers of other nodes could not be read");
        }
        failing = read.is_err();
        sleep(PACE).await;
    }
}

async fn next(peers: &Peers, hubs: &Hubs, after: &mut Option<i64>) -> Result<(), StoreError> {
    let Some(mut last) = *after else {
        *after = Some(peers.nodes.last_whisper().await?);
        return Ok(());
    };
    loop {
        let whispers = peers.nodes.whispers_after(last, peers.id).await?;
        let full = whispers.len() >= Whispered::AT_ONCE;
        for (number, Whispered { kind, audience, payload, at }) in whispers {
            last = number;
            *after = Some(number);
            let payload: &RawValue = serde_json::from_str(&payload)
                .map_err(|error| StoreError::Corrupt(format!("the whisper {number}: {error}")))?;
            let whisper = Whisper::render(kind, audience, payload, at)
                .map_err(|error| StoreError::Corrupt(format!("the whisper {number}: {error}")))?;
            hubs.whisper(&Arc::new(whisper));
        }
        if !full {
            return Ok(());
        }
    }
}
