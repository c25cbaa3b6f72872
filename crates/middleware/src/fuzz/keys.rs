//! The keys that an operator or a provider gives.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use serde_json::Value;

use super::{PROVIDERS, SECRET, SET, now};
use crate::{PublicKeys, Tokens};

/// Keys: whatever a file or a set holds, there are not so many that they are a burden, none of them is secret, and no
/// token is believed but by the key that it was signed with.
pub fn keys(data: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(SET).unwrap()["keys"].take();
    if let Ok(keys) = PublicKeys::of_pem(data) {
        let ders: Vec<_> = <(SectionKind, Vec<u8>)>::pem_slice_iter(data).map(|section| section.unwrap().1).collect();
        for (index, believed) in believed(keys).into_iter().enumerate() {
            let number = theirs[index].get("n").or_else(|| theirs[index].get("x")).unwrap();
            let number = URL_SAFE_NO_PAD.decode(number.as_str().unwrap()).unwrap();
            let holds = |der: &Vec<u8>| der.windows(number.len()).any(|part| part == number);
            assert!(!believed || ders.iter().any(holds), "{index}");
        }
    }
    let Ok((named, others)) = PublicKeys::of_jwks(data) else { return };
    // What is passed over need not be text.
    let Ok(mut given) = serde_json::from_slice::<Value>(data) else { return };
    let given = given["keys"].take();
    let given = given.as_array().unwrap();
    assert!(given.len() == named.count() + others && given.len() <= 64);
    let is_public = |key: &&Value| key.get("d").is_none_or(Value::is_null) && key.get("k").is_none_or(Value::is_null);
    assert!(named.count() <= given.iter().filter(is_public).count());
    for (index, believed) in believed(PublicKeys::Named(named)).into_iter().enumerate() {
        let same = |key: &Value| ["kty", "kid", "n", "x", "y"].iter().all(|part| key[*part] == theirs[index][*part]);
        assert!(!believed || given.iter().any(same), "{index}");
    }
}

/// Which of the tokens of the provider.
fn believed(keys: PublicKeys) -> [bool; 3] {
    let tokens = Tokens::new(&SECRET.into()).unwrap();
    tokens.believe(keys);
    PROVIDERS.map(|token| tokens.verify(token, now()).is_ok())
}
