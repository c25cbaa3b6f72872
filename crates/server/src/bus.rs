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
    let database = &database.database_url;
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
    let channel = format!("tidings-{}", epoch.as_uuid().simple());
    let wrong = |error: LineError| Failure::usage(format!("TIDINGS_BUS_URL is wrong: {error}."));
    let line: Box<dyn Line> = match &settings.bus_url {
        BusUrl::None => return Ok(Arc::new(LocalBus::default())),
        BusUrl::Postgres => {
            let bells = Bells::new(database.as_str(), channel).map_err(|error| Failure::new(error.to_string()))?;
            Box::new(PostgresLine::new(bells))
        }
        BusUrl::Redis(url) => Box::new(RedisLine::new(url, channel, pem.as_deref().map(str::as_bytes)).map_err(wrong)?),
        BusUrl::Nats(url) => Box::new(NatsLine::new(url, channel, settings.bus_ca_file.clone()).map_err(wrong)?),
    };
    Ok(Arc::new(RemoteBus::new(line, random)))
}
