//! The bus of the settings.

use std::sync::Arc;

use tidings_broker::bus::{Bus, Line, LineError, LocalBus, NatsLine, PostgresLine, RedisLine, RemoteBus};
use tidings_models::{Epoch, Random, store::Bells};

use crate::{
    config::{Bus as Settings, BusUrl, Database},
    failure::Failure,
    file::{self, Unreadable},
};

/// What this node rings by, and hears others. It is not waited for: a node serves without.
pub(crate) fn of(
    settings: &Settings,
    database: &Database,
    epoch: Epoch,
    random: &dyn Random,
) -> Result<Arc<dyn Bus>, Failure> {
    Ok(match line(settings, database, &format!("tidings-{}", epoch.as_uuid().simple()))? {
        Some(line) => Arc::new(RemoteBus::new(line, random)),
        None => Arc::new(LocalBus::default()),
    })
}

/// The line of the settings, on a channel of that name. `None`: there is one node alone.
pub(crate) fn line(settings: &Settings, database: &Database, channel: &str) -> Result<Option<Box<dyn Line>>, Failure> {
    let database = &database.database_url;
    let channel = channel.to_owned();
    if settings.bus_url != BusUrl::None && database.file().is_some() {
        return Err(Failure::usage(
            "TIDINGS_BUS_URL is set, and the database is a file, which is of one node alone: leave the bus out, or set TIDINGS_DATABASE_URL to the PostgreSQL database that the nodes share.",
        ));
    }
    let unreadable = |error: Unreadable| Failure::usage(format!("TIDINGS_BUS_CA_FILE cannot be read: {error}"));
    // Read for both, as one of them would find out only when it connects.
    if matches!(settings.bus_url, BusUrl::None | BusUrl::Postgres) && settings.bus_ca_file.is_some() {
        return Err(Failure::usage(
            "TIDINGS_BUS_CA_FILE is set, and TIDINGS_BUS_URL is neither Redis nor NATS: leave it out. Who vouches for PostgreSQL stands in TIDINGS_DATABASE_URL (sslrootcert).",
        ));
    }
    let pem = settings.bus_ca_file.as_deref().map(file::text).transpose().map_err(unreadable)?;
    let wrong = |error: LineError| Failure::usage(format!("TIDINGS_BUS_URL is wrong: {error}."));
    Ok(match &settings.bus_url {
        BusUrl::None => None,
        BusUrl::Postgres => {
            let bells = Bells::new(database.as_str(), channel).map_err(|error| Failure::new(error.to_string()))?;
            Some(Box::new(PostgresLine::new(bells)))
        }
        BusUrl::Redis(url) => {
            let pem = pem.as_deref().map(str::as_bytes);
            Some(Box::new(RedisLine::new(url, channel, pem).map_err(wrong)?))
        }
        BusUrl::Nats(url) => Some(Box::new(NatsLine::new(url, channel, settings.bus_ca_file.clone()).map_err(wrong)?)),
    })
}
