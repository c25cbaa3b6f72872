//! Reads the certificate and its key again once they changed: they are renewed while the server runs.

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use tokio::{
    signal::unix::Signal,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::{
    Files,
    certificate::{self, Certificate, Useless},
};
use crate::keys::{file::Mark, watch::LOOK_EVERY};

/// The files, and how they were when they were read last.
#[derive(Clone, Debug)]
struct Watched {
    files: Files,
    seen: Option<[Option<Mark>; 2]>,
}

impl Watched {
    /// What is in them, if one of them changed since they were looked at last. Two files do not change at once: when
    /// the first has and the second has not, they do not fit, and what was before stays until the next look.
    fn look(&mut self) -> Option<Result<CertifiedKey, Useless>> {
        let marks = [Mark::of(&self.files.certificate), Mark::of(&self.files.key)];
        if self.seen == Some(marks) {
            return None;
        }
        self.seen = Some(marks);
        Some(certificate::read(&self.files))
    }
}

/// Keeps what is shown as the files have it.
pub(super) async fn run(files: Files, shown: Arc<Certificate>, mut hangups: Signal) {
    // It may have changed since it was read at the start.
    let mut watched = Watched { files, seen: None };
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            Some(()) = hangups.recv() => watched.seen = None,
        }
        let mut looking = watched.clone();
        // A disk may take its time.
        let looked = spawn_blocking(move || {
            let found = looking.look();
            (looking, found)
        });
        let Ok((looked, found)) = looked.await else { continue };
        watched = looked;
        match found {
            Some(Ok(pair)) => {
                let is_new = shown.replace(pair);
                tracing::info!(is_new, "the certificate was read");
            }
            Some(Err(error)) => {
                tracing::warn!(reason = ?error.to_string(), "the certificate is of no use; the one of before stays in force");
            }
            None => {}
        }
    }
}
