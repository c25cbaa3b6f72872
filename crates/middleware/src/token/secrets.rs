//! The secrets of the installation: what its own tokens are signed with (HS256).

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, encode};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    InvalidToken,
    claims::{Minted, Wire},
    signature,
};

/// Shortest secret, in bytes: as long as the digest (RFC 7518, section 3.2). Anything shorter can be guessed from one token.
const MIN_SECRET: usize = 32;
/// Most secrets at a time: the one in use, and the one before or after it. Each more is another try
/// at every bad token, and a secret that nobody remembers.
const MAX_SECRETS: usize = 2;

/// Why something is no secret to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongSecret {
    /// It can be guessed.
    #[error("the secret for tokens has less than {MIN_SECRET} bytes: make one with `openssl rand -base64 48`")]
    Short,
    /// What everybody may know is no secret: whoever has the key could sign with it.
    #[error("that is a key in PEM, not a secret: a public key belongs into TIDINGS_JWT_PUBLIC_KEY_FILE")]
    Key,
    /// There is none.
    #[error("there is no secret in it")]
    Missing,
    /// More than can be meant.
    #[error("there are more than {MAX_SECRETS} secrets in it: the first signs, and the second is still believed")]
    TooMany,
}

/// One secret or two. The first signs, all are believed.
///
/// Only text that was given as a secret becomes one: there is no way from a [`PublicKey`] to here,
/// so that a public key can never pass for an HMAC secret (RFC 8725, section 2.1). There is no way to print it.
///
/// [`PublicKey`]: super::public_key::PublicKey
pub struct Secrets {
    signing: EncodingKey,
    checking: Vec<DecodingKey>,
    validation: Validation,
}

impl Secrets {
    /// A single one.
    pub fn new(secret: &SecretString) -> Result<Self, WrongSecret> {
        Self::of([secret.expose_secret()].into_iter())
    }

    /// One on each line. Empty lines are passed over.
    pub fn of_lines(text: &SecretString) -> Result<Self, WrongSecret> {
        Self::of(text.expose_secret().lines().filter(|line| !line.is_empty()))
    }

    fn of<'a>(secrets: impl Iterator<Item = &'a str> + Clone) -> Result<Self, WrongSecret> {
        if secrets.clone().any(|secret| secret.contains("-----BEGIN")) {
            return Err(WrongSecret::Key);
        }
        if secrets.clone().any(|secret| secret.len() < MIN_SECRET) {
            return Err(WrongSecret::Short);
        }
        let signing = secrets.clone().next().ok_or(WrongSecret::Missing)?;
        let checking: Vec<_> = secrets.map(|secret| DecodingKey::from_secret(secret.as_bytes())).collect();
        if checking.len() > MAX_SECRETS {
            return Err(WrongSecret::TooMany);
        }
        let signing = EncodingKey::from_secret(signing.as_bytes());
        Ok(Self { signing, checking, validation: signature::validation(Algorithm::HS256) })
    }

    /// Reads a token that is signed under one of them.
    pub(super) fn read(&self, token: &str) -> Result<Wire, InvalidToken> {
        signature::read(token, self.checking.iter().map(|key| (key, &self.validation)))
    }

    /// Signs under the first.
    pub(super) fn sign(&self, claims: &Minted<'_>) -> Result<String, jsonwebtoken::errors::Error> {
        encode(&Header::new(Algorithm::HS256), claims, &self.signing)
    }
}
