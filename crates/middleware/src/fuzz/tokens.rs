//! Tokens and tickets.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use secrecy::SecretBox;
use serde_json::Value;
use tidings_models::{Grant, Role, UserId};

use super::{Always, PEM, PROVIDERS, SECONDS, SECRET, SET, changed, now};
use crate::{Credential, Principal, PublicKeys, Rights, Tickets, Tokens, token};

/// Who believes what: our own tokens and a provider's, by a file of keys or by a set of them.
struct Known {
    by_file: Tokens,
    by_set: Tokens,
    tickets: Tickets,
    /// The tokens that are good, ours first, then those of [`PROVIDERS`].
    good: Vec<String>,
    ticket: String,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let [by_file, by_set] = [(), ()].map(|()| Tokens::new(&SECRET.into()).unwrap());
    by_file.believe(PublicKeys::of_pem(PEM).unwrap());
    by_set.believe(PublicKeys::Named(PublicKeys::of_jwks(SET).unwrap().0));
    let (ann, end) = (UserId::parse("ann").unwrap(), now().plus_millis(3_600_000));
    let ours = by_set.mint(&ann, Role::User, now(), end).unwrap();
    let tickets = Tickets::new(&SecretBox::new(Box::new([7; 32])));
    let principal = Principal {
        user: ann,
        rights: Rights::Person(Role::User),
        grant: Grant::of_token(Some(now()), end),
        credential: Credential::Bearer,
        secret: None,
        must_change: false,
    };
    let ticket = tickets.make(&principal, &Always, now()).unwrap().0;
    let good = [ours].into_iter().chain(PROVIDERS.map(str::to_owned)).collect();
    Known { by_file, by_set, tickets, good, ticket }
});

/// Tokens and tickets: only those that were made are believed, not those that are near to them; and of what is signed
/// under our own secret only what a good token says.
///
/// The first byte says what the rest is: what somebody sends; a change to a good token, or to a good ticket; or a header
/// and claims, parted by a byte that is in no text.
pub fn tokens(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 4 {
        0 => is_one_of_ours(rest),
        kind @ 1..3 => {
            let &[which, high, low, removed, ref inserted @ ..] = rest else { return };
            let good = &KNOWN.good[usize::from(which) % KNOWN.good.len()];
            let good = if kind == 1 { good } else { &KNOWN.ticket };
            is_one_of_ours(&changed(good, u16::from_be_bytes([high, low]), removed, inserted));
        }
        _ => {
            let mut parts = rest.splitn(2, |byte| *byte == 0xFF);
            signed(parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        }
    }
}

fn is_one_of_ours(sent: &[u8]) {
    let Ok(text) = std::str::from_utf8(sent) else { return };
    let is_good = KNOWN.good.iter().any(|good| good == text);
    let by_set = KNOWN.by_set.verify(text, now());
    assert_eq!(by_set.is_ok(), is_good, "{text}");
    // The file has one of the three keys.
    let by_file = KNOWN.by_file.verify(text, now());
    assert_eq!(by_file.is_ok(), is_good && !PROVIDERS[1..].contains(&text), "{text}");
    for claims in [by_set, by_file].into_iter().flatten() {
        assert!(claims.user.as_str() == "ann" && claims.role == Role::User && claims.expires_at > now());
    }
    assert_eq!(KNOWN.tickets.open(text, now()).is_ok(), text == KNOWN.ticket);
}

/// What an issuer with our secret and no scruples may say.
fn signed(header: &[u8], claims: &[u8]) {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    // Without what is remembered: each of them is another one.
    let tokens = Tokens::under(token::Secrets::new(&SECRET.into()).unwrap());
    let Ok(believed) = tokens.verify(&format!("{message}.{signature}"), now()) else { return };
    // What is passed over need not be text.
    let [Ok(header), Ok(claims)] = [header, claims].map(serde_json::from_slice::<Value>) else { return };
    assert!(header["alg"] == "HS256" && header.get("crit").is_none(), "{header}");
    assert_eq!(claims["sub"], believed.user.as_str());
    assert!(claims.get("aud").is_none(), "for others: {claims}");
    let seconds = |at: &Value| at.as_f64().unwrap();
    assert!(seconds(&claims["exp"]) > SECONDS - 5.0, "{claims}");
    assert!(claims.get("nbf").is_none_or(|at| seconds(at) <= SECONDS + 5.0), "{claims}");
    assert_eq!(claims.get("role").is_some_and(|role| role == "admin"), believed.role == Role::Admin);
    let control = |c: char| matches!(c, '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}');
    assert!((1..=255).contains(&believed.user.as_str().chars().count()));
    assert!(!believed.user.as_str().chars().any(control));
}
