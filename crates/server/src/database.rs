//! The door to the data, for the server and for the commands beside it.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tidings_middleware::{Secrets, Tokens};
use tidings_models::{
    Clock as _, Store, StoreError, SystemClock, SystemRandom,
    store::{Moved, PostgresStore, SqliteStore},
};

use crate::{
    config::{Database, DatabaseUrl, Signing},
    failure::Failure,
    keys,
    printable::hex,
};

/// Opens the database, brings its structure up to date, and makes it when it is a file that is not there.
pub(crate) async fn open(settings: &Database) -> Result<Arc<dyn Store>, Failure> {
    let url = &settings.database_url;
    Ok(match url.file() {
        Some(_) => Arc::new(open_file(url).await?),
        None => Arc::new(open_server(url).await?),
    })
}

/// The same, for what only a file can do.
pub(crate) async fn open_file(url: &DatabaseUrl) -> Result<SqliteStore, Failure> {
    let store = SqliteStore::open(url.as_str(), SystemClock.now(), &SystemRandom).await;
    store.map_err(|error| unusable(url, &error))
}

/// The same, also where the log of the file went elsewhere: for who makes it another log.
pub(crate) async fn open_moved_file(url: &DatabaseUrl) -> Result<SqliteStore, Failure> {
    let store = SqliteStore::open_moved(url.as_str(), SystemClock.now(), &SystemRandom).await;
    store.map_err(|error| unusable(url, &error))
}

/// The same, for what only PostgreSQL can do.
pub(crate) async fn open_server(url: &DatabaseUrl) -> Result<PostgresStore, Failure> {
    let store = PostgresStore::open(url.as_str(), SystemClock.now(), &SystemRandom).await;
    store.map_err(|error| unusable(url, &error))
}

/// Opens the database for a command that is of no use with an empty one. In the wrong folder, a new
/// database would be made there, and the command would seem to work.
pub(crate) async fn open_existing(settings: &Database) -> Result<Arc<dyn Store>, Failure> {
    must_exist(settings)?;
    open(settings).await
}

/// Refuses when there is no database. One in PostgreSQL is never made here.
pub(crate) fn must_exist(settings: &Database) -> Result<(), Failure> {
    match settings.database_url.file() {
        Some(path) if !path.exists() => Err(Failure::new(format!(
            "there is no database at {}. Go to the folder that the server runs in, set TIDINGS_DATABASE_URL, or make one with `tidings migrate`.",
            path.display()
        ))),
        _ => Ok(()),
    }
}

fn unusable(url: &DatabaseUrl, error: &StoreError) -> Failure {
    if let StoreError::Moved(moved) = error {
        return Failure::new(format!("{url}: {moved}. {}", what_to_do(moved)));
    }
    Failure::new(format!("{url}: {error}. It is set by TIDINGS_DATABASE_URL."))
}

/// What there is to do about a log that went elsewhere, or is on its way.
fn what_to_do(moved: &Moved) -> String {
    match (moved.outward, moved.finished) {
        (true, true) => format!(
            "Set TIDINGS_DATABASE_URL to {}. To go on here instead, from where it was left and with a new epoch: `tidings copy --undo`.",
            moved.other
        ),
        (true, false) => {
            "The same `tidings copy` again goes on with that. To stay here instead: `tidings copy --undo`.".into()
        }
        (false, _) => "The same `tidings copy` as before goes on with it.".into(),
    }
}

/// What checks and makes tokens here: under the secret of the settings, or else under that of the database.
pub(crate) async fn tokens(signing: &Signing, store: &dyn Store) -> Result<Tokens, Failure> {
    let secrets = match keys::secrets(signing)? {
        Some(secrets) => secrets,
        None => Secrets::new(&generated(store).await?).map_err(|error| Failure::new(error.to_string()))?,
    };
    Ok(under(signing, secrets))
}

/// The same without the server: the database is opened only when the secret is there.
pub(crate) async fn local_tokens(signing: &Signing, database: &Database) -> Result<Tokens, Failure> {
    if let Some(secrets) = keys::secrets(signing)? {
        return Ok(under(signing, secrets));
    }
    let store = open_existing(database).await?;
    let tokens = tokens(signing, &*store).await;
    store.close().await;
    tokens
}

fn under(signing: &Signing, secrets: Secrets) -> Tokens {
    let mut tokens = Tokens::under(secrets);
    if let Some(issuer) = &signing.jwt_issuer {
        tokens = tokens.issuer(issuer);
    }
    if let Some(audience) = &signing.jwt_audience {
        tokens = tokens.audience(audience);
    }
    tokens
}

/// The generated secret as text, as all secrets of the settings are.
async fn generated(store: &dyn Store) -> Result<SecretString, Failure> {
    let secret = store.token_secret().await.map_err(|error| Failure::new(error.to_string()))?;
    Ok(hex(secret.expose_secret()).into())
}
