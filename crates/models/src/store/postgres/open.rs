//! Connecting, bringing the structure up to date, and the settings that all else relies on.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{PostgresStore, StoreError, Writer, life::Life, shared::found::found};
use crate::{Random, Timestamp};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// The oldest server that this is made for.
const OLDEST: i32 = 130_000;
/// Connections that read, beside the one that writes. With ten nodes that is less than the hundred that a server
/// gives by default.
const READERS: u32 = 8;
/// How long anything waits for a connection before the database counts as not available.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that nobody used for a while may take to say that it is there. After a failover all of them may
/// be dead without a word: whoever waits for one goes through several within [`ACQUIRE_TIMEOUT`], and then gets a new one.
const SOON: Duration = Duration::from_millis(500);
/// Statements of a connection that stay prepared: all that there are. With the default of 100 they would take turns.
const PREPARED: usize = 256;

/// What each connection sets for itself: names, values, and what that prevents.
pub(super) const SETTINGS: [(&str, &str); 6] = [
    // An answer for something that a crash of the server then takes back.
    ("synchronous_commit", "on"),
    // Writers that wait for ever for a node that holds the head row: in milliseconds, like the next two.
    ("lock_timeout", "5000"),
    // A statement that runs on although nobody waits for its answer any more.
    ("statement_timeout", "30000"),
    // A node that stopped in the middle of a write (paused, or cut off from the network) and keeps the head row: the
    // server ends its session, and the others go on.
    ("idle_in_transaction_session_timeout", "10000"),
    // Compiling statements that are over before they are compiled.
    ("jit", "off"),
    // Backslashes that are more than backslashes.
    ("standard_conforming_strings", "on"),
];

impl PostgresStore {
    /// Opens the database of a URL (`postgres://user:password@host/name`), and brings its structure up to date. It must
    /// be there, and may be empty.
    pub async fn open(url: &str, now: Timestamp, random: &dyn Random) -> Result<Self, StoreError> {
        let options = options(url)?;
        migrate(&options).await?;

        let options = options.options(SETTINGS);
        let writer = Writer::new(options.clone(), ACQUIRE_TIMEOUT);
        let mut turn = writer.turn().await?;
        assert_settings(&mut turn.connection).await?;
        let mut cursors = found(&mut turn, now, random, true).await?;
        let life = Life::of(&mut turn.connection).await?;
        if let Some(life) = &life {
            life.take_up(&mut turn, now, random).await?;
            cursors = found(&mut turn, now, random, true).await?; // another node may have begun an epoch in between
        }
        turn.end(Ok(())).await?;
        if let Some(life) = &life {
            writer.stay_in(life.clone());
        }
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                let life = life.clone();
                Box::pin(async move {
                    let same = Life::assert(life.as_ref(), connection).await;
                    same.map_err(|error| sqlx::Error::Configuration(Box::new(error)))
                })
            })
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(answers(connection, SOON)))
            .after_release(|connection, _| Box::pin(answers(connection, ACQUIRE_TIMEOUT)))
            .connect_with(options)
            .await?;
        Ok(Self { writer, readers, cursors: Arc::new(cursors) })
    }
}

/// Asks a connection whether it is still there, for so long. sqlx asks too, but for as long as it takes: a place of the pool
/// would be gone until the kernel gave up, after a quarter of an hour. After an error it ends the connection at once.
async fn answers(connection: &mut PgConnection, patience: Duration) -> Result<bool, sqlx::Error> {
    tokio::time::timeout(patience, connection.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    Ok(true)
}

pub(in crate::store) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    // sqlx would ask for each statement whether it is to be logged, in the task that waits for it; and asked without
    // an event that follows, `tracing` takes the next span of that thread for one that nobody wants.
    let options = PgConnectOptions::from_str(url)?.statement_cache_capacity(PREPARED).disable_statement_logging();
    Ok(match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("tidings"),
    })
}

/// Brings the structure up to date, one node after the other: sqlx takes a lock for it, and whoever waits for that is
/// not in a hurry, so this connection has none of the [`SETTINGS`].
pub(in crate::store) async fn migrate(options: &PgConnectOptions) -> Result<(), StoreError> {
    let connecting = tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect());
    let mut connection = connecting.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    assert_server(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Version as a number and as it is written, encoding, whether it is a standby.
pub(super) type Server = (i32, String, String, bool);

/// Refuses a server that cannot do, before anything is written to it.
async fn assert_server(connection: &mut PgConnection) -> Result<(), StoreError> {
    refusal(&server(connection).await?).map_or(Ok(()), |why| Err(StoreError::Corrupt(why)))
}

pub(super) async fn server(connection: &mut PgConnection) -> Result<Server, StoreError> {
    const ASK: &str = "SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_version'), \
                       current_setting('server_encoding'), pg_is_in_recovery()";
    Ok(sqlx::query_as(ASK).fetch_one(connection).await?)
}

pub(super) fn refusal((number, version, encoding, standby): &Server) -> Option<String> {
    if *number < OLDEST {
        return Some(format!("PostgreSQL is {version}, and must be 13 or later"));
    }
    if encoding != "UTF8" {
        return Some(format!("its encoding is {encoding}, and must be UTF8"));
    }
    standby.then(|| "it is a standby, which lags behind: name the primary".into())
}

/// Reads back what the rest relies on: something between here and the server may pass nothing on.
pub(super) async fn assert_settings(connection: &mut PgConnection) -> Result<(), StoreError> {
    const ASK: &str = "SELECT setting FROM pg_settings WHERE name = $1";
    for (name, expected) in SETTINGS {
        let setting: Option<String> = sqlx::query_scalar(ASK).bind(name).fetch_optional(&mut *connection).await?;
        let setting = setting.unwrap_or_default();
        if setting != expected {
            return Err(StoreError::Corrupt(format!(
                "{name} is {setting:?} and must be {expected:?}: connect to PostgreSQL itself, or by a pool that passes settings on and keeps sessions"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_cannot_do_is_refused() {
        let server = |number, encoding: &str, standby| refusal(&(number, "12.1 (x)".into(), encoding.into(), standby));
        assert_eq!(server(130_000, "UTF8", false), None);
        assert!(server(120_001, "UTF8", false).is_some_and(|why| why.contains("PostgreSQL is 12.1 (x)")));
        assert!(server(150_016, "LATIN1", false).is_some_and(|why| why.contains("LATIN1")));
        assert!(server(150_016, "UTF8", true).is_some_and(|why| why.contains("standby")));
    }
}
