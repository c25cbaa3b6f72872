//! Where something stands in the log.
//!
//! A place is a pair of [`Epoch`] and [`Position`]. Say the log of epoch `A` holds positions 1 to
//! 120 and is then restored from a backup that ends at 100: the next event would be 101 again, with
//! another content. So the restored log begins epoch `B`, and `(A, 110)` is refused (`reset`) rather
//! than taken for `(B, 110)`.

use std::fmt;

use uuid::Uuid;

/// The place of an event in the log: dense over the whole log, in commit order, from 1.
/// [`Position::START`] (0) is the place before the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(i64);

impl Position {
    /// The place before the first event.
    pub const START: Self = Self(0);

    /// A position; `None` when `value` is negative.
    #[must_use]
    pub const fn new(value: i64) -> Option<Self> {
        if value < 0 { None } else { Some(Self(value)) }
    }

    /// The number itself, as the database keeps it.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// How many events lie after another position and up to this one: none, if that is behind it.
    #[must_use]
    pub fn since(self, other: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(other.0)).unwrap_or_default()
    }

    /// The position right after this one. The log holds fewer than 2^63 events.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of an event within its audience: dense, from 1, so that a client can prove that it
/// lost nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(i64);

impl Seq {
    /// The number `value`, as the database keeps it.
    #[must_use]
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// The identity of one life of the log. It changes whenever positions could come back with another
/// content: on restore from a backup, on promotion of a standby.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Uuid);

impl Epoch {
    /// An epoch out of 16 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The epoch with this identity, as the database keeps it.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The identity itself.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// The state of the log at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The life of the log that the positions belong to.
    pub epoch: Epoch,
    /// The last position given.
    pub position: Position,
    /// Events at or below the floor have been trimmed: a cursor below it cannot be continued.
    pub floor: Position,
}
