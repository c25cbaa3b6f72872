//! What tokens are checked with, and how it is kept up to date while the server runs: files are read
//! again when they change, and the keys of an identity provider are fetched again and again.
//!
//! None of it can stop a server that runs. What is broken is told, and what was believed stays so.

mod fetch;
mod files;
mod provider;

use std::{path::Path, sync::Arc};

use secrecy::SecretString;
use tidings_middleware::{Auth, NamedKeys, PublicKeys, Secrets};
use tokio::task::JoinSet;

use crate::{
    config::{Provider, Signing},
    failure::Failure,
    file::{self, Unreadable},
    watch,
};
use fetch::Fetcher;
use files::{KeyFile, Kind};

/// The secrets of the settings, if there are any.
pub(crate) fn secrets(signing: &Signing) -> Result<Option<Secrets>, Failure> {
    match (&signing.jwt_secret, &signing.jwt_secret_file) {
        (None, None) => Ok(None),
        (Some(secret), None) => Secrets::new(secret)
            .map(Some)
            .map_err(|error| Failure::usage(format!("TIDINGS_JWT_SECRET is wrong: {error}"))),
        (None, Some(path)) => read_secrets(path)
            .map(Some)
            .map_err(|error| Failure::usage(format!("TIDINGS_JWT_SECRET_FILE is wrong: {}: {error}", path.display()))),
        (Some(_), Some(_)) => Err(Failure::usage(
            "TIDINGS_JWT_SECRET and TIDINGS_JWT_SECRET_FILE are both set: which one signs? Leave one out.",
        )),
    }
}

/// Whose keys are believed at the start. Those that must be fetched are not waited for.
pub(crate) fn public_keys(provider: &Provider) -> Result<PublicKeys, Failure> {
    match (&provider.jwt_public_key_file, &provider.jwt_jwks_url) {
        (None, None) => Ok(PublicKeys::None),
        (Some(path), None) => read_keys(path).map_err(|error| {
            Failure::usage(format!("TIDINGS_JWT_PUBLIC_KEY_FILE is wrong: {}: {error}", path.display()))
        }),
        (None, Some(_)) => Ok(PublicKeys::Named(NamedKeys::default())),
        (Some(_), Some(_)) => Err(Failure::usage(
            "TIDINGS_JWT_PUBLIC_KEY_FILE and TIDINGS_JWT_JWKS_URL are both set: whose tokens are to be believed? Leave one out.",
        )),
    }
}

/// How many keys a provider publishes now, and where.
pub(crate) async fn try_provider(url: &reqwest::Url) -> Result<(usize, String), Failure> {
    let fetcher = Fetcher::new(url.clone())?;
    let place = fetcher.place();
    match fetcher.fetch().await {
        Ok((keys, _)) => Ok((keys.count(), place)),
        Err(error) => Err(Failure::new(format!("{place}: {error}"))),
    }
}

fn read_secrets(path: &Path) -> Result<Secrets, Unreadable> {
    let text = SecretString::from(file::text(path)?);
    Secrets::of_lines(&text).map_err(|error| Unreadable::Content(error.to_string()))
}

fn read_keys(path: &Path) -> Result<PublicKeys, Unreadable> {
    let text = file::text(path)?;
    PublicKeys::of_pem(text.as_bytes()).map_err(|error| Unreadable::Content(error.to_string()))
}

/// The tasks that keep keys up to date. They end when this is dropped.
pub(crate) struct Keepers(JoinSet<()>);

impl Keepers {
    /// One more that must not go.
    pub(crate) fn add(&mut self, keeper: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(keeper);
    }

    /// Comes back only if one of them is gone, and says how: keys that were taken back would be believed for ever.
    pub(crate) async fn failed(&mut self) -> String {
        match self.0.join_next().await {
            Some(ended) => format!("keys and certificates are no longer looked after: {ended:?}"),
            None => std::future::pending().await,
        }
    }
}

/// Starts what the settings need. Without a file and a provider that is nothing, and SIGHUP ends the
/// process as it does others.
pub(crate) fn keep(auth: &Arc<Auth>, signing: &Signing, provider: &Provider) -> Result<Keepers, Failure> {
    let mut keepers = JoinSet::new();
    let files = [(Kind::Secrets, &signing.jwt_secret_file), (Kind::PublicKeys, &provider.jwt_public_key_file)];
    for (kind, path) in files {
        if let Some(path) = path {
            let file = KeyFile::new(Arc::clone(auth), kind, path.clone());
            keepers.spawn(watch::run(file, watch::hangups()?));
        }
    }
    if let Some(url) = &provider.jwt_jwks_url {
        let fetcher = Fetcher::new(url.clone())?;
        keepers.spawn(provider::run(Arc::clone(auth), fetcher, watch::hangups()?));
    }
    Ok(Keepers(keepers))
}
