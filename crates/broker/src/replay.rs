//! Where a stream starts, as values: "from here", or "continuity cannot be proven".

use tidings_models::{CursorError, Cursors, Head, Position};

use crate::sabotage::{self, Bug};

/// Where a client asks to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After what it has. Any bytes: they come from a header that anybody can write.
    After(Vec<u8>),
    /// With the unread notifications: it has nothing.
    Unread,
}

/// Why a client's place cannot be continued from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetReason {
    /// It is nothing that this log gave out.
    Malformed,
    /// It is of an earlier life of the log.
    Epoch,
    /// It lies beyond the end of the log.
    Ahead,
    /// What follows it has been trimmed.
    Expired,
}

impl ResetReason {
    /// The word for it, on the stream.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Epoch => "epoch",
            Self::Ahead => "ahead",
            Self::Expired => "expired",
        }
    }
}

impl From<CursorError> for ResetReason {
    fn from(error: CursorError) -> Self {
        match error {
            CursorError::Malformed => Self::Malformed,
            CursorError::Epoch => Self::Epoch,
        }
    }
}

/// The place that a client's bytes stand for.
pub(crate) fn place(cursors: &Cursors, cursor: &[u8]) -> Result<Position, ResetReason> {
    let place = cursors.open(cursor)?;
    Ok(if sabotage::is(Bug::CursorOffByOne) { place.next() } else { place })
}

/// Whether the log can be continued from `place`.
pub(crate) fn continues(place: Position, head: Head) -> Result<(), ResetReason> {
    if place > head.position {
        Err(ResetReason::Ahead)
    } else if place < head.floor {
        Err(ResetReason::Expired)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cursors, epoch, pos};

    #[test]
    fn a_place_is_continued_or_says_why_not() {
        let head = Head { epoch: epoch(), position: pos(20), floor: pos(10) };
        let cases = [
            (9, Err(ResetReason::Expired)),
            (10, Ok(())), // everything after the floor is there
            (20, Ok(())),
            (21, Err(ResetReason::Ahead)),
        ];
        for (place, expected) in cases {
            assert_eq!(continues(pos(place), head), expected, "{place}");
        }
        assert_eq!(place(&cursors(), b"\xFF\r\n"), Err(ResetReason::Malformed));
        assert_eq!(place(&cursors(), cursors().seal(pos(12)).as_str().as_bytes()), Ok(pos(12)));
    }
}
