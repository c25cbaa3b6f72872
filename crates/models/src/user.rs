//! Who receives: a user as the log knows them.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{access::KeyId, text::Invalid};

/// What the names of API keys begin with, as publishers. No person has such a name.
const KEY: &str = "api-key:";

/// A recipient's identity: the `sub` of their token. 1 to 255 characters, none of them a control
/// character. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(Arc<str>);

impl UserId {
    /// Longest identity, in characters. Bounds every index and map that is keyed by it.
    pub const MAX_CHARS: usize = 255;

    /// Checks and takes an identity.
    pub fn parse(value: &str) -> Result<Self, Invalid> {
        let chars = value.chars().count();
        if chars == 0 || chars > Self::MAX_CHARS || value.chars().any(char::is_control) {
            return Err(Invalid::recipients(format!(
                "a user is 1 to {} characters without control characters",
                Self::MAX_CHARS
            )));
        }
        Ok(Self(value.into()))
    }

    /// The name under which a key does things. No token and no account is of such a name ([`UserId::is_of_key`]), so
    /// what a key has published under its idempotency keys is its own.
    #[must_use]
    pub fn of_key(id: KeyId) -> Self {
        Self(format!("{KEY}{id}").into())
    }

    /// Whether it looks like the name of a key.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        self.0.starts_with(KEY)
    }

    /// Checks and takes the name of an account: an identity that is not a key's, and has a place in a path (`.` and
    /// `..` have none: RFC 3986, section 5.2.4).
    pub fn parse_account(value: &str) -> Result<Self, Invalid> {
        let user = Self::parse(value)?;
        if user.is_of_key() || matches!(value, "." | "..") {
            return Err(Invalid::recipients(format!(
                "an account is not called . or .., nor does its name begin with {KEY}"
            )));
        }
        Ok(user)
    }

    /// The identity as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for UserId {
    type Error = Invalid;
    fn try_from(value: String) -> Result<Self, Invalid> {
        Self::parse(&value)
    }
}

impl From<UserId> for String {
    fn from(user: UserId) -> Self {
        user.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_bounded_and_printable() {
        for good in ["a", "alice@example.org", "auth0|5f7c", "张伟", &"x".repeat(255)] {
            assert_eq!(UserId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\nb", "a\0", "\u{85}", &"x".repeat(256)] {
            assert!(UserId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_account_is_called_like_a_key() {
        let key = UserId::of_key(KeyId::from_uuid(uuid::Uuid::nil()));
        assert_eq!(key.as_str(), "api-key:00000000-0000-0000-0000-000000000000");
        assert!(key.is_of_key() && UserId::parse(key.as_str()).is_ok());
        for bad in [key.as_str(), "api-key:", ".", "..", ""] {
            assert!(UserId::parse_account(bad).is_err(), "{bad:?}");
        }
        assert!(UserId::parse_account("api-keys@example.org").is_ok());
    }
}
