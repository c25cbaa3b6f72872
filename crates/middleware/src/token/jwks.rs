//! JSON Web Key Sets (RFC 7517): the keys in them that tokens may be checked with.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    object::Object,
    public_key::PublicKey,
    public_keys::{NamedKeys, WrongKeys, could_be_a_name},
};

/// Most keys in a set. Providers have a handful; each is parsed on every refresh.
pub(super) const MAX_KEYS: usize = 64;

#[derive(Deserialize)]
struct Set<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

/// The members of a key that are looked at.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// Of a private key, of any kind.
    d: Option<serde::de::IgnoredAny>,
    /// Of a symmetric key.
    k: Option<serde::de::IgnoredAny>,
}

/// The keys to check with, and how many others there are. A key that is not understood is none of
/// our business (section 5), and makes the others no worse.
pub(super) fn read(json: &[u8]) -> Result<(NamedKeys, usize), WrongKeys> {
    let Object(set): Object<Set<'_>> = serde_json::from_slice(json).map_err(|_| WrongKeys::NotASet)?;
    if set.keys.len() > MAX_KEYS {
        return Err(WrongKeys::TooManyNamed);
    }
    let keys: Vec<_> =
        set.keys.iter().filter_map(|key| serde_json::from_str::<Object<Jwk>>(key.get()).ok()?.0.usable()).collect();
    let others = set.keys.len() - keys.len();
    Ok((NamedKeys(keys), others))
}

impl Jwk {
    /// The key and its name, if it is one for checking tokens.
    fn usable(self) -> Option<(String, PublicKey)> {
        let public = self.d.is_none() && self.k.is_none();
        let for_signatures = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !public || !for_signatures {
            return None;
        }
        let key = self.key()?;
        let agrees = self.alg.is_none_or(|named| named == key.signature().name());
        let name = self.kid.filter(|name| could_be_a_name(name))?;
        agrees.then_some((name, key))
    }

    fn key(&self) -> Option<PublicKey> {
        let bytes = |member: &Option<String>| URL_SAFE_NO_PAD.decode(member.as_deref()?).ok();
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", None) => PublicKey::of_rsa(&bytes(&self.n)?, &bytes(&self.e)?),
            ("EC", Some("P-256")) => PublicKey::of_p256(&bytes(&self.x)?, &bytes(&self.y)?),
            ("OKP", Some("Ed25519")) => PublicKey::of_ed25519(&bytes(&self.x)?),
            _ => return None,
        };
        key.ok()
    }
}
