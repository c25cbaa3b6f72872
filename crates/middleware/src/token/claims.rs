//! What tokens say: the claims that are read and made, and the rules that they must keep.

use serde::{Deserialize, Deserializer, Serialize};
use tidings_models::{Role, Timestamp, UserId};

use super::{InvalidToken, known::Times};

/// The end of the year 9999, in seconds: what lies behind it is a mistake, and no longer a time as of RFC 3339.
const LAST_SECOND: f64 = 253_402_300_799.0;

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

/// Whose tokens are believed, and for whom they must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
}

impl Rules {
    /// Checks what no clock changes.
    pub(super) fn check(&self, claims: &Wire) -> Result<Claims, InvalidToken> {
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
        let user = UserId::parse(&claims.sub).ok().filter(|user| !user.is_of_key()).ok_or(InvalidToken::Subject)?;
        Ok(Claims { user, role: claims.role, expires_at: claims.exp.0, issued_at: claims.iat.map(|at| at.0) })
    }

    /// What is said of `user`. Times are cut to seconds, which is what most readers expect.
    pub(super) fn made<'a>(
        &'a self,
        user: &'a UserId,
        role: Role,
        issued: Timestamp,
        expires: Timestamp,
    ) -> Minted<'a> {
        Minted {
            sub: user.as_str(),
            role,
            iat: issued.as_seconds(),
            exp: expires.as_seconds(),
            iss: self.issuer.as_deref(),
            aud: self.audience.as_deref(),
        }
    }
}

/// The claims that are made.
#[derive(Serialize)]
pub(super) struct Minted<'a> {
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
pub(super) struct Wire {
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

impl Wire {
    /// Nothing is good before it was issued: what is revoked up to now would outlive that.
    pub(super) fn times(&self) -> Times {
        let begins = [self.nbf, self.iat].into_iter().flatten().map(|at| at.0).max();
        Times { ends: self.exp.0, begins }
    }
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
