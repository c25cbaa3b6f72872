//! By what tokens are believed at a time, with the tokens that were found good by it.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Header, decode_header};

use super::{
    InvalidToken, claims::Wire, known::KnownTokens, public_key::Signature, public_keys::PublicKeys, secrets::Secrets,
};

/// The kinds of tokens that are believed (`typ`). Some name no kind; RFC 9068 calls an access token `at+jwt`.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// Secrets, public keys, and the tokens that are known to be good under just these. Once any of them
/// changes all of it is replaced: no token is remembered for longer than the key that it was found good by.
pub(super) struct Believed {
    pub(super) secrets: Arc<Secrets>,
    pub(super) keys: Arc<PublicKeys>,
    pub(super) known: KnownTokens,
}

impl Believed {
    pub(super) fn new(secrets: Arc<Secrets>, keys: Arc<PublicKeys>) -> Self {
        Self { secrets, keys, known: KnownTokens::new() }
    }

    /// Reads a token that is signed by those who are believed.
    ///
    /// Its algorithm chooses between the secrets and the keys, and gets no further with either than its
    /// own kind.
    pub(super) fn read(&self, token: &str) -> Result<Wire, InvalidToken> {
        let header = decode_header(token).map_err(|error| InvalidToken::Unreadable(error.to_string()))?;
        if header.crit.is_some() {
            return Err(InvalidToken::Critical);
        }
        if !header.typ.as_deref().is_none_or(is_ours) {
            return Err(InvalidToken::Type);
        }
        self.signed(token, &header)
    }

    fn signed(&self, token: &str, header: &Header) -> Result<Wire, InvalidToken> {
        match (header.alg, Signature::of(header.alg)) {
            (Algorithm::HS256, _) => self.secrets.read(token),
            (_, Some(signature)) => self.keys.read(token, header, signature),
            _ => Err(InvalidToken::Algorithm),
        }
    }
}

/// A media type without its `application/`, in any case (RFC 7515, section 4.1.9).
fn is_ours(kind: &str) -> bool {
    TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known))
        || kind.split_at_checked("application/".len()).is_some_and(|(prefix, rest)| {
            prefix.eq_ignore_ascii_case("application/") && TYPES.iter().any(|known| rest.eq_ignore_ascii_case(known))
        })
}
