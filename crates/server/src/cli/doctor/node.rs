//! The node itself: who may call it, and whether it runs.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;
use tidings_middleware::Origins;

use super::Finding;

/// How long it may take to say whether it is ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pages of others that may call.
pub(super) fn origins(origins: &Origins) -> Finding {
    const PART: &str = "origins";
    let all: Vec<_> = origins.iter().collect();
    let is_here =
        |origin: &str| origin.contains("://localhost") || origin.contains("://127.") || origin.contains("://[::1]");
    let plain: Vec<_> = all.iter().filter(|origin| origin.starts_with("http:") && !is_here(origin)).copied().collect();
    match (&all[..], &plain[..]) {
        ([], _) => Finding::fine(PART, "Pages of this server alone may call it."),
        (all, []) => Finding::fine(PART, format!("Pages of {} may call, beside its own.", all.join(", "))),
        (_, plain) => Finding::mind(
            PART,
            format!(
                "{} may call over plain HTTP, where anybody on the way can change its pages: use https.",
                plain.join(", ")
            ),
        ),
    }
}

/// Whether a node runs where the settings say, and is ready.
pub(super) async fn check(listen: SocketAddr, tls: bool) -> Finding {
    const PART: &str = "node";
    let scheme = if tls { "https" } else { "http" };
    let url = format!("{scheme}://{}/readyz", reached_at(listen));
    let asked = match client() {
        Ok(client) => client.get(&url).send().await,
        Err(error) => return Finding::wrong(PART, format!("No HTTP client can be made: {error}.")),
    };
    match asked {
        Err(error) if error.is_connect() => {
            Finding::mind(PART, format!("None runs at {listen} (TIDINGS_LISTEN): start it with `tidings`."))
        }
        Err(error) => {
            Finding::wrong(PART, format!("{url} does not answer as it should: {}.", crate::cli::causes(&error)))
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            let said: Option<Value> = answer.json().await.ok();
            match (status, said.as_ref().and_then(|said| said["parts"].as_object())) {
                (200, Some(_)) => Finding::fine(PART, format!("{url} says that it is ready.")),
                (503, Some(parts)) => {
                    let ill = parts.iter().filter(|(_, state)| *state != "ok");
                    let ill: Vec<_> =
                        ill.map(|(part, state)| format!("{part}: {}", state.as_str().unwrap_or_default())).collect();
                    Finding::wrong(PART, format!("{url} says that it is not ready ({}).", ill.join(", ")))
                }
                _ => Finding::wrong(
                    PART,
                    format!("Something that is no Tidings answers at {url}, with status {status}."),
                ),
            }
        }
    }
}

/// Its certificate names the host that clients use, which is not this address. Nothing is told to whom it shows.
fn client() -> reqwest::Result<Client> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    client.tls_danger_accept_invalid_certs(true).build()
}

/// An address that means all is reached by this machine's own.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn origins_over_plain_http_are_told() {
        for (list, state, words) in [
            ("", State::Fine, "alone"),
            ("https://app.example http://localhost:5173", State::Fine, "app.example"),
            ("https://app.example,http://old.example", State::Mind, "http://old.example may call"),
        ] {
            let finding = origins(&Origins::parse(list).unwrap());
            assert!(finding.state == state && finding.says.contains(words), "{finding:?}");
        }
    }

    #[test]
    fn all_addresses_are_reached_by_one() {
        for (listen, reached) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:2", "[::1]:2"), ("10.0.0.7:3", "10.0.0.7:3")] {
            assert_eq!(reached_at(listen.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
