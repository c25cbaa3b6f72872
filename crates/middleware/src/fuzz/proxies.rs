//! Where a request came from.

use std::net::{IpAddr, SocketAddr};

use actix_web::{http::header::HeaderValue, test::TestRequest};
use tidings_models::Address;

use crate::Proxies;

/// Proxies: a stranger is who calls, and whoever a header names was named by somebody who is trusted.
///
/// The first byte says who calls, each line behind it is one of `X-Forwarded-For`.
pub fn proxies(data: &[u8]) {
    let Some((peer, lines)) = data.split_first() else { return };
    let peers = ["203.0.113.9", "10.0.0.6", "::ffff:10.0.0.6", "2001:db8:aa::1", "127.0.0.1"];
    let peer: IpAddr = peers[usize::from(*peer) % peers.len()].parse().unwrap();
    let mut request = TestRequest::default().peer_addr(SocketAddr::new(peer, 4711));
    let mut named = vec![Some(Address::of(peer))];
    for line in lines.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        named.splice(1..1, value.as_bytes().rsplit(|byte| *byte == b',').map(address));
        request = request.append_header(("x-forwarded-for", value));
    }
    let proxies = Proxies::parse("10.0.0.0/8, 2001:db8:aa::/48").unwrap();
    let client = proxies.client(request.to_srv_request().head());
    // From the peer on to the left, as long as the one who wrote is trusted.
    let mut expected = Address::of(peer);
    for address in named.into_iter().take(33) {
        let Some(address) = address else { break };
        expected = address;
        if !trusted(address.ip()) {
            break;
        }
    }
    assert_eq!(client, expected);
    if let Ok(list) = std::str::from_utf8(lines)
        && let Ok(proxies) = Proxies::parse(list)
    {
        assert!(!list.trim_matches([',', ' ']).is_empty() || !proxies.trust(peer), "nobody is trusted by default");
    }
}

/// The networks above, in another way.
fn trusted(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[0] == 10,
        IpAddr::V6(address) => address.segments()[..3] == [0x2001, 0xdb8, 0xaa],
    }
}

/// An address with blanks around it, in brackets, or with a port.
fn address(text: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    if let Ok(address) = text.parse() {
        return Some(Address::of(address));
    }
    if let Some((address, "")) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse().ok().map(|address| Address::of(IpAddr::V6(address)));
    }
    text.parse::<SocketAddr>().ok().map(|socket| Address::of(socket.ip()))
}
