//! The one way from a token to its claims: by a signature that was found good.

use std::collections::HashSet;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

use super::{InvalidToken, claims::Wire};

/// How the library is to check: this algorithm alone, and the signature alone.
///
/// It would ask the system for the time, and take a claim that is absent for a good one. The claims
/// are checked in `claims.rs`.
pub(super) fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims = HashSet::new();
    validation
}

/// The claims of a token that one of these keys signed.
pub(super) fn read<'a>(
    token: &str,
    keys: impl Iterator<Item = (&'a DecodingKey, &'a Validation)>,
) -> Result<Wire, InvalidToken> {
    let mut refused = InvalidToken::Algorithm;
    for (key, validation) in keys {
        match decode(token, key, validation) {
            Ok(token) => return Ok(token.claims),
            Err(error) => refused = InvalidToken::Unreadable(error.to_string()),
        }
    }
    Err(refused)
}
