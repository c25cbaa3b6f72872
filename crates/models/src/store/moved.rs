//! That a log went elsewhere.

use std::fmt;

/// Why a log must not go on where it is. A log has one life, in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The other database, as it may be shown.
    pub other: String,
    /// Away from here. If not, it is the other that it comes from.
    pub outward: bool,
    /// All of it is there.
    pub finished: bool,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let other = &self.other;
        match (self.outward, self.finished) {
            (true, true) => write!(f, "its log was moved to {other}, and goes on there"),
            (true, false) => write!(f, "its log is being moved to {other}"),
            (false, _) => write!(f, "it has a part only of the log that is being moved here from {other}"),
        }
    }
}
