//! Passwords: hashed with argon2id, never kept, never printed.
//!
//! Hashing takes about 20 ms and 19 MiB by design: callers run it off the request threads and bound
//! how many run at once.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    Random,
    text::{Invalid, Rule},
};

/// Shortest and longest password, in characters. NIST SP 800-63B asks for at least 8 and no rules of
/// composition; the upper bound keeps hashing cheap to refuse.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// What somebody who guesses here tries first, beside the name of the account.
const WORDS_OF_OURS: [&str; 4] = ["tidings", "notification", "notifications", "password"];

/// A hash in PHC form (`$argon2id$v=19$…`). Shows nothing of itself when printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a new password for the account `user`, unless it is among those that are tried first.
    pub fn make(password: &SecretString, user: &str) -> Result<Self, Invalid> {
        if !LENGTH.contains(&password.expose_secret().chars().count()) {
            return Err(Invalid::new(Rule::Value, "a password has 8 to 256 characters"));
        }
        if is_guessed_soon(password, user) {
            return Err(Invalid::new(
                Rule::Value,
                "this password is among the first that anybody would try: choose several words, or let one be made up",
            ));
        }
        Argon2::default()
            .hash_password(password.expose_secret().as_bytes())
            .map(|hash| Self(hash.to_string()))
            .map_err(|error| Invalid::new(Rule::Value, format!("this password cannot be hashed: {error}")))
    }

    /// A hash that no password fits: checked for unknown users, so that they take the same time.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self("$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm8$KHUXlyvpdgJkeDBMWyCqpTSDZsKdvNHGDDAcQ5pUQFE".into())
    }

    /// The hash that the database keeps.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text for the database.
    #[must_use]
    pub fn as_stored(&self) -> &str {
        &self.0
    }

    /// Whether `password` is the one that was hashed. A damaged hash fits nothing.
    #[must_use]
    pub fn fits(&self, password: &SecretString) -> bool {
        phc::PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whether fewer than a million guesses find it, by lists of passwords that many chose (whatever leaked is led by
/// them), words, names, dates and rows of keys. Of a long one the first hundred characters are looked at, which
/// bounds the time.
fn is_guessed_soon(password: &SecretString, user: &str) -> bool {
    let words: Vec<_> = WORDS_OF_OURS.into_iter().chain([user]).collect();
    zxcvbn::zxcvbn(password.expose_secret(), &words).score() < zxcvbn::Score::Two
}

/// A password that nobody chose: 20 characters without look-alikes, about 100 bits.
pub fn generate(random: &dyn Random) -> SecretString {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    #[test]
    fn only_the_password_fits() {
        let password: SecretString = "correct horse".into();
        let hash = PasswordHash::make(&password, "ann").unwrap();
        assert!(hash.fits(&password));
        assert!(!hash.fits(&"correct horsf".into()));
        assert!(!PasswordHash::from_stored("damaged".into()).fits(&password));
        assert!(!format!("{hash:?}").contains("argon2"));
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let nobody = PasswordHash::of_nobody();
        assert!(!nobody.fits(&"".into()));
        let stored = PasswordHash::make(&"a good password".into(), "ann").unwrap();
        let cost = |hash: &PasswordHash| hash.as_stored().split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&nobody), cost(&stored), "the same work for unknown users");
    }

    #[test]
    fn short_ones_are_refused_and_generated_ones_are_not() {
        assert!(PasswordHash::make(&"seven77".into(), "ann").is_err());
        assert!(PasswordHash::make(&"x".repeat(257).into(), "ann").is_err());
        assert!(PasswordHash::make(&generate(&SystemRandom), "ann").is_ok());
    }

    #[test]
    fn those_that_are_tried_first_are_refused() {
        let taken = |password: &str| PasswordHash::make(&password.into(), "annabelle.smith").is_ok();
        for bad in [
            "password",
            "12345678",
            "qwertyuiop",
            "iloveyou1",
            "P@ssw0rd",
            "baseball",
            "11111111",
            "asdfghjkl",
            "annabelle.smith",
            "Annabelle.smith1",
            "tidings1",
            "Tidings2026",
            "notification",
            "drowssap1",
            &"ab".repeat(128),
        ] {
            assert!(!taken(bad), "{bad}");
        }
        for good in [
            "correct horse",
            "battery staple",
            "a good password for alice",
            "\u{4f60}\u{597d} \u{4e16}\u{754c}, hello",
            &"a long walk by the river, ".repeat(9),
        ] {
            assert!(taken(good), "{good}");
        }
    }
}
