//! Reads the certificate and its key again once they changed: they are renewed while the server runs.

use std::sync::Arc;

use rustls::sign::CertifiedKey;

use super::{
    Files,
    certificate::{self, Certificate, Useless},
};
use crate::{file::Mark, watch::Watched};

/// The files, and how they were when they were read last.
#[derive(Clone)]
pub(super) struct CertificateFiles {
    files: Files,
    shown: Arc<Certificate>,
    seen: Option<[Option<Mark>; 2]>,
}

impl CertificateFiles {
    /// They are read once more at the first look: they may have changed since they were read at the start.
    pub(super) fn new(files: Files, shown: Arc<Certificate>) -> Self {
        Self { files, shown, seen: None }
    }
}

impl Watched for CertificateFiles {
    type Found = Result<CertifiedKey, Useless>;

    /// Two files do not change at once: when the first has and the second has not, they do not fit, and what was before
    /// stays until the next look.
    fn look(&mut self) -> Option<Self::Found> {
        let marks = [Mark::of(&self.files.certificate), Mark::of(&self.files.key)];
        if self.seen == Some(marks) {
            return None;
        }
        self.seen = Some(marks);
        Some(certificate::read(&self.files))
    }

    fn forget(&mut self) {
        self.seen = None;
    }

    fn tell(&self, found: Self::Found) {
        match found {
            Ok(pair) => {
                let is_new = self.shown.replace(pair);
                tracing::info!(is_new, "the certificate was read");
            }
            Err(error) => {
                tracing::warn!(reason = ?error.to_string(), "the certificate is of no use; the one of before stays in force");
            }
        }
    }
}
