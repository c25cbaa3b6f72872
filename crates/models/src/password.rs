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

/// A hash in PHC form (`$argon2id$v=19$…`). Shows nothing of itself when printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a new password.
    pub fn make(password: &SecretString) -> Result<Self, Invalid> {
        if !LENGTH.contains(&password.expose_secret().chars().count()) {
            return Err(Invalid::new(Rule::Value, "a password has 8 to 256 characters"));
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
        let hash = PasswordHash::make(&password).unwrap();
        assert!(hash.fits(&password));
        assert!(!hash.fits(&"correct horsf".into()));
        assert!(!PasswordHash::from_stored("damaged".into()).fits(&password));
        assert!(!format!("{hash:?}").contains("argon2"));
    }

    #[test]
    fn nobody_costs_as_much_as_somebody() {
        let nobody = PasswordHash::of_nobody();
        assert!(!nobody.fits(&"".into()));
        let stored = PasswordHash::make(&"a password".into()).unwrap();
        let cost = |hash: &PasswordHash| hash.as_stored().split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&nobody), cost(&stored), "the same work for unknown users");
    }

    #[test]
    fn short_ones_are_refused_and_generated_ones_are_not() {
        assert!(PasswordHash::make(&"seven77".into()).is_err());
        assert!(PasswordHash::make(&generate(&SystemRandom)).is_ok());
    }
}
