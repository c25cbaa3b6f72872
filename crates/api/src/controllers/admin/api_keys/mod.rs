//! Keys of servers.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::Serialize;
use tidings_models::{
    Timestamp, UserId,
    access::{ApiKey, KeyId, Scope},
};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeyView {
    /// Which. Not the key itself.
    #[schema(value_type = String, format = Uuid)]
    id: KeyId,
    /// What people call it.
    name: String,
    /// What it may be used for.
    scopes: Vec<Scope>,
    /// Who made it.
    #[schema(value_type = String)]
    created_by: UserId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was used last: known two minutes later at most. Null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Since when it is no longer good. Null: it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

impl ApiKeyView {
    fn of(key: ApiKey) -> Self {
        let ApiKey { id, name, scopes, created_by, created_at, last_used_at, revoked_at } = key;
        Self { id, name, scopes: scopes.list(), created_by, created_at, last_used_at, revoked_at }
    }
}
