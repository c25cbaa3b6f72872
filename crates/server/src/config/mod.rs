//! The settings: every one is an environment variable `TIDINGS_X`, a line of `.env` and a flag `--x`.
//!
//! A flag goes before the environment, the environment before `.env`, and `.env` before the default.
//! Each command takes the groups of settings that it uses. `.env.example` is the manual, and a test
//! holds it to what is written here.
//!
//! **To add a setting:** add a field with `long`, `env` and `hide_env_values` to a group below, a
//! parser for it to `values.rs`, and a paragraph to `.env.example`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser};
use secrecy::SecretString;
use tidings_middleware::Origins;
use tidings_models::Retention;

use crate::cli::Command;

mod bus;
mod database;
mod environment;
mod explain;
mod limits;
#[cfg(test)]
mod manual;
mod values;

pub(crate) use bus::BusUrl;
use bus::bus_url;
pub(crate) use database::{DatabaseUrl, database_url};
pub(crate) use environment::load;
pub(crate) use explain::explain;
pub(crate) use limits::Limits;
pub(crate) use values::{LogFilter, LogFormat};
use values::{
    address, file, key_set, line, log_filter, log_format, number, origins, proxies, service, switch, token,
    token_secret,
};

/// A self-hosted server for personal notifications.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, about, max_term_width = 100)]
#[command(after_help = "Without a command: serve. All settings are explained in .env.example.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Database {
    /// The database: sqlite:// and the path of a file, or `postgres://user:password@host/name`
    #[arg(long, env = "TIDINGS_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = "sqlite://data/tidings.db", value_parser = database_url)]
    pub(crate) database_url: DatabaseUrl,
}

/// How nodes tell each other that there is something new.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bus {
    /// What nodes on one database ring for each other by: none, postgres, redis://… or nats://… (by TLS: rediss://, tls://)
    #[arg(long, env = "TIDINGS_BUS_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = "none", value_parser = bus_url)]
    pub(crate) bus_url: BusUrl,
    /// Who vouches for the bus, if it speaks TLS and this machine does not trust them already: certificates in PEM
    #[arg(long, env = "TIDINGS_BUS_CA_FILE", hide_env_values = true, value_name = "FILE")]
    pub(crate) bus_ca_file: Option<PathBuf>,
}

/// What tokens are signed with and must say.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the names of the settings")]
pub(crate) struct Signing {
    /// What tokens are signed with (HS256). Better set in the environment: others see flags
    #[arg(long, env = "TIDINGS_JWT_SECRET", hide_env_values = true, value_name = "SECRET", value_parser = token_secret)]
    pub(crate) jwt_secret: Option<SecretString>,
    /// A file with that secret, and perhaps the one before it, each on a line; read again when it changes
    #[arg(long, env = "TIDINGS_JWT_SECRET_FILE", hide_env_values = true, value_name = "FILE", value_parser = file)]
    pub(crate) jwt_secret_file: Option<PathBuf>,
    /// The issuer that tokens must name (iss)
    #[arg(long, env = "TIDINGS_JWT_ISSUER", hide_env_values = true, value_name = "NAME", value_parser = line)]
    pub(crate) jwt_issuer: Option<String>,
    /// The audience that tokens must name (aud)
    #[arg(long, env = "TIDINGS_JWT_AUDIENCE", hide_env_values = true, value_name = "NAME", value_parser = line)]
    pub(crate) jwt_audience: Option<String>,
}

/// Whose tokens are believed beside our own.
#[derive(Clone, Debug, Args)]
pub(crate) struct Provider {
    /// A PEM file with the public key of who signs tokens (RSA, P-256 or Ed25519); read again when it changes
    #[arg(long, env = "TIDINGS_JWT_PUBLIC_KEY_FILE", hide_env_values = true, value_name = "FILE", value_parser = file)]
    pub(crate) jwt_public_key_file: Option<PathBuf>,
    /// Where an identity provider publishes its keys (JSON Web Key Set)
    #[arg(long, env = "TIDINGS_JWT_JWKS_URL", hide_env_values = true, value_name = "URL", value_parser = key_set)]
    pub(crate) jwt_jwks_url: Option<reqwest::Url>,
}

/// What is logged, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct Log {
    /// What is logged: off, error, warn, info, debug, trace, or by module
    #[arg(long, env = "TIDINGS_LOG", hide_env_values = true, value_name = "FILTER")]
    #[arg(default_value = "info,actix_server=warn,actix_http=off", value_parser = log_filter)]
    pub(crate) log: LogFilter,
    /// How it is written: text or json
    #[arg(long, env = "TIDINGS_LOG_FORMAT", hide_env_values = true, value_name = "FORMAT")]
    #[arg(default_value = "text", value_parser = log_format)]
    pub(crate) log_format: LogFormat,
}

/// How the node serves.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the names of the settings")]
pub(crate) struct Node {
    /// The address and port to listen on
    #[arg(long, env = "TIDINGS_LISTEN", hide_env_values = true, value_name = "ADDRESS:PORT")]
    #[arg(default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Origins whose pages may call, beside the server's own; separated by commas
    #[arg(long, env = "TIDINGS_CORS_ORIGINS", hide_env_values = true, value_name = "ORIGINS")]
    #[arg(default_value = "", value_parser = origins)]
    pub(crate) cors_origins: Origins,
    /// How many hours a sign-in lasts unless it is refreshed, as pages do
    #[arg(long, env = "TIDINGS_SESSION_HOURS", hide_env_values = true, value_name = "HOURS")]
    #[arg(default_value = "12", value_parser = number(1..=720))]
    pub(crate) session_hours: u64,
    /// How many days a sign-in lasts, however often it is refreshed
    #[arg(long, env = "TIDINGS_SESSION_DAYS", hide_env_values = true, value_name = "DAYS")]
    #[arg(default_value = "30", value_parser = number(1..=365))]
    pub(crate) session_days: u64,
    /// Seconds of silence after which a stream says that it is alive
    #[arg(long, env = "TIDINGS_HEARTBEAT_SECONDS", hide_env_values = true, value_name = "SECONDS")]
    #[arg(default_value = "15", value_parser = number(1..=300))]
    pub(crate) heartbeat_seconds: u64,
    /// Milliseconds between looks into the log when no bell rings
    #[arg(long, env = "TIDINGS_POLL_MS", hide_env_values = true, value_name = "MILLISECONDS")]
    #[arg(default_value = "1000", value_parser = number(10..=2000))]
    pub(crate) poll_ms: u64,
    /// Streams that one user may have open
    #[arg(long, env = "TIDINGS_STREAMS_PER_USER", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "20", value_parser = number(1..=10_000))]
    pub(crate) streams_per_user: u64,
    /// Streams that this node may have open (default: what the limit of open files allows, up to 50000)
    #[arg(long, env = "TIDINGS_STREAMS_PER_NODE", hide_env_values = true, value_name = "COUNT")]
    #[arg(value_parser = number(1..=1_000_000))]
    pub(crate) streams_per_node: Option<u64>,
    /// Seconds after which a connection that takes nothing of what is sent is closed
    #[arg(long, env = "TIDINGS_STALL_SECONDS", hide_env_values = true, value_name = "SECONDS")]
    #[arg(default_value = "60", value_parser = number(1..=3600))]
    pub(crate) stall_seconds: u64,
    /// Threads that serve requests (default: one for each core)
    #[arg(long, env = "TIDINGS_WORKERS", hide_env_values = true, value_name = "COUNT")]
    #[arg(value_parser = number(1..=512))]
    pub(crate) workers: Option<u64>,
    /// Seconds that stopping may take; streams are told to come back meanwhile
    #[arg(long, env = "TIDINGS_SHUTDOWN_SECONDS", hide_env_values = true, value_name = "SECONDS")]
    #[arg(default_value = "10", value_parser = number(2..=300))]
    pub(crate) shutdown_seconds: u64,
    /// Seconds that a node that is to stop goes on serving while it says that it is not ready, for a load balancer to notice
    #[arg(long, env = "TIDINGS_SHUTDOWN_NOTICE_SECONDS", hide_env_values = true, value_name = "SECONDS")]
    #[arg(default_value = "0", value_parser = number(0..=120))]
    pub(crate) shutdown_notice_seconds: u64,
    /// On the first start, also make the accounts alice and bob to try things with
    #[arg(long, env = "TIDINGS_DEMO", hide_env_values = true, value_parser = switch)]
    pub(crate) demo: bool,
}

/// What the server says TLS with itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct Tls {
    /// A PEM file with the server's certificate and those above it: serves https; read again when it changes
    #[arg(long, env = "TIDINGS_TLS_CERT_FILE", hide_env_values = true, value_name = "FILE", value_parser = file)]
    pub(crate) tls_cert_file: Option<PathBuf>,
    /// A PEM file with the key of that certificate
    #[arg(long, env = "TIDINGS_TLS_KEY_FILE", hide_env_values = true, value_name = "FILE", value_parser = file)]
    pub(crate) tls_key_file: Option<PathBuf>,
}

/// How long things are kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct Keep {
    /// Days that events stay in the log; a client that was away for longer gets a reset
    #[arg(long, env = "TIDINGS_RETENTION_DAYS", hide_env_values = true, value_name = "DAYS")]
    #[arg(default_value = "7", value_parser = number(1..=3650))]
    pub(crate) retention_days: u64,
    /// Events that stay in the log at most
    #[arg(long, env = "TIDINGS_RETENTION_EVENTS", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "1000000", value_parser = number(1..=1_000_000_000))]
    pub(crate) retention_events: u64,
    /// Days that notifications stay in inboxes
    #[arg(long, env = "TIDINGS_NOTIFICATION_DAYS", hide_env_values = true, value_name = "DAYS")]
    #[arg(default_value = "90", value_parser = number(1..=3650))]
    pub(crate) notification_days: u64,
    /// Notifications that are kept at most
    #[arg(long, env = "TIDINGS_NOTIFICATIONS", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "1000000", value_parser = number(1..=1_000_000_000))]
    pub(crate) notifications: u64,
    /// Seconds between looks for something that is no longer kept
    #[arg(long, env = "TIDINGS_TRIM_SECONDS", hide_env_values = true, value_name = "SECONDS")]
    #[arg(default_value = "60", value_parser = number(1..=3600))]
    pub(crate) trim_seconds: u64,
}

impl Keep {
    /// The same, as the store counts.
    pub(crate) fn retention(&self) -> Retention {
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let days = |days: u64| number(days.saturating_mul(24 * 60 * 60 * 1000));
        Retention {
            events_ms: days(self.retention_days),
            max_events: number(self.retention_events),
            notifications_ms: days(self.notification_days),
            max_notifications: number(self.notifications),
        }
    }
}

/// Which server a command talks to.
#[derive(Clone, Debug, Args)]
pub(crate) struct Remote {
    /// The server
    #[arg(long, env = "TIDINGS_URL", hide_env_values = true, value_name = "URL")]
    #[arg(default_value = "http://127.0.0.1:8080", value_parser = service)]
    pub(crate) url: reqwest::Url,
    /// The token to call with. Without one, one is made from the secret of the local installation
    #[arg(long, env = "TIDINGS_TOKEN", hide_env_values = true, value_name = "TOKEN", value_parser = token)]
    pub(crate) token: Option<SecretString>,
}
