//! Looks at files with keys, and reads them again once they changed.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tidings_middleware::{Auth, PublicKeys, Secrets};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::{
    file::{Mark, Unreadable},
    read_keys, read_secrets,
};
use crate::failure::Failure;

/// How often it is asked whether a file changed.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Secrets,
    PublicKeys,
}

impl Kind {
    fn setting(self) -> &'static str {
        match self {
            Self::Secrets => "TIDINGS_JWT_SECRET_FILE",
            Self::PublicKeys => "TIDINGS_JWT_PUBLIC_KEY_FILE",
        }
    }
}

/// A file, and how it was when it was read last.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    kind: Kind,
    path: PathBuf,
    seen: Option<Mark>,
}

/// What was read from a file.
enum Content {
    Secrets(Box<Secrets>),
    PublicKeys(PublicKeys),
}

impl Watched {
    /// It is read once more at the first look: it may have changed since it was read at the start.
    pub(super) fn new(kind: Kind, path: PathBuf) -> Self {
        Self { kind, path, seen: None }
    }

    /// What is in it, if it changed since it was looked at last. The mark is taken before it is read: what
    /// changes meanwhile is seen at the next look.
    fn look(&mut self) -> Option<Result<Content, Unreadable>> {
        let mark = Mark::of(&self.path);
        if mark.is_some() && mark == self.seen {
            return None;
        }
        let was_there = self.seen.is_some();
        self.seen = mark;
        // It is told only once that a file is gone.
        (mark.is_some() || was_there).then(|| match self.kind {
            Kind::Secrets => read_secrets(&self.path).map(Box::new).map(Content::Secrets),
            Kind::PublicKeys => read_keys(&self.path).map(Content::PublicKeys),
        })
    }

    fn tell(&self, auth: &Auth, found: Result<Content, Unreadable>) {
        let setting = self.kind.setting();
        match found {
            Ok(Content::Secrets(secrets)) => {
                auth.tokens.sign_under(*secrets);
                tracing::info!(setting, "the secrets for tokens were read");
            }
            Ok(Content::PublicKeys(keys)) => {
                if auth.tokens.believe(keys) {
                    tracing::info!(setting, "the keys for tokens were read, and are others than before");
                }
            }
            Err(error) => {
                tracing::warn!(setting, reason = ?error.to_string(), "the file is of no use; what it held before stays in force");
            }
        }
    }
}

/// SIGHUP, by which an operator says that something has changed.
pub(crate) fn hangups() -> Result<Signal, Failure> {
    signal(SignalKind::hangup()).map_err(|error| Failure::new(format!("signals cannot be had: {error}")))
}

/// Keeps what is believed as the files have it.
pub(super) async fn run(auth: Arc<Auth>, mut files: Vec<Watched>, mut hangups: Signal) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            Some(()) = hangups.recv() => files.iter_mut().for_each(|file| file.seen = None),
        }
        let mut looking = files.clone();
        // A disk may take its time.
        let looked = spawn_blocking(move || {
            let found: Vec<_> = looking.iter_mut().map(Watched::look).collect();
            (looking, found)
        });
        let Ok((looked, found)) = looked.await else { continue };
        files = looked;
        for (file, found) in files.iter().zip(found) {
            if let Some(found) = found {
                file.tell(&auth, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::testing::issuer::Issuer;

    fn looked(file: &mut Watched) -> Option<bool> {
        file.look().map(|found| found.is_ok())
    }

    #[test]
    fn a_file_is_read_when_it_changed_and_told_of_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let mut file = Watched::new(Kind::PublicKeys, path.clone());
        assert_eq!(looked(&mut file), None, "there is none");
        fs::write(&path, Issuer::rsa("a").pem()).unwrap();
        assert_eq!((looked(&mut file), looked(&mut file)), (Some(true), None));
        fs::write(&path, "broken").unwrap();
        assert_eq!((looked(&mut file), looked(&mut file)), (Some(false), None));
        fs::write(&path, Issuer::p256("a").pem()).unwrap();
        assert_eq!((looked(&mut file), looked(&mut file)), (Some(true), None));
        fs::remove_file(&path).unwrap();
        assert_eq!((looked(&mut file), looked(&mut file)), (Some(false), None));
        file.kind = Kind::Secrets;
        fs::write(&path, "s".repeat(32)).unwrap();
        assert_eq!(looked(&mut file), Some(true));
    }
}
