//! Where it is looked up who shows a secret of ours.

use async_trait::async_trait;
use tidings_models::{
    Digest, Timestamp,
    access::{ApiKey, ShownSecret, SignIn, SignInId, TicketId},
};

use crate::Problem;

/// What the installation knows of those who come in.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The sign-in that has this secret, or had it until a moment ago.
    async fn sign_in(&self, secret: &Digest, now: Timestamp) -> Result<Option<(SignIn, ShownSecret)>, Problem>;

    /// A sign-in that has not ended.
    async fn sign_in_of(&self, id: SignInId) -> Result<Option<SignIn>, Problem>;

    /// The key that has this secret, if it is good. Takes note that it is used.
    async fn api_key(&self, secret: &Digest, now: Timestamp) -> Result<Option<ApiKey>, Problem>;

    /// Uses a ticket up. `false`: somebody has before.
    async fn redeem(&self, ticket: TicketId, now: Timestamp) -> Result<bool, Problem>;
}
