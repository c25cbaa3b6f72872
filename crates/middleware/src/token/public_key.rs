//! A public key of somebody else, who signs tokens that are believed here.

use aws_lc_rs::{
    encoding::AsDer as _,
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, ED25519_PUBLIC_KEY_LEN, ParsedPublicKey, RsaParameters,
        RsaPublicKeyComponents, RsaSubjectPublicKey,
    },
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::signature;

/// Shortest modulus of an RSA key, in bits (RFC 7518, section 3.3): a shorter one may have been factored.
const MIN_RSA_BITS: u32 = 2048;
/// Longest one. A check takes time that grows with its square, and who calls decides how often.
const MAX_RSA_BITS: u32 = 8192;
/// Length of a coordinate on the curve P-256, in bytes.
const P256_COORDINATE: usize = 32;

/// The algorithms that a public key can check. None of them has a secret: an algorithm that has one
/// (HS256) cannot be told of a public key, whatever a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    Rs256,
    Es256,
    EdDsa,
}

impl Signature {
    /// The one that a token names; `None` for those that no public key checks here.
    pub(super) fn of(algorithm: Algorithm) -> Option<Self> {
        [Self::Rs256, Self::Es256, Self::EdDsa].into_iter().find(|signature| signature.algorithm() == algorithm)
    }

    /// Its name in `alg`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// Why something is no key to check with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongKey {
    /// Of another kind, or no key at all.
    #[error("it is neither an RSA key, nor one of the curve P-256, nor one of Ed25519")]
    Kind,
    /// It can be broken.
    #[error("an RSA key of {0} bits is too short: {MIN_RSA_BITS} at least")]
    Short(u32),
    /// It would take too long.
    #[error("an RSA key of {0} bits is too long: {MAX_RSA_BITS} at most")]
    Long(u32),
}

/// A public key. Its kind alone decides on the algorithm: RS256, ES256 or `EdDSA`.
#[derive(Clone)]
pub(super) struct PublicKey {
    signature: Signature,
    der: Box<[u8]>,
    key: DecodingKey,
    validation: Validation,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.signature == other.signature && self.der == other.der
    }
}

impl PublicKey {
    /// From a `SubjectPublicKeyInfo` (RFC 5280), which is what PEM files of public keys hold.
    pub(super) fn of_der(der: &[u8]) -> Result<Self, WrongKey> {
        if let Ok(key) = RsaSubjectPublicKey::from_der(der) {
            let bits = RsaParameters::public_modulus_len(key.as_ref()).map_err(|_| WrongKey::Kind)?;
            return match bits {
                0..MIN_RSA_BITS => Err(WrongKey::Short(bits)),
                MIN_RSA_BITS..=MAX_RSA_BITS => Ok(Self::new(Signature::Rs256, der, DecodingKey::from_rsa_der(der))),
                _ => Err(WrongKey::Long(bits)),
            };
        }
        if ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der).is_ok() {
            return Ok(Self::new(Signature::Es256, der, DecodingKey::from_ec_der(der)));
        }
        if ParsedPublicKey::new(&ED25519, der).is_ok() {
            return Ok(Self::new(Signature::EdDsa, der, DecodingKey::from_ed_der(der)));
        }
        Err(WrongKey::Kind)
    }

    /// From modulus and exponent, as numbers with the most significant byte first.
    pub(super) fn of_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, WrongKey> {
        let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        let components = RsaPublicKeyComponents { n: number(modulus), e: number(exponent) };
        let der = components.as_der().map_err(|_| WrongKey::Kind)?;
        Self::of_der(der.as_ref())
    }

    /// From a point on P-256, whose coordinates have their full length (RFC 7518, section 6.2.1.2).
    pub(super) fn of_p256(x: &[u8], y: &[u8]) -> Result<Self, WrongKey> {
        const UNCOMPRESSED: u8 = 4;
        if x.len() != P256_COORDINATE || y.len() != P256_COORDINATE {
            return Err(WrongKey::Kind);
        }
        let point = [&[UNCOMPRESSED], x, y].concat();
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).map_err(|_| WrongKey::Kind)?;
        Ok(Self::new(Signature::Es256, &point, DecodingKey::from_ec_der(&point)))
    }

    /// From the 32 bytes of an Ed25519 key.
    pub(super) fn of_ed25519(x: &[u8]) -> Result<Self, WrongKey> {
        if x.len() != ED25519_PUBLIC_KEY_LEN || ParsedPublicKey::new(&ED25519, x).is_err() {
            return Err(WrongKey::Kind);
        }
        Ok(Self::new(Signature::EdDsa, x, DecodingKey::from_ed_der(x)))
    }

    fn new(signature: Signature, der: &[u8], key: DecodingKey) -> Self {
        Self { signature, der: der.into(), key, validation: signature::validation(signature.algorithm()) }
    }

    pub(super) fn signature(&self) -> Signature {
        self.signature
    }

    /// What the library needs to check by it.
    pub(super) fn check(&self) -> (&DecodingKey, &Validation) {
        (&self.key, &self.validation)
    }
}
