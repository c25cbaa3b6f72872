//! Bells between nodes by NOTIFY, for who has no other bus than the database.
//!
//! They are rung on a connection of their own, after the commit. Within the transaction that writes, each would wait for
//! a lock that all databases of the server share until the commit is on disk: in a trial 64 writers became 14 times as
//! slow.

use std::str::FromStr;

use sqlx::{
    ConnectOptions as _, PgConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};

use super::StoreError;

/// A channel of a database.
#[derive(Clone)]
pub struct Bells {
    options: PgConnectOptions,
    channel: String,
}

/// Rings.
pub struct BellRope {
    connection: PgConnection,
    channel: String,
}

/// Hears.
pub struct BellListener(PgListener);

impl Bells {
    /// The channel of a database (`postgres://…`). It takes sessions of its own: what sits between must not give each
    /// statement another one.
    pub fn new(url: &str, channel: String) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("tidings bells").disable_statement_logging();
        Ok(Self { options, channel })
    }

    /// Connects, and listens from then on.
    pub async fn connect(&self) -> Result<(BellRope, BellListener), StoreError> {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(self.options.clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen(&self.channel).await?;
        let connection = self.options.connect().await?;
        Ok((BellRope { connection, channel: self.channel.clone() }, BellListener(listener)))
    }
}

impl BellRope {
    /// Rings, with some words: at most 7,999 bytes.
    pub async fn ring(&mut self, words: &str) -> Result<(), StoreError> {
        const NOTIFY: &str = "SELECT pg_notify($1, $2)";
        sqlx::query(NOTIFY).bind(&self.channel).bind(words).execute(&mut self.connection).await?;
        Ok(())
    }
}

impl BellListener {
    /// The words of the next bell. `None`: the connection is gone, and with it what was rung meanwhile. May be given up
    /// while it waits.
    pub async fn heard(&mut self) -> Result<Option<String>, StoreError> {
        Ok(self.0.try_recv().await?.map(|bell| bell.payload().to_owned()))
    }
}
