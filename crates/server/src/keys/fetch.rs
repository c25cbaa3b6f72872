//! One request to an identity provider for its keys, with all that could go wrong bounded.

use std::time::Duration;

use reqwest::{Client, Url, header, redirect::Policy};
use tidings_middleware::{NamedKeys, PublicKeys, WrongKeys};
use tokio::time::timeout;

use crate::failure::Failure;

/// How long it may take in all, names and TLS included. Requests wait for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Largest answer, in bytes. Key sets are a few thousand.
const MAX_BODY: usize = 64 * 1024;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfetched {
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it took more than {} seconds", PATIENCE.as_secs())]
    Slow,
    /// A redirect too: the keys are where the settings say, or nowhere.
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer has more than {MAX_BODY} bytes")]
    TooLarge,
    #[error(transparent)]
    Wrong(#[from] WrongKeys),
}

/// Fetches from one URL, and nowhere else.
pub(super) struct Fetcher {
    client: Client,
    url: Url,
}

impl Fetcher {
    pub(super) fn new(url: Url) -> Result<Self, Failure> {
        let client = Client::builder()
            // Whoever sets a variable of the environment must not choose whose tokens are believed. Behind a
            // proxy that is the only way out, a file of keys does.
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .https_only(url.scheme() == "https")
            // The next one comes in minutes: a connection would only be kept for nothing.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::new(format!("no HTTP client could be made for TIDINGS_JWT_JWKS_URL: {error}")))?;
        Ok(Self { client, url })
    }

    /// Without the query, where some have a secret.
    pub(super) fn place(&self) -> String {
        let mut place = self.url.clone();
        place.set_query(None);
        place.to_string()
    }

    /// The keys of now, and how many others the set has.
    pub(super) async fn fetch(&self) -> Result<(NamedKeys, usize), Unfetched> {
        let body = timeout(PATIENCE, self.body()).await.map_err(|_| Unfetched::Slow)??;
        Ok(PublicKeys::of_jwks(&body)?)
    }

    async fn body(&self) -> Result<Vec<u8>, Unfetched> {
        let lost = |error: reqwest::Error| Unfetched::Unreachable(crate::cli::causes(&error));
        let request =
            self.client.get(self.url.clone()).header(header::ACCEPT, "application/jwk-set+json, application/json");
        let mut answer = request.send().await.map_err(lost)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(Unfetched::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Unfetched::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
