//! Whispers on their way to streams of other nodes. They go through the database, as everything does that has authority;
//! the bell makes it quick. Best effort: one that cannot be written is lost, and so is one that comes late.

use std::{sync::Arc, time::Duration};

use serde_json::value::RawValue;
use tidings_models::{
    Clock, Position, StoreError,
    store::{Overheard, Whispered},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep},
};

use crate::{bus::Bus, hubs::Hubs, peers::Peers, whisper::Whisper};

/// Whispers that wait to be written. More are lost: their publisher does not wait for the database.
pub(crate) const WAITING: usize = 1024;
/// Pause between two looks, however often the bell rings: bounds what they cost.
const PACE: Duration = Duration::from_millis(50);
/// Whoever has not looked for so long does not hear what was said meanwhile: it was for streams that were open then.
const LATE: Duration = Duration::from_secs(5);

/// Writes what this node whispers, for as long as the process lives.
pub(crate) async fn write(
    peers: Arc<Peers>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    mut waiting: mpsc::Receiver<Whispered>,
) {
    let mut some = Vec::new();
    while waiting.recv_many(&mut some, Whispered::AT_ONCE).await > 0 {
        match peers.nodes.whisper(peers.id, &some, clock.now()).await {
            Ok(()) => bus.ring_others(),
            Err(error) => tracing::warn!(%error, lost = some.len(), "whispers did not reach the other nodes"),
        }
        some.clear();
    }
    std::future::pending::<()>().await; // nobody can whisper any more: the node is stopping
}

/// Reads what other nodes whisper whenever the follower has looked, for as long as the process lives.
pub(crate) async fn read(peers: Arc<Peers>, hubs: Arc<Hubs>, woken: Arc<Notify>) {
    let mut ear = Ear { peers, hubs, heard: None };
    let mut failing = false;
    loop {
        woken.notified().await;
        let listened = ear.listen().await;
        if let (Err(error), false) = (&listened, failing) {
            tracing::warn!(%error, "whispers of other nodes could not be read");
        }
        failing = listened.is_err();
        sleep(PACE).await;
    }
}

struct Ear {
    peers: Arc<Peers>,
    hubs: Arc<Hubs>,
    /// Up to which number everything was heard, and when.
    heard: Option<(i64, Instant)>,
}

impl Ear {
    async fn listen(&mut self) -> Result<(), StoreError> {
        if !self.peers.any() {
            return Ok(());
        }
        let now = Instant::now();
        let last = self.peers.nodes.last_whisper().await?;
        let Some((mut after, _)) = self.heard.filter(|(_, at)| at.elapsed() < LATE) else {
            self.heard = Some((last, now));
            return Ok(());
        };
        while after < last {
            let whispers = self.peers.nodes.whispers_after(after, self.peers.id).await?;
            let full = whispers.len() >= Whispered::AT_ONCE;
            // What is not there up to the last is this node's own, of a later version, or removed.
            after = whispers.last().filter(|_| full).map_or(last, |last| last.number);
            self.heard = Some((after, now));
            for overheard in whispers {
                self.pass_on(overheard).await?;
            }
        }
        self.heard = Some((after, now));
        Ok(())
    }

    /// Once this node knows who had left by then. One that does not come to know it soon passes it over.
    async fn pass_on(&self, Overheard { number, position, whisper }: Overheard) -> Result<(), StoreError> {
        if !self.has_read(position).await {
            tracing::warn!(number, "a whisper of another node came too early, and is lost");
            return Ok(());
        }
        let Whispered { kind, audience, payload, at } = whisper;
        let corrupt = |error| StoreError::Corrupt(format!("the whisper {number}: {error}"));
        let payload: &RawValue = serde_json::from_str(&payload).map_err(corrupt)?;
        let whisper = Whisper::render(kind, audience, payload, at).map_err(corrupt)?;
        self.hubs.whisper(&Arc::new(whisper));
        Ok(())
    }

    async fn has_read(&self, position: Position) -> bool {
        let begun = Instant::now();
        while self.hubs.position() < position {
            if begun.elapsed() >= LATE {
                return false;
            }
            sleep(PACE).await;
        }
        true
    }
}
