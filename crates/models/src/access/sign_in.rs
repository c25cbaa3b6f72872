//! A sign-in: what begins with a name and a password, and lasts for as long as it is refreshed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Digest;
use crate::{PasswordHash, Random, Role, Timestamp, UserId};

/// Which sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SignInId(Uuid);

impl SignInId {
    /// A new one.
    pub fn make(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// As the database has it.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// For the database.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

/// A sign-in that begins.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// Which.
    pub id: SignInId,
    /// Whose.
    pub user: UserId,
    /// What the password was found to fit: it must be the account's still.
    pub password: PasswordHash,
    /// What is kept of its secret.
    pub secret: Digest,
    /// When it begins.
    pub at: Timestamp,
    /// When it ends, if it is not refreshed.
    pub expires_at: Timestamp,
    /// When it ends, however often it is refreshed.
    pub ends_at: Timestamp,
}

/// A sign-in of an account that may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Which.
    pub id: SignInId,
    /// Whose.
    pub user: UserId,
    /// What they may do, as of now.
    pub role: Role,
    /// They have a password that was made for them, and must choose another before anything else.
    pub must_change: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends, if it is not refreshed.
    pub expires_at: Timestamp,
    /// When it ends, however often it is refreshed.
    pub ends_at: Timestamp,
}

impl SignIn {
    /// Sign-ins that one user may have. The one that was refreshed the longest ago ends when there are more: keeps a
    /// client in a loop from filling the database.
    pub const MOST: i64 = 50;

    /// How long the secret before the last one is still good, in milliseconds: for requests that were under way, and
    /// for a browser that did not get the answer. Whoever shows it later has a copy.
    pub const GRACE: i64 = 60_000;
}

/// Which secret of a sign-in somebody has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownSecret {
    /// The one that it has.
    Present,
    /// The one before, which it lost at some time.
    Former(Timestamp),
}

impl ShownSecret {
    /// Whether it is still to be believed.
    #[must_use]
    pub fn is_good(self, now: Timestamp) -> bool {
        match self {
            Self::Present => true,
            Self::Former(since) => now < since.plus_millis(SignIn::GRACE),
        }
    }
}
