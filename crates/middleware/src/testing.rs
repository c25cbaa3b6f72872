//! What the tests of this crate share.

use std::sync::Arc;

use actix_web::web;
use secrecy::SecretString;
use tidings_models::{Clock, Random, Role, Timestamp, UserId};

use crate::{Auth, Limits, Origins, Proxies, Rates, Tokens};

#[path = "../../../tests/end_to_end/support/issuer.rs"]
pub(crate) mod issuer;

/// It is always the same moment.
pub(crate) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000)
    }
}

/// Every byte is 7.
pub(crate) struct FixedRandom;

impl Random for FixedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub(crate) fn auth() -> web::Data<Auth> {
    limited(&Rates::default())
}

/// The same, with limits. Proxies are at 10.0.0.0/8.
pub(crate) fn limited(rates: &Rates) -> web::Data<Auth> {
    let tokens = Tokens::new(&SecretString::from("0123456789abcdef0123456789abcdef")).unwrap();
    let origins = Origins::parse("https://app.example.com").unwrap();
    let limits = Limits::new(Proxies::parse("10.0.0.0/8").unwrap(), rates);
    let auth = Auth::of_tokens(tokens, origins, Arc::new(FixedClock), Arc::new(FixedRandom));
    web::Data::new(Auth { limits, ..auth })
}

/// A token that ends after so many seconds.
pub(crate) fn token(auth: &Auth, user: &str, role: Role, seconds: i64) -> String {
    let now = auth.clock.now();
    auth.tokens.mint(&UserId::parse(user).unwrap(), role, now, now.plus_millis(seconds * 1000)).unwrap()
}
