//! Looks at files, and tells once they changed: keys and certificates are renewed while the server runs.

use std::time::Duration;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use crate::failure::Failure;

/// How often it is asked whether a file changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A file, or several that belong together, and how they were when they were looked at last.
pub(crate) trait Watched: Clone + Send + 'static {
    /// What is in it, or why it is of no use.
    type Found: Send + 'static;

    /// What is in it, if it changed since it was looked at last. May take its time.
    fn look(&mut self) -> Option<Self::Found>;

    /// It counts as changed.
    fn forget(&mut self);

    /// Passes on what was found.
    fn tell(&self, found: Self::Found);
}

/// SIGHUP, by which an operator says that something has changed.
pub(crate) fn hangups() -> Result<Signal, Failure> {
    signal(SignalKind::hangup()).map_err(|error| Failure::new(format!("signals cannot be had: {error}")))
}

/// Looks every two seconds, and whenever an operator says so. Runs until it is aborted.
pub(crate) async fn run(mut watched: impl Watched, mut hangups: Signal) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            Some(()) = hangups.recv() => watched.forget(),
        }
        let mut looking = watched.clone();
        // A disk may take its time.
        let looked = spawn_blocking(move || {
            let found = looking.look();
            (looking, found)
        });
        let Ok((looked, found)) = looked.await else { continue };
        watched = looked;
        if let Some(found) = found {
            watched.tell(found);
        }
    }
}
