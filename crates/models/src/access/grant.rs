//! By what, and until when, somebody may have a stream.

use super::SignInId;
use crate::Timestamp;

/// By what somebody is believed, for as long as they are listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Since when it holds, where its issuer says so.
    pub issued_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The sign-in that it is. `None`: a token, which nothing is kept of.
    pub sign_in: Option<SignInId>,
    /// What was known to be taken away when it was looked at ([`Revoked::version`](super::Revoked::version)).
    pub as_of: u64,
}

impl Grant {
    /// A token, seen before anything was taken away.
    #[must_use]
    pub const fn of_token(issued_at: Option<Timestamp>, expires_at: Timestamp) -> Self {
        Self { issued_at, expires_at, sign_in: None, as_of: 0 }
    }
}
