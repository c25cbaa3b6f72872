//! Tokens whose signature was found good, so that the next request with the same one costs no
//! cryptography and no parsing.

use quick_cache::{Weighter, sync::Cache};
use tidings_models::Timestamp;

use super::{Claims, InvalidToken, LEEWAY};

/// Most memory that is spent on it, in bytes: some 5,000 tokens of the usual length. Without a
/// bound, whoever may sign in often could fill the memory with tokens that are all good.
const MAX_BYTES: u64 = 2 * 1024 * 1024;
/// About what a token takes beside its own text: claims, the user's name, places in tables.
const OVERHEAD: usize = 200;
/// Tokens that are expected. The cache locks parts of itself, fewer than a thirtieth of this, so
/// that many threads seldom meet and yet each part has room for the longest token.
const EXPECTED: usize = 1024;

/// When a token is good.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// `exp`
    pub(super) ends: Timestamp,
    /// `nbf` or `iat`, whichever is later
    pub(super) begins: Option<Timestamp>,
}

impl Times {
    pub(super) fn check(self, now: Timestamp) -> Result<(), InvalidToken> {
        if now >= self.ends.plus_millis(LEEWAY) {
            return Err(InvalidToken::Ended(self.ends));
        }
        match self.begins {
            Some(begins) if now < begins.plus_millis(-LEEWAY) => Err(InvalidToken::NotYet(begins)),
            _ => Ok(()),
        }
    }
}

/// What a good token says, and when it is good. The times are looked at on every use.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) claims: Claims,
    pub(super) times: Times,
}

/// Tokens that were found good under one secret, issuer and audience.
///
/// The key is the whole token, compared to its last byte: none passes for another. A token that is
/// not good never comes in here, and a flood of good ones replaces each other before those that are
/// used again and again (the policy is akin to S3-FIFO). There is no way to print any of it.
pub(super) struct KnownTokens(Cache<Box<str>, Known, Bytes>);

impl KnownTokens {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(EXPECTED, MAX_BYTES, Bytes))
    }

    pub(super) fn get(&self, token: &str) -> Option<Known> {
        self.0.get(token)
    }

    pub(super) fn insert(&self, token: &str, known: Known) {
        self.0.insert(token.into(), known);
    }

    /// For one that has ended.
    pub(super) fn remove(&self, token: &str) {
        self.0.remove(token);
    }
}

/// What an entry weighs.
#[derive(Clone)]
struct Bytes;

impl Weighter<Box<str>, Known> for Bytes {
    fn weight(&self, token: &Box<str>, _: &Known) -> u64 {
        (token.len() + OVERHEAD) as u64
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::{Role, UserId};

    use super::*;

    fn known(user: &str) -> Known {
        let ends = Timestamp::from_millis(0);
        let claims = Claims { user: UserId::parse(user).unwrap(), role: Role::User, expires_at: ends, issued_at: None };
        Known { claims, times: Times { ends, begins: None } }
    }

    fn token(number: usize, length: usize) -> String {
        format!("{number:0>length$}")
    }

    #[test]
    fn it_holds_its_bound_however_many_tokens_come() {
        let tokens = KnownTokens::new();
        for length in [20, 300, 8 * 1024] {
            for number in 0..20_000 {
                tokens.insert(&token(number, length), known("alice"));
            }
            assert!(tokens.0.weight() <= MAX_BYTES, "{length}");
            assert!(tokens.0.len() > 100, "{length}: {}", tokens.0.len());
        }
    }

    #[test]
    fn a_flood_does_not_push_out_what_is_used() {
        let tokens = KnownTokens::new();
        let used = token(usize::MAX, 300);
        tokens.insert(&used, known("alice"));
        for number in 0..50_000 {
            tokens.insert(&token(number, 300), known("eve"));
            if number % 100 == 0 {
                assert!(tokens.get(&used).is_some(), "after {number}");
            }
        }
    }

    #[test]
    fn the_whole_token_is_compared() {
        let tokens = KnownTokens::new();
        tokens.insert("a.b.c", known("alice"));
        for other in ["a.b.d", "a.b.c ", "a.b", "a.b.", ""] {
            assert!(tokens.get(other).is_none(), "{other}");
        }
        assert_eq!(tokens.get("a.b.c").map(|known| known.claims), Some(known("alice").claims));
        tokens.remove("a.b.c");
        assert!(tokens.get("a.b.c").is_none());
    }
}
