//! The settings of what one address, user or server may take.

use clap::Args;
use tidings_middleware::{Proxies, Rates};

use super::{number, proxies};

/// How much one address, user or server may take. 0 is no limit.
#[derive(Clone, Debug, Args)]
pub(crate) struct Limits {
    /// Proxies whose X-Forwarded-For is believed: addresses and networks, separated by commas
    #[arg(long, env = "TIDINGS_TRUSTED_PROXIES", hide_env_values = true, value_name = "ADDRESSES")]
    #[arg(default_value = "", value_parser = proxies)]
    pub(crate) trusted_proxies: Proxies,
    /// Requests a second from one address, of those who are not signed in
    #[arg(long, env = "TIDINGS_RATE_PER_ADDRESS", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "200", value_parser = number(0..=1_000_000))]
    pub(crate) rate_per_address: u64,
    /// Requests a second of one user
    #[arg(long, env = "TIDINGS_RATE_PER_USER", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "100", value_parser = number(0..=1_000_000))]
    pub(crate) rate_per_user: u64,
    /// Notifications and signals a second of one admin or server
    #[arg(long, env = "TIDINGS_PUBLISH_RATE", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "0", value_parser = number(0..=1_000_000))]
    pub(crate) publish_rate: u64,
    /// Tries to sign in a minute, from one address and for one name
    #[arg(long, env = "TIDINGS_LOGIN_PER_MINUTE", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "10", value_parser = number(0..=1_000_000))]
    pub(crate) login_per_minute: u64,
    /// Streams that may be open from one address
    #[arg(long, env = "TIDINGS_STREAMS_PER_ADDRESS", hide_env_values = true, value_name = "COUNT")]
    #[arg(default_value = "1000", value_parser = number(1..=1_000_000))]
    pub(crate) streams_per_address: u64,
    /// Connections from one address beside its streams (default: 1000, or a quarter of the open files)
    #[arg(long, env = "TIDINGS_CONNECTIONS_PER_ADDRESS", hide_env_values = true, value_name = "COUNT")]
    #[arg(value_parser = number(1..=1_000_000))]
    pub(crate) connections_per_address: Option<u64>,
}

impl Limits {
    /// How often requests may come.
    pub(crate) fn rates(&self) -> Rates {
        let count = |value| u32::try_from(value).unwrap_or(u32::MAX);
        Rates {
            per_address: count(self.rate_per_address),
            per_user: count(self.rate_per_user),
            publishing: count(self.publish_rate),
            logins: count(self.login_per_minute),
        }
    }
}
