//! TLS in this process, for who has no proxy in front: a certificate from files, and connections over it.

mod certificate;
mod connection;
mod files;
mod service;

use std::{path::PathBuf, sync::Arc};

use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio_rustls::TlsAcceptor;

use crate::{config::Tls as Settings, failure::Failure, keys::Keepers, watch};
use certificate::{Certificate, Useless};
use files::CertificateFiles;

pub(crate) use service::{Accepted, Terms, service};

/// What is spoken within, the preferred one first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];
const HTTP_2: &[u8] = b"h2";

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// TLS as the settings want it.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    files: Files,
    certificate: Arc<Certificate>,
}

impl Tls {
    /// Reads the files. `None`: the server speaks plain HTTP.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, Failure> {
        const BOTH: &str = "TLS takes a certificate and its key. Set both, or leave both out.";
        let files = match (&settings.tls_cert_file, &settings.tls_key_file) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => Files { certificate: certificate.clone(), key: key.clone() },
            (Some(_), None) => {
                return Err(Failure::usage(format!(
                    "TIDINGS_TLS_CERT_FILE is set, TIDINGS_TLS_KEY_FILE is not: {BOTH}"
                )));
            }
            (None, Some(_)) => {
                return Err(Failure::usage(format!(
                    "TIDINGS_TLS_KEY_FILE is set, TIDINGS_TLS_CERT_FILE is not: {BOTH}"
                )));
            }
        };
        let pair = certificate::read(&files).map_err(|error: Useless| Failure::usage(error.to_string()))?;
        Ok(Some(Self { files, certificate: Arc::new(Certificate::new(pair)) }))
    }

    /// From when until when the certificate is good, in seconds since 1970. `None`: it does not say so in a way that can be read.
    pub(crate) fn validity(&self) -> Option<(i64, i64)> {
        self.certificate.validity()
    }

    /// Looks after the files for as long as the server runs.
    pub(crate) fn keep(&self, keepers: &mut Keepers) -> Result<(), Failure> {
        let files = CertificateFiles::new(self.files.clone(), Arc::clone(&self.certificate));
        keepers.add(watch::run(files, watch::hangups()?));
        Ok(())
    }

    /// TLS 1.2 and 1.3, as rustls has them by default.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, rustls::Error> {
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions()?.with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::clone(&self.certificate) as _);
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_or_neither() {
        let of = |certificate: Option<&str>, key: Option<&str>| {
            Tls::of(&Settings { tls_cert_file: certificate.map(PathBuf::from), tls_key_file: key.map(PathBuf::from) })
        };
        assert!(of(None, None).unwrap().is_none());
        let message = of(Some("cert.pem"), None).unwrap_err().to_string();
        assert!(message.contains("TIDINGS_TLS_KEY_FILE is not"), "{message}");
        let message = of(None, Some("key.pem")).unwrap_err().to_string();
        assert!(message.contains("TIDINGS_TLS_CERT_FILE is not"), "{message}");
    }
}
