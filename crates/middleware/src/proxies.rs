//! The address of a client, which may have come through proxies.
//!
//! ```text
//! X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.0.0.5          peer 10.0.0.6
//!                  \_ written by anybody _/   \_ written by 10.0.0.6, which is trusted
//! ```
//!
//! Each proxy adds the address that it was called from at the right end. So the header is read from there, and
//! only as long as the one who wrote is trusted: what stands to the left of the first address that is not trusted
//! was written by a stranger, and is worth nothing. Nobody is trusted unless the operator says so, loopback
//! neither: a proxy on this machine that passes on what its clients write would make everybody whoever they like.
//!
//! `Forwarded` (RFC 7239) is not read: two headers that say the same are two ways in, and every proxy knows how to
//! write this one. Nor are `X-Real-IP` and its like, of which nobody can tell who wrote them.

use std::{
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicBool, Ordering},
};

use actix_web::{
    dev::RequestHead,
    http::header::{HeaderMap, HeaderName},
};
use ipnet::IpNet;
use tidings_models::Address;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Most hops that are looked at. Bounds what a request with a header of many kilobytes costs; nobody has as many
/// proxies in a row.
const MAX_HOPS: usize = 32;

/// The proxies whose word is taken for where a request came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

/// An entry of the list is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network like 10.0.0.0/8")]
pub struct WrongProxy(String);

impl Proxies {
    /// Reads addresses and networks, separated by commas.
    pub fn parse(list: &str) -> Result<Self, WrongProxy> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one address is that of a trusted proxy.
    #[must_use]
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Where a request came from.
    #[must_use]
    pub fn client(&self, head: &RequestHead) -> Address {
        let Some(peer) = head.peer_addr.as_ref().map(SocketAddr::ip) else { return Address::UNKNOWN };
        if !self.trust(peer) {
            hint(self, peer, head.headers());
            return Address::of(peer);
        }
        let mut client = peer;
        for hop in hops(head.headers()) {
            // What cannot be read was not written by a proxy that knows what it does.
            let Some(address) = hop else { break };
            client = address;
            if !self.trust(address) {
                break;
            }
        }
        Address::of(client)
    }

    /// Whether a trusted proxy says that its client came over TLS. What stands furthest to the right is its own word.
    pub(crate) fn came_over_tls(&self, head: &RequestHead) -> bool {
        let Some(line) = head.headers().get_all(X_FORWARDED_PROTO).last() else { return false };
        let word = line.as_bytes().rsplit(|byte| *byte == b',').next().unwrap_or_default();
        word.trim_ascii().eq_ignore_ascii_case(b"https") && head.peer_addr.is_some_and(|peer| self.trust(peer.ip()))
    }
}

/// Once: a proxy that is not trusted makes all of its clients one.
fn hint(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) {
    static SAID: AtomicBool = AtomicBool::new(false);
    let near = match peer.to_canonical() {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local(),
    };
    if near && proxies.0.is_empty() && headers.contains_key(X_FORWARDED_FOR) && !SAID.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            %peer,
            "X-Forwarded-For is not believed, so all who come through this address share one limit: if it is your proxy, name it in TIDINGS_TRUSTED_PROXIES"
        );
    }
}

/// From right to left. `None`: no address.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    // Several lines are one list (RFC 9110, section 5.3).
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
    lines.into_iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(hop).take(MAX_HOPS)
}

/// An address; some proxies add a port, and put IPv6 in brackets.
fn hop(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).filter(|text| text.contains(':'));
    bare.unwrap_or(text).parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

fn network(entry: &str) -> Result<IpNet, WrongProxy> {
    let wrong = || WrongProxy(entry.to_owned());
    let network = match entry.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => entry.parse::<IpNet>().map_err(|_| wrong())?.trunc(),
    };
    match network {
        // Peers are compared as what they are, so such a network would never match.
        IpNet::V6(mapped) if mapped.addr().to_ipv4_mapped().is_some() => Err(wrong()),
        network => Ok(network),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const TRUSTED: &str = "10.0.0.0/8, 192.0.2.1, 2001:db8:aa::/48";

    fn client(trusted: &str, peer: &str, lines: &[&'static [u8]]) -> String {
        let mut request = TestRequest::get().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
        for line in lines {
            let value = actix_web::http::header::HeaderValue::from_bytes(line).unwrap();
            request = request.append_header((X_FORWARDED_FOR, value));
        }
        Proxies::parse(trusted).unwrap().client(request.to_srv_request().head()).to_string()
    }

    /// Who writes what they like is who they are.
    #[test]
    fn strangers_are_not_believed() {
        for peer in ["203.0.113.9", "127.0.0.1", "::1", "11.0.0.1", "192.0.2.2", "2001:db8:ab::1"] {
            for line in [b"198.51.100.7".as_slice(), b"10.0.0.1", b"127.0.0.1", b"::1", b"198.51.100.7, 10.0.0.1"] {
                assert_eq!(client(TRUSTED, peer, &[line]), peer);
                assert_eq!(client("", peer, &[line]), peer, "by default nobody is trusted");
            }
        }
        assert_eq!(client("", "::ffff:203.0.113.9", &[]), "203.0.113.9");
    }

    #[test]
    fn a_trusted_proxy_is_believed_as_far_as_it_saw() {
        let cases: [(&[&'static [u8]], &str); 26] = [
            (&[], "10.0.0.6"),
            (&[b""], "10.0.0.6"),
            (&[b"198.51.100.7"], "198.51.100.7"),
            (&[b"  198.51.100.7\t"], "198.51.100.7"),
            // What the client itself wrote stands to the left.
            (&[b"203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (&[b"10.0.0.1, 198.51.100.7"], "198.51.100.7"),
            (&[b"127.0.0.1,198.51.100.7"], "198.51.100.7"),
            (&[b"evil, 198.51.100.7"], "198.51.100.7"),
            // Over several proxies.
            (&[b"198.51.100.7, 10.0.0.5"], "198.51.100.7"),
            (&[b"203.0.113.9, 198.51.100.7, 192.0.2.1, 10.0.0.5"], "198.51.100.7"),
            (&[b"198.51.100.7, 2001:db8:aa::5"], "198.51.100.7"),
            // In several lines, of which the client may have sent the first.
            (&[b"203.0.113.9", b"198.51.100.7"], "198.51.100.7"),
            (&[b"198.51.100.7", b"10.0.0.5"], "198.51.100.7"),
            // All are trusted: the request is of the furthest one.
            (&[b"10.0.0.4, 10.0.0.5"], "10.0.0.4"),
            // What is malformed ends the walk at the last good one.
            (&[b"198.51.100.7, unknown"], "10.0.0.6"),
            (&[b"198.51.100.7, unknown, 10.0.0.5"], "10.0.0.5"),
            (&[b"198.51.100.7, , 10.0.0.5"], "10.0.0.5"),
            (&[b"198.51.100.7, 10.0.0.5,"], "10.0.0.6"),
            (&[b"198.51.100.07"], "10.0.0.6"),
            (&[b"0x7f.0.0.1"], "10.0.0.6"),
            (&[b"198.51.100.7\xff"], "10.0.0.6"),
            // As some write it.
            (&[b"198.51.100.7:4711"], "198.51.100.7"),
            (&[b"[2001:db8::7]:4711"], "2001:db8::7"),
            (&[b"[2001:db8::7]"], "2001:db8::7"),
            // Written in another way it is the same client, and the same proxy.
            (&[b"::ffff:198.51.100.7"], "198.51.100.7"),
            (&[b"198.51.100.7, ::ffff:10.0.0.5"], "198.51.100.7"),
        ];
        for (lines, expected) in cases {
            assert_eq!(client(TRUSTED, "10.0.0.6", lines), expected, "{lines:?}");
            assert_eq!(client(TRUSTED, "::ffff:10.0.0.6", lines), expected.to_owned(), "{lines:?}");
        }
    }

    #[test]
    fn a_trusted_proxy_alone_says_that_a_client_came_over_tls() {
        let over_tls = |peer: &str, lines: &[&'static str]| {
            let mut request = TestRequest::get().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4711));
            for line in lines {
                request = request.append_header((X_FORWARDED_PROTO, *line));
            }
            Proxies::parse(TRUSTED).unwrap().came_over_tls(request.to_srv_request().head())
        };
        for lines in [&["https"][..], &["HTTPS"], &["http, https "], &["http", "https"]] {
            assert!(over_tls("10.0.0.6", lines), "{lines:?}");
            assert!(!over_tls("203.0.113.9", lines), "anybody can write it: {lines:?}");
        }
        for lines in [&[][..], &["http"], &["https, http"], &["https", "http"], &["https,"], &["httpsx"]] {
            assert!(!over_tls("10.0.0.6", lines), "{lines:?}");
        }
    }

    #[test]
    fn a_header_without_end_costs_a_few_hops() {
        let mut line = "203.0.113.9, ".to_owned();
        line.push_str(&"10.0.0.5, ".repeat(10_000));
        line.push_str("10.0.0.7");
        let line: &'static [u8] = Box::leak(line.into_boxed_str()).as_bytes();
        assert_eq!(client(TRUSTED, "10.0.0.6", &[line]), "10.0.0.5");
    }

    #[test]
    fn without_a_peer_nobody_is_known() {
        let request = TestRequest::get().insert_header((X_FORWARDED_FOR, "198.51.100.7")).to_srv_request();
        assert_eq!(Proxies::parse("0.0.0.0/0,::/0").unwrap().client(request.head()), Address::UNKNOWN);
    }

    #[test]
    fn a_list_is_of_addresses_and_networks() {
        for good in ["", " ", "10.0.0.1", "10.0.0.0/8,::1", "10.1.2.3/8", "::ffff:10.0.0.1", "fd00::/8 , 127.0.0.1"] {
            assert!(Proxies::parse(good).is_ok(), "{good}");
        }
        assert!(Proxies::parse("10.1.2.3/8").unwrap().trust("10.9.9.9".parse().unwrap()));
        for bad in
            ["localhost", "10.0.0", "10.0.0.0/33", "10.0.0.1:80", "*", "10.0.0.1;10.0.0.2", "::ffff:10.0.0.0/104"]
        {
            assert!(Proxies::parse(bad).is_err(), "{bad}");
        }
    }
}
