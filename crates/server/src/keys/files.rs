//! Files with keys, which are read again once they changed.

use std::{path::PathBuf, sync::Arc};

use tidings_middleware::{Auth, PublicKeys, Secrets};

use super::{read_keys, read_secrets};
use crate::{
    file::{Mark, Unreadable},
    watch::Watched,
};

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
#[derive(Clone)]
pub(super) struct KeyFile {
    auth: Arc<Auth>,
    kind: Kind,
    path: PathBuf,
    seen: Option<Mark>,
}

/// What was read from a file.
pub(super) enum Content {
    Secrets(Box<Secrets>),
    PublicKeys(PublicKeys),
}

impl KeyFile {
    /// It is read once more at the first look: it may have changed since it was read at the start.
    pub(super) fn new(auth: Arc<Auth>, kind: Kind, path: PathBuf) -> Self {
        Self { auth, kind, path, seen: None }
    }
}

impl Watched for KeyFile {
    type Found = Result<Content, Unreadable>;

    /// The mark is taken before it is read: what changes meanwhile is seen at the next look.
    fn look(&mut self) -> Option<Self::Found> {
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

    fn forget(&mut self) {
        self.seen = None;
    }

    fn tell(&self, found: Self::Found) {
        let setting = self.kind.setting();
        match found {
            Ok(Content::Secrets(secrets)) => {
                self.auth.tokens.sign_under(*secrets);
                tracing::info!(setting, "the secrets for tokens were read");
            }
            Ok(Content::PublicKeys(keys)) => {
                if self.auth.tokens.believe(keys) {
                    tracing::info!(setting, "the keys for tokens were read, and are others than before");
                }
            }
            Err(error) => {
                tracing::warn!(setting, reason = ?error.to_string(), "the file is of no use; what it held before stays in force");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tidings_middleware::{Origins, Tokens};
    use tidings_models::{SystemClock, SystemRandom};

    use super::*;
    use crate::testing::issuer::Issuer;

    fn auth() -> Arc<Auth> {
        let tokens = Tokens::new(&"0123456789abcdef0123456789abcdef".into()).unwrap();
        Arc::new(Auth::of_tokens(tokens, Origins::default(), Arc::new(SystemClock), Arc::new(SystemRandom)))
    }

    fn looked(file: &mut KeyFile) -> Option<bool> {
        file.look().map(|found| found.is_ok())
    }

    #[test]
    fn a_file_is_read_when_it_changed_and_told_of_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let mut file = KeyFile::new(auth(), Kind::PublicKeys, path.clone());
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
