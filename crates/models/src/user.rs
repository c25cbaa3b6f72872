//! Who receives: a user as the log knows them.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::text::Invalid;

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
}
