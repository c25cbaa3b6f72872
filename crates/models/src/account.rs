//! Built-in accounts, for an installation that has no identity provider of its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Timestamp, UserId, password::PasswordHash};

/// What a caller may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads their own inbox.
    #[default]
    User,
    /// Also sends, and looks after the installation.
    Admin,
}

impl Role {
    /// The word for it, as in a token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody who can sign in with a password.
#[derive(Clone, Debug)]
pub struct Account {
    /// Their identity, and the name that they sign in with.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// May no longer sign in.
    pub disabled: bool,
    /// Their password was made for them: they must choose another before anything else.
    pub must_change: bool,
    /// What their password is checked against.
    pub password: PasswordHash,
    /// When the account was made.
    pub created_at: Timestamp,
}
