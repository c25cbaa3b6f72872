//! Who may come in.

use async_trait::async_trait;
use secrecy::SecretBox;

use super::{DatabaseStore, StoreError, array, bounded, sql};
use crate::{
    Account, Timestamp, UserId,
    access::{ApiKey, Digest, KeyId, NewSignIn, ShownSecret, SignIn, SignInId},
    store::Access,
};

mod accounts;
mod api_keys;
pub(super) mod change;
mod sign_ins;
pub(super) mod trim;

fn parse_user(name: &str) -> Result<UserId, StoreError> {
    UserId::parse(name).map_err(|error| StoreError::Corrupt(format!("the user of an account: {error}")))
}

#[async_trait]
impl Access for DatabaseStore {
    async fn create_account(&self, account: &Account) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(accounts::create(&mut turn, account)).await;
        turn.end(done).await
    }

    async fn account(&self, user: &UserId) -> Result<Option<Account>, StoreError> {
        bounded(accounts::find(&self.readers, user)).await
    }

    async fn accounts(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        bounded(accounts::list(&self.readers, after, limit)).await
    }

    async fn begin_sign_in(&self, sign_in: &NewSignIn) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(sign_ins::begin(&mut turn, sign_in)).await;
        turn.end(done).await
    }

    async fn sign_in(&self, secret: &Digest) -> Result<Option<(SignIn, ShownSecret)>, StoreError> {
        bounded(sign_ins::by_secret(&self.readers, secret)).await
    }

    async fn sign_in_of(&self, id: SignInId) -> Result<Option<SignIn>, StoreError> {
        bounded(sign_ins::by_id(&self.readers, id)).await
    }

    async fn sign_ins(&self, user: &UserId) -> Result<Vec<SignIn>, StoreError> {
        bounded(sign_ins::of_user(&self.readers, user)).await
    }

    async fn create_api_key(&self, key: &ApiKey, secret: &Digest) -> Result<bool, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(api_keys::create(&mut turn, key, secret)).await;
        turn.end(done).await
    }

    async fn api_key(&self, secret: &Digest) -> Result<Option<ApiKey>, StoreError> {
        bounded(api_keys::by_secret(&self.readers, secret)).await
    }

    async fn api_key_of(&self, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
        bounded(api_keys::by_id(&self.readers, id)).await
    }

    async fn api_keys(&self, before: Option<KeyId>, limit: u32) -> Result<Vec<ApiKey>, StoreError> {
        bounded(api_keys::list(&self.readers, before, limit)).await
    }

    async fn note_key_uses(&self, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(api_keys::note_uses(&mut turn, uses)).await;
        turn.end(done).await
    }

    async fn revocations(&self) -> Result<Vec<(Digest, Timestamp)>, StoreError> {
        let all = sqlx::query_as(sql::access::REVOCATIONS).fetch_all(&self.readers);
        let rows: Vec<(Vec<u8>, Timestamp)> = bounded(all).await?;
        rows.into_iter().map(|(who, at)| Ok((Digest::new(array(&who)?), at))).collect()
    }

    async fn token_secret(&self) -> Result<SecretBox<[u8; 32]>, StoreError> {
        let one = sqlx::query_scalar(sql::SECRET).bind("token").fetch_one(&self.readers);
        let key: Vec<u8> = bounded(one).await?;
        Ok(SecretBox::new(Box::new(array(&key)?)))
    }
}
