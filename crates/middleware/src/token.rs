//! JSON Web Tokens (RFC 7519): checking and making them.
//!
//! A token says who its bearer is; it never says how it is to be checked. Which keys are believed is
//! fixed here, and a key's kind fixes its algorithm. So `alg: none`, an algorithm that is not that of a key, or a
//! header that offers a key (`jwk`, `jku`, `x5u`, `x5c`) lead nowhere (RFC 8725, sections 3.1 and 3.10). What `kid` does is to choose
//! among the keys of a set.
//!
//! There are two kinds of signers, and what is believed of the one is never taken for the other's:
//! the installation itself, by a secret (`secrets.rs`), and an identity provider, by a public key
//! (`public_keys.rs`).
//!
//! What does not change between two uses of a token (signature, issuer, audience, subject) is
//! checked once and remembered for a while; the clock is asked every time. Other keys begin with nothing remembered.

mod believed;
mod claims;
mod jwks;
mod known;
mod object;
mod public_key;
mod public_keys;
mod secrets;
mod signature;
mod wanted;

use std::sync::Arc;

use parking_lot::RwLock;
use secrecy::SecretString;
use tidings_models::{Role, Timestamp, UserId};

use believed::Believed;
pub use claims::Claims;
use claims::Rules;
use known::Known;
pub use public_key::WrongKey;
pub use public_keys::{FileKeys, NamedKeys, PublicKeys, WrongKeys};
pub use secrets::{Secrets, WrongSecret};
pub use wanted::{Round, Wanted};

/// Longest token that is looked at, in bytes. Bounds what a stranger can have parsed.
const MAX_TOKEN: usize = 8 * 1024;
/// How far two clocks may be apart, in milliseconds.
const LEEWAY: i64 = 5_000;

/// Why a token is not believed. For the log; the caller is told nothing of it, so that there is
/// nothing to find out by trying.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Longer than any honest one.
    #[error("longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// Not a token, not signed by those who are believed, or with claims of the wrong kind.
    #[error("not a token, or not signed by those who are believed: {0}")]
    Unreadable(String),
    /// `crit` names extensions that must be understood, and none is (RFC 7515, section 4.1.11).
    #[error("it asks for extensions (crit)")]
    Critical,
    /// `typ` says that it is for something else: a notice of signing out, a proof of possession (RFC 8725, section 3.11).
    #[error("its typ is that of another kind of token")]
    Type,
    /// `alg` is not that of a key that is believed.
    #[error("its algorithm is that of no key that is believed")]
    Algorithm,
    /// It has no `kid`, and the keys have names.
    #[error("it does not name its key (kid)")]
    Unnamed,
    /// `kid` is nothing that a key could be called.
    #[error("its kid is no name of a key")]
    Name,
    /// `kid` names no key that is known. There may be a new one: see [`Tokens::look_again`].
    #[error("it names a key that is not known")]
    UnknownKey,
    /// `sub` is not an identity, or that of a key.
    #[error("sub is not the identity of a person")]
    Subject,
    /// `exp` has passed.
    #[error("it ended at {0}")]
    Ended(Timestamp),
    /// `nbf` or `iat` is to come.
    #[error("it begins only at {0}")]
    NotYet(Timestamp),
    /// `iss` is not the one that is configured.
    #[error("it is of another issuer, or of none")]
    Issuer,
    /// `aud` does not name us.
    #[error("it is for another audience, or names one where none is configured, or none where one is")]
    Audience,
}

/// Checks tokens, and makes them. Holds secrets; there is no way to print them.
pub struct Tokens {
    rules: Rules,
    /// Held only to read or replace what is in it. A token that is being checked meanwhile is checked
    /// by what was believed when it came.
    believed: RwLock<Arc<Believed>>,
    wanted: Wanted,
}

impl Tokens {
    /// HMAC with SHA-256 under `secret`, and nobody else's keys.
    pub fn new(secret: &SecretString) -> Result<Self, WrongSecret> {
        Secrets::new(secret).map(Self::under)
    }

    /// The same, with secrets that were looked at already.
    #[must_use]
    pub fn under(secrets: Secrets) -> Self {
        let believed = Believed::new(Arc::new(secrets), Arc::default());
        Self { rules: Rules::default(), believed: RwLock::new(Arc::new(believed)), wanted: Wanted::default() }
    }

    /// Believes only tokens of this issuer (`iss`), and says so in those that it makes.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.rules.issuer = Some(issuer.into());
        self.forget();
        self
    }

    /// Believes only tokens for this audience (`aud`), and says so in those that it makes.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.rules.audience = Some(audience.into());
        self.forget();
        self
    }

    /// From now on signs under the first of these secrets and believes what is signed under any of
    /// them, and what is signed under no other.
    pub fn sign_under(&self, secrets: Secrets) {
        let mut believed = self.believed.write();
        *believed = Arc::new(Believed::new(Arc::new(secrets), Arc::clone(&believed.keys)));
    }

    /// From now on believes what is signed by these keys, and by no others beside the secrets. Tells
    /// whether they are others than before.
    pub fn believe(&self, keys: PublicKeys) -> bool {
        let mut believed = self.believed.write();
        let others = *believed.keys != keys;
        if others {
            *believed = Arc::new(Believed::new(Arc::clone(&believed.secrets), Arc::new(keys)));
        }
        others
    }

    /// What is known was found good under other rules.
    fn forget(&mut self) {
        let believed = self.believed.get_mut();
        *believed = Arc::new(Believed::new(Arc::clone(&believed.secrets), Arc::clone(&believed.keys)));
    }

    /// Reads a token and checks it as of `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        if token.len() > MAX_TOKEN {
            return Err(InvalidToken::TooLong);
        }
        let believed = Arc::clone(&self.believed.read());
        if let Some(known) = believed.known.get(token) {
            let timely = known.times.check(now);
            if matches!(timely, Err(InvalidToken::Ended(_))) {
                believed.known.remove(token);
            }
            return timely.map(|()| known.claims);
        }
        let wire = believed.read(token)?;
        let times = wire.times();
        times.check(now)?;
        let claims = self.rules.check(&wire)?;
        believed.known.insert(token, Known { claims: claims.clone(), times });
        Ok(claims)
    }

    /// Makes a token for `user`, signed under the first secret.
    pub fn mint(
        &self,
        user: &UserId,
        role: Role,
        issued: Timestamp,
        expires: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let secrets = Arc::clone(&self.believed.read().secrets);
        secrets.sign(&self.rules.made(user, role, issued, expires))
    }

    /// For a token with an [unknown key](InvalidToken::UnknownKey): waits, some seconds at most, until
    /// the keys were fetched anew. Tells whether they were, so that it makes sense to check it again.
    /// They are fetched at most once a minute, however many ask.
    pub async fn look_again(&self) -> bool {
        self.wanted.look_again().await
    }

    /// For whoever fetches the keys.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }
}

#[cfg(test)]
mod tests;
