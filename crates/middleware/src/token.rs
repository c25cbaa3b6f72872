//! JSON Web Tokens (RFC 7519): checking and making them, under one secret and one algorithm.
//!
//! A token says who its bearer is; it never says how it is to be checked. Algorithm and key are
//! fixed here, so `alg: none`, another algorithm, or a header that offers a key (`jwk`, `jku`, `x5u`, `kid`) lead
//! nowhere (RFC 8725, sections 3.1 and 3.10).
//!
//! What does not change between two uses of a token (signature, issuer, audience, subject) is
//! checked once and remembered for a while; the clock is asked every time.

mod known;

use std::collections::HashSet;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use tidings_models::{Role, Timestamp, UserId};

use known::{Known, KnownTokens, Times};

/// Shortest secret, in bytes: as long as the digest (RFC 7518, section 3.2). Anything shorter can be guessed from one token.
const MIN_SECRET: usize = 32;
/// Longest token that is looked at, in bytes. Bounds what a stranger can have parsed.
const MAX_TOKEN: usize = 8 * 1024;
/// How far two clocks may be apart, in milliseconds.
const LEEWAY: i64 = 5_000;
/// The end of the year 9999, in seconds: what lies behind it is a mistake, and no longer a time as of RFC 3339.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// The secret is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret for tokens has less than {MIN_SECRET} bytes: make one with `openssl rand -base64 48`")]
pub struct WeakSecret;

/// Why a token is not believed. For the log; the caller is told nothing of it, so that there is
/// nothing to find out by trying.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Longer than any honest one.
    #[error("longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// Not a token, not signed by us, or with claims of the wrong kind.
    #[error("not a token, or not signed under this secret: {0}")]
    Unreadable(String),
    /// `crit` names extensions that must be understood, and none is (RFC 7515, section 4.1.11).
    #[error("it asks for extensions (crit)")]
    Critical,
    /// `sub` is not an identity.
    #[error("sub is missing or not an identity")]
    Subject,
    /// `exp` has passed.
    #[error("it ended at {0}")]
    Ended(Timestamp),
    /// `nbf` is to come.
    #[error("it begins only at {0}")]
    NotYet(Timestamp),
    /// `iss` is not the one that is configured.
    #[error("it is of another issuer, or of none")]
    Issuer,
    /// `aud` does not name us.
    #[error("it is for another audience, or names one where none is configured, or none where one is")]
    Audience,
}

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`
    pub user: UserId,
    /// `role`, a user unless it says otherwise
    pub role: Role,
    /// `exp`
    pub expires_at: Timestamp,
    /// `iat`, which not every issuer gives
    pub issued_at: Option<Timestamp>,
}

/// Checks tokens, and makes them. Holds the secret; there is no way to print it.
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    issuer: Option<String>,
    audience: Option<String>,
    known: KnownTokens,
}

impl Tokens {
    /// HMAC with SHA-256 under `secret`.
    pub fn new(secret: &SecretString) -> Result<Self, WeakSecret> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < MIN_SECRET {
            return Err(WeakSecret);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would ask the system for the time, and take a claim that is absent for a good
        // one. It checks the signature; the claims are checked below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.required_spec_claims = HashSet::new();
        Ok(Self {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
            validation,
            issuer: None,
            audience: None,
            known: KnownTokens::new(),
        })
    }

    /// Believes only tokens of this issuer (`iss`), and says so in those that it makes.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        // What is known was found good for another issuer.
        Self { issuer: Some(issuer.into()), known: KnownTokens::new(), ..self }
    }

    /// Believes only tokens for this audience (`aud`), and says so in those that it makes.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        Self { audience: Some(audience.into()), known: KnownTokens::new(), ..self }
    }

    /// Reads a token and checks it as of `now`.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        if token.len() > MAX_TOKEN {
            return Err(InvalidToken::TooLong);
        }
        if let Some(known) = self.known.get(token) {
            let timely = known.times.check(now);
            if matches!(timely, Err(InvalidToken::Ended(_))) {
                self.known.remove(token);
            }
            return timely.map(|()| known.claims);
        }
        let wire = self.read(token)?;
        let times = Times { ends: wire.exp.0, begins: wire.nbf.map(|begins| begins.0) };
        times.check(now)?;
        let claims = self.check(&wire)?;
        self.known.insert(token, Known { claims: claims.clone(), times });
        Ok(claims)
    }

    /// Reads a token that is signed under the secret.
    fn read(&self, token: &str) -> Result<Wire, InvalidToken> {
        let token = decode::<Wire>(token, &self.checking, &self.validation)
            .map_err(|error| InvalidToken::Unreadable(error.to_string()))?;
        if token.header.crit.is_some() {
            return Err(InvalidToken::Critical);
        }
        Ok(token.claims)
    }

    /// Checks what no clock changes.
    fn check(&self, claims: &Wire) -> Result<Claims, InvalidToken> {
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(InvalidToken::Issuer);
        }
        // A token that names its audience is for nobody else (RFC 7519, section 4.1.3).
        let for_us = match (&self.audience, &claims.aud) {
            (None, None) => true,
            (Some(us), Some(Audience::One(one))) => us == one,
            (Some(us), Some(Audience::Many(many))) => many.contains(us),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !for_us {
            return Err(InvalidToken::Audience);
        }
        let user = UserId::parse(&claims.sub).map_err(|_| InvalidToken::Subject)?;
        Ok(Claims { user, role: claims.role, expires_at: claims.exp.0, issued_at: claims.iat.map(|at| at.0) })
    }

    /// Makes a token for `user`. Times are cut to seconds, which is what most readers expect.
    pub fn mint(
        &self,
        user: &UserId,
        role: Role,
        issued: Timestamp,
        expires: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Minted {
            sub: user.as_str(),
            role,
            iat: issued.as_seconds(),
            exp: expires.as_seconds(),
            iss: self.issuer.as_deref(),
            aud: self.audience.as_deref(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
    }
}

/// The claims that are made.
#[derive(Serialize)]
struct Minted<'a> {
    sub: &'a str,
    role: Role,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
}

/// The claims that are read. Each at most once; a claim that is there has a value (`null` is none).
#[derive(Deserialize)]
struct Wire {
    sub: String,
    exp: Numeric,
    #[serde(default, deserialize_with = "given")]
    nbf: Option<Numeric>,
    #[serde(default, deserialize_with = "given")]
    iat: Option<Numeric>,
    #[serde(default)]
    role: Role,
    #[serde(default, deserialize_with = "given")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "given")]
    aud: Option<Audience>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Seconds since 1970; fractions are allowed, and some issuers send them (RFC 7519, section 2, `NumericDate`).
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
struct Numeric(Timestamp);

impl TryFrom<f64> for Numeric {
    type Error = &'static str;

    fn try_from(seconds: f64) -> Result<Self, Self::Error> {
        if !(0.0..=LAST_SECOND).contains(&seconds) {
            return Err("not a time between 1970 and 9999");
        }
        #[expect(clippy::cast_possible_truncation, reason = "in range, as was just asked")]
        let millis = (seconds * 1000.0) as i64;
        Ok(Self(Timestamp::from_millis(millis)))
    }
}

#[cfg(test)]
mod tests;
