//! Removing a person: from this node, and then from what is kept.

use tidings_models::{Draft, Outcome, UserId};
use uuid::Uuid;

use crate::{Broker, Error, GoodbyeReason};

/// Steps at most. Each removes [`Draft::ERASED_AT_ONCE`] things: nobody has so many, and who does is asked for
/// again.
const MOST_STEPS: usize = 100_000;

impl Broker {
    /// Removes all that is kept of a user, and ends their streams. Should they come back they begin anew. Whether
    /// all of it is done: otherwise it goes on with the next call.
    pub async fn erase(&self, user: &UserId) -> Result<bool, Error> {
        // Nothing that is on its way to the ledger may be noted afterwards.
        let _noting = self.hubs.ledger.saving.lock().await;
        for _ in 0..MOST_STEPS {
            self.dismiss(user);
            let draft = Draft::Erase { user: user.clone(), alias: self.alias()?, at: self.clock.now() };
            match self.publisher().publish(draft).await? {
                Outcome::Erased { more: true } => {}
                Outcome::Erased { more: false } => {
                    self.dismiss(user); // who came in between saw something that is gone
                    return Ok(true);
                }
                other => tracing::error!(?other, "an erasure"),
            }
        }
        Ok(false)
    }

    fn dismiss(&self, user: &UserId) {
        for hub in self.hubs.all() {
            hub.dismiss(user, GoodbyeReason::Revoked);
        }
        self.hubs.ledger.forget(user);
    }

    /// A name that nobody has.
    fn alias(&self) -> Result<UserId, Error> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        let name = format!("erased-{}", uuid::Builder::from_random_bytes(bytes).into_uuid() as Uuid);
        UserId::parse(&name).map_err(|error| tidings_models::StoreError::Corrupt(error.to_string()).into())
    }
}
