//! Who may come in, as far as the database knows.

use async_trait::async_trait;
use secrecy::SecretBox;

use super::StoreError;
use crate::{
    Account, Timestamp, UserId,
    access::{ApiKey, Digest, KeyId, NewSignIn, ShownSecret, SignIn, SignInId},
};

/// Accounts, their sign-ins, keys, and what was taken away. Changes that take something away go by the log
/// ([`Draft::Access`](crate::Draft::Access)).
#[async_trait]
pub trait Access: Send + Sync + 'static {
    /// Makes an account and its recipient; `false` when there is one of that name.
    async fn create_account(&self, account: &Account) -> Result<bool, StoreError>;

    /// The account of a user.
    async fn account(&self, user: &UserId) -> Result<Option<Account>, StoreError>;

    /// The next accounts after one of them, by name.
    async fn accounts(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<Account>, StoreError>;

    /// Begins a sign-in. `false`: there is no such account, or it may not.
    async fn begin_sign_in(&self, sign_in: &NewSignIn) -> Result<bool, StoreError>;

    /// The sign-in that has a secret, or had it right before.
    async fn sign_in(&self, secret: &Digest) -> Result<Option<(SignIn, ShownSecret)>, StoreError>;

    /// A sign-in. `None`: it has ended.
    async fn sign_in_of(&self, id: SignInId) -> Result<Option<SignIn>, StoreError>;

    /// The sign-ins of a user, the one that was refreshed last first.
    async fn sign_ins(&self, user: &UserId) -> Result<Vec<SignIn>, StoreError>;

    /// Makes a key; `false` when there are [`ApiKey::MOST`].
    async fn create_api_key(&self, key: &ApiKey, secret: &Digest) -> Result<bool, StoreError>;

    /// The key that has a secret, if it is good.
    async fn api_key(&self, secret: &Digest) -> Result<Option<ApiKey>, StoreError>;

    /// A key, good or not.
    async fn api_key_of(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError>;

    /// The next keys before one of them, the newest first.
    async fn api_keys(&self, before: Option<KeyId>, limit: u32) -> Result<Vec<ApiKey>, StoreError>;

    /// Takes note of when keys were used last.
    async fn note_key_uses(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError>;

    /// Whose tokens up to when are not good any more.
    async fn revocations(&self) -> Result<Vec<(Digest, Timestamp)>, StoreError>;

    /// The secret that tokens are signed with when the operator configured none.
    async fn token_secret(&self) -> Result<SecretBox<[u8; 32]>, StoreError>;
}
