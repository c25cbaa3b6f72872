//! Keys of servers.

use uuid::Uuid;

use super::{
    super::{Pool, StoreError, Turn, sql},
    parse_user,
};
use crate::{
    Timestamp,
    access::{ApiKey, Digest, KeyId, Scopes},
};

pub(super) async fn create(turn: &mut Turn<'_>, key: &ApiKey, secret: &Digest) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?; // they are counted, and no other node makes one meanwhile
    let done = sqlx::query(sql::access::ADD_API_KEY)
        .bind(key.id.as_uuid())
        .bind(&secret.as_bytes()[..])
        .bind(&key.name)
        .bind(key.scopes.publish)
        .bind(key.scopes.manage)
        .bind(key.scopes.observe)
        .bind(key.created_by.as_str())
        .bind(key.created_at)
        .bind(ApiKey::MOST)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn by_secret(pool: &Pool, secret: &Digest) -> Result<Option<ApiKey>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(sql::access::API_KEY).bind(&secret.as_bytes()[..]).fetch_optional(pool).await?;
    row.map(api_key).transpose()
}

pub(super) async fn by_id(pool: &Pool, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
    let row: Option<Row> = sqlx::query_as(sql::access::API_KEY_OF_ID).bind(id.as_uuid()).fetch_optional(pool).await?;
    row.map(api_key).transpose()
}

pub(super) async fn list(pool: &Pool, before: Option<KeyId>, limit: u32) -> Result<Vec<ApiKey>, StoreError> {
    let before = before.map_or(Uuid::max(), |id| *id.as_uuid());
    let rows: Vec<Row> =
        sqlx::query_as(sql::access::API_KEYS).bind(before).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.into_iter().map(api_key).collect()
}

pub(super) async fn note_uses(turn: &mut Turn<'_>, uses: &[(KeyId, Timestamp)]) -> Result<(), StoreError> {
    let mut tx = turn.begin().await?;
    for (id, at) in uses {
        let note = sqlx::query(sql::access::USE_API_KEY).bind(id.as_uuid()).bind(at);
        note.execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Id, name, publish, manage, observe, created by and at, last used at, revoked at.
type Row = (Uuid, String, bool, bool, bool, String, Timestamp, Option<Timestamp>, Option<Timestamp>);

fn api_key((id, name, publish, manage, observe, by, at, used, revoked): Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: KeyId::from_uuid(id),
        name,
        scopes: Scopes { publish, manage, observe },
        created_by: parse_user(&by)?,
        created_at: at,
        last_used_at: used,
        revoked_at: revoked,
    })
}
