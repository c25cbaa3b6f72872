//! The certificate that the server shows, and its key.

use std::{path::PathBuf, sync::Arc};

use parking_lot::RwLock;
use rustls::{
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use super::Files;
use crate::file::{self, Unreadable};

/// The one that is shown now. Connections that are open keep what they began with.
#[derive(Debug)]
pub(super) struct Certificate(RwLock<Arc<CertifiedKey>>);

/// Why files are of no use. Nothing of a key is repeated.
#[derive(Debug, thiserror::Error)]
#[error("{setting} is wrong: {}: {reason}", path.display())]
pub(super) struct Useless {
    setting: &'static str,
    path: PathBuf,
    reason: Unreadable,
}

impl Certificate {
    pub(super) fn new(pair: CertifiedKey) -> Self {
        Self(RwLock::new(Arc::new(pair)))
    }

    /// From when until when the one that is shown is good, in seconds since 1970.
    pub(super) fn validity(&self) -> Option<(i64, i64)> {
        let pair = self.0.read();
        let (_, read) = x509_parser::parse_x509_certificate(pair.cert.first()?).ok()?;
        let validity = read.validity();
        Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
    }

    /// From now on this one is shown. Gives whether it is another.
    pub(super) fn replace(&self, pair: CertifiedKey) -> bool {
        let before = std::mem::replace(&mut *self.0.write(), Arc::new(pair));
        before.cert != self.0.read().cert
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read()))
    }
}

/// Reads a certificate with those above it, and its key.
pub(super) fn read(files: &Files) -> Result<CertifiedKey, Useless> {
    let of_certificate = |reason| Useless { setting: "TIDINGS_TLS_CERT_FILE", path: files.certificate.clone(), reason };
    let of_key = |reason| Useless { setting: "TIDINGS_TLS_KEY_FILE", path: files.key.clone(), reason };
    let content = |text: &str| Unreadable::Content(text.into());
    let text = file::text(&files.certificate).map_err(of_certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let chain = chain.map_err(|_| of_certificate(content("it is not in PEM")))?;
    if chain.is_empty() {
        return Err(of_certificate(content("there is no certificate in it, in PEM")));
    }
    let text = file::text(&files.key).map_err(of_key)?;
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes());
    let key = key.map_err(|_| of_key(content("there is no private key in it, in PEM and without a password")))?;
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => of_key(content("it is not the key of the certificate")),
        rustls::Error::InvalidCertificate(_) => of_certificate(content("the first certificate in it cannot be read")),
        _ => of_key(content("it is not a key for TLS")),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertifiedKey as Made, KeyPair, generate_simple_self_signed};
    use tempfile::TempDir;

    use super::*;

    fn made() -> Made<KeyPair> {
        generate_simple_self_signed(["localhost".to_owned()]).unwrap()
    }

    fn files(folder: &TempDir, certificate: &str, key: &str) -> Files {
        let files = Files { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        files
    }

    #[test]
    fn what_is_wrong_names_its_setting_and_never_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (made(), made());
        let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
        assert_eq!(read(&files(&folder, &certificate, &key)).unwrap().cert.len(), 1);
        assert_eq!(read(&files(&folder, &(certificate.clone() + &other.cert.pem()), &key)).unwrap().cert.len(), 2);
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (certificate, key, setting) in [
            ("", &key[..], "TIDINGS_TLS_CERT_FILE"),
            (&key, &key, "TIDINGS_TLS_CERT_FILE"),
            (broken, &key, "TIDINGS_TLS_CERT_FILE"),
            (&certificate, "", "TIDINGS_TLS_KEY_FILE"),
            (&certificate, &certificate, "TIDINGS_TLS_KEY_FILE"),
            (&certificate, &other.signing_key.serialize_pem(), "TIDINGS_TLS_KEY_FILE"),
        ] {
            let message = read(&files(&folder, certificate, key)).unwrap_err().to_string();
            assert!(message.starts_with(setting), "{message}");
            assert!(
                !message.contains("BEGIN") && !message.contains(&one.signing_key.serialize_pem()[40..60]),
                "{message}"
            );
        }
        let files = files(&folder, &certificate, &key);
        fs::remove_file(&files.key).unwrap();
        let message = read(&files).unwrap_err().to_string();
        assert!(message.starts_with("TIDINGS_TLS_KEY_FILE is wrong") && message.contains("No such file"), "{message}");
    }

    #[test]
    fn another_one_is_told_from_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let pair =
            |made: &Made<KeyPair>| read(&files(&folder, &made.cert.pem(), &made.signing_key.serialize_pem())).unwrap();
        let (one, other) = (made(), made());
        let shown = Certificate::new(pair(&one));
        assert!(!shown.replace(pair(&one)));
        assert!(shown.replace(pair(&other)));
        assert_eq!(shown.0.read().cert[0], *other.cert.der());
    }
}
