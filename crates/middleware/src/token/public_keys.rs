//! Whose signatures are believed, beside our own: nobody's, those of a file, or those of a set with names.

use jsonwebtoken::Header;
use rustls_pki_types::pem::{PemObject as _, SectionKind};

use super::{
    InvalidToken,
    claims::Wire,
    jwks,
    public_key::{PublicKey, Signature, WrongKey},
    signature,
};

/// Most keys in a file: the one in use, and the one before or after it. Each more is another try at every bad token.
const MAX_IN_FILE: usize = 2;
/// Longest name of a key (`kid`), in bytes. A longer one in a token cannot be of the set, so nobody need be asked for it.
pub(super) const MAX_NAME: usize = 256;

/// Why something holds no keys to check with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongKeys {
    /// Its frame is broken.
    #[error("it is not a PEM file")]
    NotPem,
    /// A key that must not be here.
    #[error(
        "it holds a private key, which belongs to the one who signs: `openssl pkey -in FILE -pubout` gives the public one"
    )]
    Private,
    /// Whose end and issuer nobody would look at.
    #[error("it holds a certificate, not a bare key: `openssl x509 -in FILE -pubkey -noout` gives the key")]
    Certificate,
    /// There is none.
    #[error("there is no public key in it (BEGIN PUBLIC KEY)")]
    Missing,
    /// More than can be meant.
    #[error("there are more than {MAX_IN_FILE} keys in it")]
    TooMany,
    /// One that cannot be used.
    #[error("{0}")]
    Key(#[from] WrongKey),
    /// No JSON Web Key Set.
    #[error("it is not a JSON Web Key Set")]
    NotASet,
    /// More than anybody has.
    #[error("there are more than {} keys in it", jwks::MAX_KEYS)]
    TooManyNamed,
}

/// The public keys of those who sign tokens for our users.
#[derive(Clone, Default, PartialEq)]
pub enum PublicKeys {
    /// Only we sign.
    #[default]
    None,
    /// The keys of a PEM file. They have no names, so that of a token (`kid`) says nothing.
    File(FileKeys),
    /// The keys of a JSON Web Key Set, each under its name.
    Named(NamedKeys),
}

/// See [`PublicKeys::File`].
#[derive(Clone, PartialEq)]
pub struct FileKeys(Vec<PublicKey>);

/// See [`PublicKeys::Named`].
#[derive(Clone, Default, PartialEq)]
pub struct NamedKeys(pub(super) Vec<(String, PublicKey)>);

impl NamedKeys {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl PublicKeys {
    /// From a PEM file with one public key, or two while one takes the other's place.
    pub fn of_pem(text: &[u8]) -> Result<Self, WrongKeys> {
        let mut keys = Vec::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
            match section.map_err(|_| WrongKeys::NotPem)? {
                (SectionKind::PublicKey, der) => keys.push(PublicKey::of_der(&der)?),
                (SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey, _) => {
                    return Err(WrongKeys::Private);
                }
                (SectionKind::Certificate, _) => return Err(WrongKeys::Certificate),
                _ => {}
            }
        }
        match keys.len() {
            0 => Err(WrongKeys::Missing),
            1..=MAX_IN_FILE => Ok(Self::File(FileKeys(keys))),
            _ => Err(WrongKeys::TooMany),
        }
    }

    /// From a JSON Web Key Set (RFC 7517). Keys in it that are for something else are passed over; the
    /// second value tells how many.
    pub fn of_jwks(json: &[u8]) -> Result<(NamedKeys, usize), WrongKeys> {
        jwks::read(json)
    }

    /// Reads a token that claims to be signed in this way.
    pub(super) fn read(&self, token: &str, header: &Header, signature: Signature) -> Result<Wire, InvalidToken> {
        let fits = |key: &&PublicKey| key.signature() == signature;
        match self {
            Self::None => Err(InvalidToken::Algorithm),
            Self::File(FileKeys(keys)) => signature::read(token, keys.iter().filter(fits).map(PublicKey::check)),
            Self::Named(NamedKeys(keys)) => {
                let name = header.kid.as_deref().ok_or(InvalidToken::Unnamed)?;
                if !could_be_a_name(name) {
                    return Err(InvalidToken::Name);
                }
                let mut named = keys.iter().filter(|(other, _)| other == name).map(|(_, key)| key).peekable();
                if named.peek().is_none() {
                    return Err(InvalidToken::UnknownKey);
                }
                signature::read(token, named.filter(fits).map(PublicKey::check))
            }
        }
    }
}

/// Whether a key of a set may have this name.
pub(super) fn could_be_a_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}
