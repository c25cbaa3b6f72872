//! Certificates of an authority of our own.

use std::{fs, net::SocketAddr};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use reqwest::{Certificate, Client, ClientBuilder};
use tempfile::TempDir;

use super::PATIENCE;
use crate::postgres::BUSES;

/// A name that is not this machine's own: its cookies are those of any host.
pub(crate) const NAME: &str = "tidings.test";

/// An authority, and the files of the server that it certifies.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// One that has certified its server.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "the authority of a test");
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("authority.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        let authority = Self { issuer: Issuer::new(params, key), folder };
        authority.certify();
        authority
    }

    /// Writes another certificate and another key, and gives that certificate (DER).
    pub(crate) fn certify(&self) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1", BUSES, NAME].map(str::to_owned);
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        self.write("cert.pem", &certificate.pem());
        self.write("key.pem", &key.serialize_pem());
        certificate.der().to_vec()
    }

    /// Writes another certificate, for the key that there is: one that has ended. Gives where it is.
    pub(crate) fn expired(&self) -> String {
        let key = KeyPair::from_pem(&fs::read_to_string(self.path("key.pem")).unwrap()).unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned(), NAME.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
        self.write("ended.pem", &params.signed_by(&key, &self.issuer).unwrap().pem());
        self.path("ended.pem")
    }

    /// Writes a file of the server, as one does it: beside it, and renamed.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let beside = self.folder.path().join("new");
        fs::write(&beside, content).unwrap();
        fs::rename(beside, self.folder.path().join(name)).unwrap();
    }

    /// The path of a file: `authority.pem`, `cert.pem` or `key.pem`.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A client that trusts this authority, and finds the server by its name too.
    pub(crate) fn client(&self, server: &str) -> ClientBuilder {
        let server: SocketAddr = server.parse().unwrap();
        let trusted = Certificate::from_pem(&fs::read(self.path("authority.pem")).unwrap()).unwrap();
        Client::builder().no_proxy().timeout(PATIENCE).tls_certs_only([trusted]).resolve(NAME, server)
    }
}
