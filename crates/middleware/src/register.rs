//! From a secret of ours to whom it belongs, without asking the database each time.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tidings_models::{
    Digest, Grant, Revoked, SecretKind, Timestamp, UserId,
    access::{ApiKey, ShownSecret},
};

use crate::{Code, Credential, Directory, Principal, Problem, Rights};

/// Secrets that are remembered; bounds the memory that whoever has many may take. Those that are used again and again
/// stay (the policy is akin to S3-FIFO).
const REMEMBERED: usize = 4096;
/// How long what was found is good without another look, in milliseconds: an account that was changed by hand in
/// the database is noticed by then. What is taken away by the log is known at once.
const GOOD_FOR: i64 = 60_000;

/// Whose secrets are whose.
pub struct Register {
    directory: Arc<dyn Directory>,
    revoked: Arc<Revoked>,
    known: Cache<Digest, Known>,
}

#[derive(Clone)]
struct Known {
    principal: Principal,
    /// When it was looked up.
    at: Timestamp,
}

impl Register {
    /// Looks up in `directory`, and again whenever something of theirs is taken away.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>, revoked: Arc<Revoked>) -> Self {
        Self { directory, revoked, known: Cache::new(REMEMBERED) }
    }

    pub(crate) fn directory(&self) -> &dyn Directory {
        &*self.directory
    }

    /// Whose a secret is. `before_lookup` is asked whether the database may be, for what was not known
    /// before: guesses are not remembered.
    pub(crate) async fn believe(
        &self,
        kind: SecretKind,
        text: &str,
        credential: Credential,
        now: Timestamp,
        before_lookup: impl FnOnce() -> Result<(), Problem>,
    ) -> Result<Principal, Problem> {
        let secret = Digest::of(text);
        // Read before the database is: what is taken away in between is taken away from what was found.
        let version = self.revoked.version();
        let known = self.known.get(&secret);
        let was_known = known.is_some();
        let principal = if let Some(known) = known.and_then(|known| self.still_good(known, version, now)) {
            if known.principal.grant.as_of != version {
                self.known.insert(secret, known.clone()); // looked at up to here
            }
            known.principal
        } else {
            // Whoever was known a moment ago does not guess.
            if !was_known {
                before_lookup()?;
            }
            self.known.remove(&secret);
            let (principal, lasts) = self.look_up(kind, secret, version, now).await?;
            if lasts {
                self.known.insert(secret, Known { principal: principal.clone(), at: now });
            }
            principal
        };
        if principal.grant.expires_at <= now {
            return Err(Problem::new(Code::InvalidToken));
        }
        Ok(Principal { credential, ..principal })
    }

    /// What is known, as of a version, unless it is too old or something of theirs was taken away meanwhile.
    fn still_good(&self, mut known: Known, version: u64, now: Timestamp) -> Option<Known> {
        let age = now.as_millis() - known.at.as_millis();
        let is_good = (0..GOOD_FOR).contains(&age);
        if !is_good || self.revoked.concerns(&known.principal.user, &known.principal.grant) {
            return None;
        }
        known.principal.grant.as_of = version;
        Some(known)
    }

    /// Whose it is, and whether that may be remembered: a secret that was replaced is good for so short a time that
    /// it is looked up each time.
    async fn look_up(
        &self,
        kind: SecretKind,
        secret: Digest,
        version: u64,
        now: Timestamp,
    ) -> Result<(Principal, bool), Problem> {
        match kind {
            SecretKind::SignIn => {
                let (found, shown) = self.directory.sign_in(&secret, now).await?.ok_or(Code::InvalidToken)?;
                let principal = Principal { secret: Some(secret), ..Principal::signed_in(found, version) };
                Ok((principal, shown == ShownSecret::Present))
            }
            SecretKind::ApiKey => {
                let found = self.directory.api_key(&secret, now).await?.ok_or(Code::InvalidToken)?;
                Ok((key(&found, version), true))
            }
        }
    }
}

/// A key as somebody who does things: under a name that no person has.
fn key(key: &ApiKey, version: u64) -> Principal {
    let grant =
        Grant { issued_at: Some(key.created_at), expires_at: Timestamp::FOREVER, sign_in: None, as_of: version };
    let (rights, credential) = (Rights::Key(key.scopes), Credential::Bearer);
    Principal { user: UserId::of_key(key.id), rights, grant, credential, secret: None, must_change: false }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    };

    use async_trait::async_trait;
    use tidings_models::{
        News, Role,
        access::{KeyId, Scopes, SignIn, SignInId, TicketId},
    };

    use super::*;

    /// Has one sign-in and one key, until they are taken away.
    struct One {
        sign_in: Mutex<Option<SignIn>>,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Directory for One {
        async fn sign_in(&self, secret: &Digest, _: Timestamp) -> Result<Option<(SignIn, ShownSecret)>, Problem> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let found = self.sign_in.lock().unwrap().clone();
            Ok(found.and_then(|found| match secret {
                present if *present == Digest::of("tds_one") => Some((found, ShownSecret::Present)),
                former if *former == Digest::of("tds_former") => Some((found, ShownSecret::Former(at(0)))),
                _ => None,
            }))
        }

        async fn sign_in_of(&self, _: SignInId) -> Result<Option<SignIn>, Problem> {
            Ok(None)
        }

        async fn api_key(&self, secret: &Digest, _: Timestamp) -> Result<Option<ApiKey>, Problem> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Ok((*secret == Digest::of("tdk_one")).then(|| ApiKey {
                id: KeyId::from_uuid(uuid::Uuid::nil()),
                name: "ci".into(),
                scopes: Scopes { publish: true, manage: false, observe: false },
                created_by: user("root"),
                created_at: at(0),
                last_used_at: None,
                revoked_at: None,
            }))
        }

        async fn redeem(&self, _: TicketId, _: Timestamp) -> Result<bool, Problem> {
            Ok(false)
        }
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn setup() -> (Arc<One>, Arc<Revoked>, Register) {
        let sign_in = SignIn {
            id: SignInId::from_uuid(uuid::Uuid::nil()),
            user: user("ann"),
            role: Role::User,
            must_change: false,
            created_at: at(0),
            expires_at: at(100),
            ends_at: at(900),
        };
        let directory = Arc::new(One { sign_in: Mutex::new(Some(sign_in)), asked: AtomicUsize::new(0) });
        let revoked = Arc::<Revoked>::default();
        let register = Register::new(Arc::clone(&directory) as Arc<dyn Directory>, Arc::clone(&revoked));
        (directory, revoked, register)
    }

    async fn believed(register: &Register, text: &str, second: i64) -> Result<String, Code> {
        let kind = SecretKind::of(text).unwrap();
        let found = register.believe(kind, text, Credential::Bearer, at(second), || Ok(())).await;
        found.map(|principal| principal.user.to_string()).map_err(|problem| problem.code())
    }

    #[actix_web::test]
    async fn it_is_looked_up_once_for_as_long_as_nothing_is_taken_away() {
        let (directory, revoked, register) = setup();
        let asked = || directory.asked.load(Ordering::Relaxed);
        for second in 0..50 {
            assert_eq!(believed(&register, "tds_one", second).await, Ok("ann".into()));
        }
        assert_eq!(asked(), 1);
        assert_eq!(believed(&register, "tds_one", 61).await, Ok("ann".into()));
        assert_eq!(asked(), 2, "a minute later");
        for second in 62..64 {
            revoked.note(&News::SignInEnded { id: SignInId::from_uuid(uuid::Uuid::max()) });
            revoked.note(&News::UserRevoked { who: Digest::of_user(&user("bob")), at: at(second), except: None });
            assert_eq!(believed(&register, "tds_one", second).await, Ok("ann".into()));
        }
        assert_eq!(asked(), 2, "what others lose is no reason to ask");
        let except = Some(SignInId::from_uuid(uuid::Uuid::nil()));
        revoked.note(&News::UserRevoked { who: Digest::of_user(&user("ann")), at: at(64), except });
        assert_eq!(believed(&register, "tds_one", 64).await, Ok("ann".into()));
        assert_eq!(asked(), 3, "it is kept, and may be good for something else");
        *directory.sign_in.lock().unwrap() = None;
        revoked.note(&News::SignInEnded { id: SignInId::from_uuid(uuid::Uuid::nil()) });
        assert_eq!(believed(&register, "tds_one", 65).await, Err(Code::InvalidToken));
    }

    #[actix_web::test]
    async fn too_much_was_taken_away_to_know_from_whom() {
        let (directory, revoked, register) = setup();
        assert_eq!(believed(&register, "tds_one", 1).await, Ok("ann".into()));
        for _ in 0..2000 {
            revoked.note(&News::SignInEnded { id: SignInId::from_uuid(uuid::Uuid::max()) });
        }
        assert_eq!(believed(&register, "tds_one", 2).await, Ok("ann".into()));
        assert_eq!(directory.asked.load(Ordering::Relaxed), 2);
    }

    #[actix_web::test]
    async fn only_guesses_are_counted() {
        let (directory, revoked, register) = setup();
        let counted = async |text: &str| {
            let refuse = || Err(Problem::new(Code::RateLimited));
            let kind = SecretKind::of(text).unwrap();
            let found = register.believe(kind, text, Credential::Bearer, at(1), refuse).await;
            found.map(drop).map_err(|problem| problem.code())
        };
        assert_eq!(counted("tds_one").await, Err(Code::RateLimited), "nobody knows it yet");
        assert_eq!(believed(&register, "tds_one", 1).await, Ok("ann".into()));
        let except = Some(SignInId::from_uuid(uuid::Uuid::nil()));
        revoked.note(&News::UserRevoked { who: Digest::of_user(&user("ann")), at: at(1), except });
        assert_eq!(counted("tds_one").await, Ok(()), "it was known until another one of ann's ended");
        *directory.sign_in.lock().unwrap() = None;
        revoked.note(&News::SignInEnded { id: SignInId::from_uuid(uuid::Uuid::nil()) });
        assert_eq!(counted("tds_one").await, Err(Code::InvalidToken));
        assert_eq!(counted("tds_one").await, Err(Code::RateLimited), "and from then on it is a guess");
    }

    #[actix_web::test]
    async fn a_secret_that_was_replaced_is_looked_up_each_time() {
        let (directory, _, register) = setup();
        for number in 1..4 {
            assert_eq!(believed(&register, "tds_former", 1).await, Ok("ann".into()));
            assert_eq!(directory.asked.load(Ordering::Relaxed), number);
        }
    }

    #[actix_web::test]
    async fn a_sign_in_ends_in_time_though_it_is_remembered() {
        let (_, _, register) = setup();
        assert_eq!(believed(&register, "tds_one", 99).await, Ok("ann".into()));
        assert_eq!(believed(&register, "tds_one", 100).await, Err(Code::InvalidToken));
    }

    #[actix_web::test]
    async fn a_key_is_somebody_of_its_own_and_what_is_not_known_is_nobody() {
        let (directory, _, register) = setup();
        let name = believed(&register, "tdk_one", 1).await.unwrap();
        assert_eq!(name, "api-key:00000000-0000-0000-0000-000000000000");
        for number in 0..3 {
            assert_eq!(believed(&register, "tdk_two", 1).await, Err(Code::InvalidToken));
            assert_eq!(directory.asked.load(Ordering::Relaxed), number + 2, "a guess takes no memory");
        }
    }
}
