//! The URL of a bus. Nothing here repeats one: it may hold a password.

use std::{fmt, sync::Arc};

use super::values::{Parsed, wrong};

/// What nodes ring for each other by.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum BusUrl {
    /// Nothing: nodes look into the log about once a second.
    None,
    /// The database.
    Postgres,
    /// A Redis server.
    Redis(Arc<str>),
    /// NATS servers.
    Nats(Arc<str>),
}

impl fmt::Debug for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Postgres => "postgres",
            Self::Redis(_) => "redis://…",
            Self::Nats(_) => "nats://…",
        })
    }
}

pub(super) fn bus_url(text: &str) -> Parsed<BusUrl> {
    const RIGHT: &str = "write none, postgres, redis://host:port or nats://host:port (by TLS: rediss://, tls://)";
    match text {
        "none" => return Ok(BusUrl::None),
        "postgres" => return Ok(BusUrl::Postgres),
        _ => {}
    }
    // Several servers of NATS are separated by commas.
    let named = |url: &str, schemes: [&str; 2]| {
        reqwest::Url::parse(url.trim())
            .is_ok_and(|url| schemes.contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty()))
    };
    match text.split_once(':').map(|(scheme, _)| scheme) {
        Some("redis" | "rediss") if named(text, ["redis", "rediss"]) => Ok(BusUrl::Redis(text.into())),
        Some("nats" | "tls") if text.split(',').all(|one| named(one, ["nats", "tls"])) => Ok(BusUrl::Nats(text.into())),
        Some("postgres" | "postgresql") => wrong(format!(
            "the bus in the database is the one of TIDINGS_DATABASE_URL, and has no URL of its own: {RIGHT}"
        )),
        _ => wrong(format!("it is no bus: {RIGHT}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_bus() {
        let url = |text: &str| bus_url(text).map_err(|wrong| wrong.to_string());
        assert_eq!((url("none"), url("postgres")), (Ok(BusUrl::None), Ok(BusUrl::Postgres)));
        for redis in
            ["redis://127.0.0.1:6379", "rediss://cache:6380", "redis://:planted@cache/1", "redis://u:p%40@[::1]:6380"]
        {
            assert_eq!(url(redis), Ok(BusUrl::Redis(redis.into())));
        }
        for nats in ["nats://127.0.0.1:4222", "tls://nats:4222", "nats://u:planted@a:4222, nats://b:4222"] {
            assert_eq!(url(nats), Ok(BusUrl::Nats(nats.into())));
        }
        let wrong = [
            "",
            "None",
            "redis",
            "redis:",
            "redis://",
            "rediss://",
            "nats://",
            "nats://a,b",
            "postgres://u:planted@db/x",
            "kafka://planted",
        ];
        for wrong in wrong {
            let message = url(wrong).unwrap_err();
            assert!(message.contains("write none, postgres") && !message.contains("planted"), "{wrong}: {message}");
        }
        assert_eq!(format!("{:?}", url("redis://:planted@cache").unwrap()), "redis://…");
    }
}
