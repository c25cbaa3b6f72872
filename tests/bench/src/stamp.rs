//! The mark that each event carries through a server: when it was sent, and which one it is.
//!
//! It has a fixed length, so it can be patched into prepared requests, and a prefix that nothing else on a stream has,
//! so it is found without parsing JSON: the generator shares the machine with the server, and what it spends is missing
//! there.

use std::time::Instant;

use memchr::memmem::Finder;

/// What a stamp begins with. A letter, twelve digits of time and ten of number follow.
const PREFIX: &[u8] = b"bench:";
const TIME_DIGITS: usize = 12;
const NUMBER_DIGITS: usize = 10;
/// Prefix, kind, time, a dash, number.
pub(crate) const LENGTH: usize = PREFIX.len() + 1 + TIME_DIGITS + 1 + NUMBER_DIGITS;

/// The clock of one run: microseconds since it began. Never jumps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Whom an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Broadcast,
    Unicast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) kind: Kind,
    /// When it was to be sent, by the [`Clock`].
    pub(crate) micros: u64,
    /// Counted for each kind from nought.
    pub(crate) number: u64,
}

impl Stamp {
    pub(crate) fn bytes(self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        let (prefix, rest) = bytes.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        rest[0] = match self.kind {
            Kind::Broadcast => b'b',
            Kind::Unicast => b'u',
        };
        write_digits(&mut rest[1..=TIME_DIGITS], self.micros);
        rest[1 + TIME_DIGITS] = b'-';
        write_digits(&mut rest[TIME_DIGITS + 2..], self.number);
        bytes
    }

    /// Reads what follows the prefix.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let kind = match bytes.first()? {
            b'b' => Kind::Broadcast,
            b'u' => Kind::Unicast,
            _ => return None,
        };
        let micros = read_digits(bytes.get(1..=TIME_DIGITS)?)?;
        let number = read_digits(bytes.get(TIME_DIGITS + 2..TIME_DIGITS + 2 + NUMBER_DIGITS)?)?;
        Some(Self { kind, micros, number })
    }
}

/// Finds the stamps in whole frames.
#[derive(Debug)]
pub(crate) struct Stamps(Finder<'static>);

impl Stamps {
    pub(crate) fn new() -> Self {
        Self(Finder::new(PREFIX))
    }

    pub(crate) fn of<'a>(&'a self, frames: &'a [u8]) -> impl Iterator<Item = Stamp> + 'a {
        self.0.find_iter(frames).filter_map(|at| Stamp::parse(&frames[at + PREFIX.len()..]))
    }
}

fn write_digits(out: &mut [u8], mut value: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
}

fn read_digits(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0, |value: u64, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let first = Stamp { kind: Kind::Broadcast, micros: 123_456_789, number: 42 };
        let second = Stamp { kind: Kind::Unicast, micros: 999_999_999_999, number: 9_999_999_999 };
        let mut frames = b"data: {\"stamp\":\"".to_vec();
        frames.extend(first.bytes());
        frames.extend(b"\"}\n\ndata: ");
        frames.extend(second.bytes());
        assert_eq!(Stamps::new().of(&frames).collect::<Vec<_>>(), [first, second]);
    }

    #[test]
    fn what_only_looks_like_one_is_passed_over() {
        assert_eq!(Stamps::new().of(b"bench: bench:b12 bench:x00000000000-0000000000").count(), 0);
    }
}
