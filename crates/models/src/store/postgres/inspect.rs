//! A look at a database of a server.

use std::{str::FromStr, time::Instant};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, error::Error, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{
    super::inspection::{APPLIED, Inspection, LAST, compare, last},
    StoreError, moved,
    open::{ACQUIRE_TIMEOUT, MIGRATIONS, SETTINGS, assert_settings, refusal, server},
    writer::bounded,
};
use crate::Timestamp;

const HAS_STRUCTURE: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

pub(in crate::store) async fn inspect(url: &str) -> Result<Inspection, StoreError> {
    let options = PgConnectOptions::from_str(url)?
        .disable_statement_logging()
        .application_name("tidings doctor")
        .options(SETTINGS);
    let connecting = timeout(ACQUIRE_TIMEOUT, options.connect());
    let mut connection = connecting.await.map_err(|_| Error::PoolTimedOut)??;
    let found = bounded(look(&mut connection)).await;
    let _ = connection.close().await; // whatever was found was found
    found
}

async fn look(connection: &mut PgConnection) -> Result<Inspection, StoreError> {
    let server = server(connection).await?;
    let mut refused = match refusal(&server) {
        Some(why) => Some(why),
        None => match assert_settings(connection).await {
            Err(StoreError::Corrupt(why)) => Some(why),
            other => other.map(|()| None)?,
        },
    };
    let asked = Instant::now();
    let clock: Timestamp = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(&mut *connection).await?;
    let clock = Some((clock, asked.elapsed()));
    let (mut applied, mut end) = (Vec::new(), None);
    if sqlx::query_scalar(HAS_STRUCTURE).fetch_one(&mut *connection).await? {
        applied = sqlx::query_scalar(APPLIED).fetch_all(&mut *connection).await?;
        end = sqlx::query_as(LAST).fetch_optional(&mut *connection).await?.and_then(last);
    }
    let (pending, unknown) = compare(&MIGRATIONS, &applied);
    if (pending, unknown) == (0, 0) && refused.is_none() {
        refused = moved(connection).await?.map(|(_, moved)| moved.to_string());
    }
    let version = format!("PostgreSQL {}", server.1);
    Ok(Inspection { version, refusal: refused, pending, unknown, damage: Vec::new(), last: end, clock })
}
