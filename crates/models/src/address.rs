//! Where a client is, as far as limits go.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// The address of a client. An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address:
/// nobody is two clients by being written in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address(IpAddr);

/// Whom a limit by address counts together: one IPv4 address, or the 64 bits of an IPv6 address that name its
/// network. A single connection of a household has 2^64 IPv6 addresses, so each of them for itself would be no
/// limit at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Address {
    /// The address of whoever has none that is known: they are all counted together.
    pub const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The client at an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address itself.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// Whom it is counted with.
    #[must_use]
    pub const fn network(self) -> Network {
        match self.0 {
            IpAddr::V4(_) => Network(self.0),
            IpAddr::V6(address) => {
                let host_bits = u64::MAX as u128;
                Network(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host_bits)))
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> String {
        Address::of(text.parse().unwrap()).network().0.to_string()
    }

    #[test]
    fn who_is_counted_together() {
        let cases = [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.2", "192.0.2.2"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:201", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
            ("2001:db8:1:3::", "2001:db8:1:3::"),
            ("::1", "::"),
            ("fe80::1", "fe80::"),
        ];
        for (address, counted) in cases {
            assert_eq!(network(address), counted, "{address}");
        }
        assert_eq!(Address::of("::ffff:192.0.2.1".parse().unwrap()).to_string(), "192.0.2.1");
    }
}
