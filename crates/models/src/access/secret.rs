//! Secrets that are handed out once: long, random, and known by their first letters.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::{Random, UserId};

/// Random bytes of a secret. As they cannot be guessed, one round of a fast hash is enough to keep them by.
const BYTES: usize = 32;

/// What a secret is for. Its first letters say it, so that it is not tried as anything else, and scanners
/// of repositories find one that was left lying about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A key of a server.
    ApiKey,
    /// A sign-in of a built-in account.
    SignIn,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "tdk_",
            Self::SignIn => "tds_",
        }
    }

    /// What a text that somebody shows would be. `None`: no secret of ours.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        [Self::ApiKey, Self::SignIn].into_iter().find(|kind| text.starts_with(kind.prefix()))
    }
}

/// A secret on its way to whom it is for. Shows nothing of itself when printed.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// A new one.
    pub fn make(kind: SecretKind, random: &dyn Random) -> Self {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes);
        Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    /// The text, for its owner alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.expose())
    }
}

/// What is kept of a secret, or of a name: SHA-256 of it. Printed, it shows nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of what somebody shows.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Of a user: what is kept of them for longer than they are.
    #[must_use]
    pub fn of_user(user: &UserId) -> Self {
        Self::of(user.as_str())
    }

    /// As the database has it.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the database.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(…)")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("a digest has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    #[test]
    fn a_secret_tells_its_kind_and_nothing_else() {
        for kind in [SecretKind::ApiKey, SecretKind::SignIn] {
            let (one, other) = (Secret::make(kind, &SystemRandom), Secret::make(kind, &SystemRandom));
            assert_eq!(SecretKind::of(one.expose()), Some(kind));
            assert_eq!(one.expose().len(), 4 + 43);
            assert_ne!(one.digest(), other.digest());
            assert_eq!(one.digest(), Digest::of(one.expose()));
            let printed = format!("{one:?} {:?}", one.digest());
            assert!(!printed.contains(&one.expose()[4..]), "{printed}");
        }
        for other in ["", "tdk", "eyJhbGciOiJub25lIn0.e30.", "TDK_x"] {
            assert_eq!(SecretKind::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_digest_reads_back() {
        let digest = Digest::of("x");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>("\"AAAA\"").is_err());
    }
}
