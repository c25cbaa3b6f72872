//! Time and randomness, as arguments. Nothing else in the workspace reads a clock of the wall or
//! asks the system for random bytes, so every test can say what time it is.

use std::fmt;

use jiff::tz::Offset;
use rand::Rng as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC with
/// milliseconds, for example `2026-11-21T08:30:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Later than any other.
    pub const FOREVER: Self = Self(i64::MAX);

    /// The instant that many milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, as JWT counts.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant moved by `millis` (negative: earlier).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Reads RFC 3339 with any offset. `None` without an offset, or out of range.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !is_rfc3339(text) {
            return None;
        }
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }
}

/// Whether a text has the shape of RFC 3339 (section 5.6). What reads it takes more: years of six digits and before Christ,
/// which could not be written again, names of zones, and dates without their dashes.
fn is_rfc3339(text: &str) -> bool {
    let Some((time, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let has_shape = |text: &str, shape: &str| {
        let fits = |(c, wanted): (char, char)| if wanted == '0' { c.is_ascii_digit() } else { c == wanted };
        text.len() == shape.len() && text.chars().zip(shape.chars()).all(fits)
    };
    let time_fits = has_shape(time, "0000-00-00T00:00:00") || has_shape(time, "0000-00-00t00:00:00");
    time_fits && (zone == "Z" || zone == "z" || has_shape(zone, "+00:00") || has_shape(zone, "-00:00"))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        let at = Offset::UTC.to_datetime(at);
        write!(f, "{at:.3}Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a time as of RFC 3339 with an offset"))
    }
}

/// Tells the time of the wall.
pub trait Clock: Send + Sync + 'static {
    /// This instant.
    fn now(&self) -> Timestamp;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
        let now = jiff::Timestamp::now();
        Timestamp(now.as_millisecond())
    }
}

/// Gives random bytes: for ids, keys and spread-out delays.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A number in `0..=max`, close enough to uniform for spreading delays. Not for secrets.
    fn up_to(&self, max: u32) -> u32 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        let wide = u64::from_le_bytes(bytes) % (u64::from(max) + 1);
        u32::try_from(wide).unwrap_or(max)
    }
}

/// A generator for secrets, one for each thread, that is seeded and now and then renewed by the operating
/// system: every request has an id, and would cost a call to the system for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place that throws dice")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        let cases = [
            ("2026-11-21T08:30:00Z", "2026-11-21T08:30:00.000Z"),
            ("2026-11-21T09:30:00.5+01:00", "2026-11-21T08:30:00.500Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2026-11-21t08:30:00.123456z", "2026-11-21T08:30:00.123Z"),
            ("0001-01-01T00:00:00-00:00", "0001-01-01T00:00:00.000Z"),
        ];
        for (text, printed) in cases {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), printed);
        }
        let others =
            ["20261121T083000Z", "2026-11-21 08:30:00Z", "2026-11-21T08:30Z", "2026-11-21T08:30:00+01[Europe/Berlin]"];
        let years = ["9999999-01-01T00:00:00Z", "-000001-01-01T00:00:00Z", "+002026-11-21T08:30:00Z"];
        let none =
            ["", "2026-11-21", "2026-11-21T08:30:00", "2026-11-21T08:30:00.Z", "2026-13-21T08:30:00Z", "yesterday"];
        for bad in none.iter().chain(&others).chain(&years) {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
    }
}
