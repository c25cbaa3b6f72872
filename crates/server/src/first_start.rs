//! The very first start: somebody must be able to sign in, and nobody else. So the password of the
//! first account is generated, and shown this once; there is never a default one.

use std::net::SocketAddr;

use secrecy::{ExposeSecret as _, SecretString};
use tidings_models::{Account, Clock, PasswordHash, Random, Role, Store, StoreError, UserId, password};

use crate::failure::Failure;

/// The account that looks after the installation.
const ADMIN: &str = "admin";
/// The accounts to try things with.
const DEMO: [&str; 2] = ["alice", "bob"];

/// An account that was just made, with the only copy of its password.
pub(crate) struct Made {
    user: UserId,
    role: Role,
    password: SecretString,
}

/// Makes the first accounts, when there is none at all.
pub(crate) async fn accounts(
    store: &dyn Store,
    clock: &dyn Clock,
    random: &dyn Random,
    demo: bool,
) -> Result<Vec<Made>, Failure> {
    let stored = |error: StoreError| Failure::new(error.to_string());
    let mut made = Vec::new();
    if !store.accounts(None, 1).await.map_err(stored)?.is_empty() {
        return Ok(made);
    }
    // A terminal keeps what it shows: who has seen it must not be able to sign in for ever. (Not where one tries things.)
    let must_change = !demo;
    let demo = if demo { DEMO.as_slice() } else { &[] };
    let wanted = demo.iter().map(|name| (*name, Role::User));
    for (name, role) in std::iter::once((ADMIN, Role::Admin)).chain(wanted) {
        let user = UserId::parse(name).map_err(|error| Failure::new(error.to_string()))?;
        let password = password::generate(random);
        let hash = PasswordHash::make(&password, name).map_err(|error| Failure::new(error.to_string()))?;
        let account =
            Account { user: user.clone(), role, disabled: false, must_change, password: hash, created_at: clock.now() };
        if store.create_account(&account).await.map_err(stored)? {
            made.push(Made { user, role, password });
        }
    }
    Ok(made)
}

/// Where to go and how to sign in. `program` is how this one was called.
pub(crate) fn welcome(address: SocketAddr, scheme: &str, made: &[Made], program: &str) -> String {
    let mut lines = vec![format!("Tidings is ready: {}", place(address, scheme)), String::new()];
    if made.is_empty() {
        lines.push(format!("Forgot a password?    {program} user password {ADMIN}"));
    } else {
        lines.push("Sign in with one of these. They are shown only this once.".into());
        lines.extend([String::new(), "  user         password".into()]);
        lines.extend(made.iter().map(Made::row));
        lines.extend([String::new(), format!("To change a password: {program} user password {ADMIN}")]);
    }
    if !address.ip().is_loopback() && scheme == "http" {
        lines.push("Others reach it through a proxy with TLS: browsers keep the session only over https.".into());
    }
    lines.push("To stop: Ctrl-C".into());
    let indented = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    format!("\n{}\n", indented.collect::<Vec<_>>().join("\n"))
}

impl Made {
    fn row(&self) -> String {
        let note = if self.role == Role::Admin { "   (administrator)" } else { "" };
        format!("  {:<12} {}{note}", self.user.as_str(), self.password.expose_secret())
    }
}

/// The address to open in a browser of this machine.
fn place(address: SocketAddr, scheme: &str) -> String {
    if address.ip().is_unspecified() {
        format!("{scheme}://127.0.0.1:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::{SystemClock, SystemRandom};

    use super::*;
    use crate::testing;

    #[actix_web::test]
    async fn the_first_start_makes_accounts_and_no_later_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let store = testing::store(&folder).await;
        let made = accounts(&*store, &SystemClock, &SystemRandom, true).await.unwrap();
        let names: Vec<_> = made.iter().map(|made| (made.user.as_str(), made.role)).collect();
        assert_eq!(names, [("admin", Role::Admin), ("alice", Role::User), ("bob", Role::User)]);
        for made in &made {
            let account = store.account(&made.user).await.unwrap().unwrap();
            assert!(account.password.fits(&made.password));
        }
        assert!(accounts(&*store, &SystemClock, &SystemRandom, true).await.unwrap().is_empty());
    }

    #[actix_web::test]
    async fn without_demo_there_is_the_administrator_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = testing::store(&folder).await;
        let made = accounts(&*store, &SystemClock, &SystemRandom, false).await.unwrap();
        assert_eq!(made.len(), 1);
    }

    #[test]
    fn the_welcome_says_where_and_how() {
        let made = [Made { user: UserId::parse("admin").unwrap(), role: Role::Admin, password: "generated".into() }];
        let first = welcome("127.0.0.1:8080".parse().unwrap(), "http", &made, "./tidings");
        for part in
            ["http://127.0.0.1:8080", "admin        generated", "only this once", "./tidings user password admin"]
        {
            assert!(first.contains(part), "{first}");
        }
        assert!(!first.contains("TLS"), "{first}");
        let later = welcome("0.0.0.0:80".parse().unwrap(), "http", &[], "tidings");
        assert!(later.contains("http://127.0.0.1:80") && later.contains("tidings user password admin"), "{later}");
        assert!(!later.contains("generated") && later.contains("TLS"), "{later}");
        let secure = welcome("0.0.0.0:443".parse().unwrap(), "https", &[], "tidings");
        assert!(secure.contains("https://127.0.0.1:443") && !secure.contains("proxy"), "{secure}");
    }
}
