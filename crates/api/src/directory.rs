//! Who comes in, as the middleware asks for it: from the database, and by the log.

use std::sync::Arc;

use async_trait::async_trait;
use tidings_broker::Broker;
use tidings_middleware::{Directory, Problem};
use tidings_models::{
    AccessChange, Digest, Draft, Outcome, Store, Timestamp,
    access::{ApiKey, ShownSecret, SignIn, SignInId, TicketId},
};

use crate::{audit, error};

/// How late it may be known that a key was used, in milliseconds. Bounds the writes that reading a key makes.
const USE_NOTED_AFTER: i64 = 60_000;

/// The directory of an installation.
pub struct StoredDirectory {
    store: Arc<dyn Store>,
    broker: Arc<Broker>,
}

impl StoredDirectory {
    /// Reads from `store`, and changes by way of `broker`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, broker: Arc<Broker>) -> Self {
        Self { store, broker }
    }

    async fn change(&self, change: AccessChange, at: Timestamp) -> Result<Outcome, Problem> {
        self.broker.publisher().publish(Draft::Access { change, at }).await.map_err(error::broker)
    }
}

#[async_trait]
impl Directory for StoredDirectory {
    /// A secret that was replaced a while ago is shown by somebody who has a copy, and it cannot be told which of
    /// both is the thief: the sign-in ends (RFC 9700, section 4.14.2).
    async fn sign_in(&self, secret: &Digest, now: Timestamp) -> Result<Option<(SignIn, ShownSecret)>, Problem> {
        let Some((found, shown)) = self.store.sign_in(secret).await.map_err(error::store)? else { return Ok(None) };
        if shown.is_good(now) {
            return Ok(Some((found, shown)));
        }
        audit::secret_shown_again(&found.user);
        self.change(AccessChange::EndSignIn(found.id), now).await?;
        Ok(None)
    }

    async fn sign_in_of(&self, id: SignInId) -> Result<Option<SignIn>, Problem> {
        self.store.sign_in_of(id).await.map_err(error::store)
    }

    async fn api_key(&self, secret: &Digest, now: Timestamp) -> Result<Option<ApiKey>, Problem> {
        let Some(key) = self.store.api_key(secret).await.map_err(error::store)? else { return Ok(None) };
        let noted = key.last_used_at.is_some_and(|at| now.as_millis() - at.as_millis() < USE_NOTED_AFTER);
        // A disk that is full keeps nobody from reading.
        if !noted && let Err(error) = self.store.note_key_uses(&[(key.id, now)]).await {
            tracing::warn!(error = ?error.to_string(), "it was not noted that a key is used");
        }
        Ok(Some(key))
    }

    async fn redeem(&self, ticket: TicketId, now: Timestamp) -> Result<bool, Problem> {
        Ok(self.change(AccessChange::Redeem(ticket), now).await? == Outcome::Done(true))
    }
}

#[cfg(test)]
mod tests {
    use tidings_broker::{Settings, bus::LocalBus};
    use tidings_models::{
        Account, Clock as _, PasswordHash, Role, SystemClock, SystemRandom, UserId, access::NewSignIn,
        store::SqliteStore,
    };

    use super::*;

    #[tokio::test]
    async fn a_secret_that_comes_back_long_after_it_was_replaced_ends_the_sign_in() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url, SystemClock.now(), &SystemRandom).await.unwrap());
        let (bus, clock, random) = (Arc::new(LocalBus::default()), Arc::new(SystemClock), Arc::new(SystemRandom));
        let log = Arc::clone(&store) as Arc<dyn tidings_models::Log>;
        let (broker, _tasks) = Broker::start(log, None, bus, clock, random, Settings::default()).await.unwrap();
        let directory = StoredDirectory::new(Arc::clone(&store), broker);
        let now = SystemClock.now(); // what has ended by the clock of the broker is forgotten
        let at = |second: i64| now.plus_millis(second * 1000);

        let user = UserId::parse("ann").unwrap();
        let password = PasswordHash::from_stored("x".into());
        let (role, disabled, must_change, created_at) = (Role::User, false, false, at(0));
        let checked = password.clone();
        store
            .create_account(&Account { user: user.clone(), role, disabled, must_change, password, created_at })
            .await
            .unwrap();
        let (old, new) = (Digest::of("old"), Digest::of("new"));
        let id = SignInId::make(&SystemRandom);
        let begun =
            NewSignIn { id, user, password: checked, secret: old, at: at(0), expires_at: at(1000), ends_at: at(9000) };
        assert!(store.begin_sign_in(&begun).await.unwrap());
        let refresh = AccessChange::Refresh { id, from: old, to: new, until: at(2000) };
        directory.change(refresh, at(100)).await.unwrap();

        let known = async |secret: &Digest, second| directory.sign_in(secret, at(second)).await.unwrap().is_some();
        assert!(known(&old, 159).await && known(&new, 159).await, "a request that was under way");
        assert!(!known(&old, 160).await);
        assert!(!known(&new, 160).await, "it cannot be told which of both is the thief");
    }
}
