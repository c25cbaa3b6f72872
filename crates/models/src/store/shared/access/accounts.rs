//! Built-in accounts.

use super::super::{Pool, StoreError, Turn, sql};
use crate::{Account, Role, Timestamp, UserId, password::PasswordHash};

/// The account's user is known from the same moment on, so a broadcast sent before they first sign
/// in is waiting for them.
pub(super) async fn create(turn: &mut Turn<'_>, account: &Account) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?;
    let done = sqlx::query(sql::access::ADD_ACCOUNT)
        .bind(account.user.as_str())
        .bind(account.password.as_stored())
        .bind(account.role.as_str())
        .bind(account.disabled)
        .bind(account.must_change)
        .bind(account.created_at)
        .execute(&mut *tx)
        .await?;
    sqlx::query(sql::MEET).bind(account.user.as_str()).bind(account.created_at).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find(pool: &Pool, user: &UserId) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> = sqlx::query_as(sql::access::ACCOUNT).bind(user.as_str()).fetch_optional(pool).await?;
    row.map(account).transpose()
}

pub(super) async fn list(pool: &Pool, after: Option<&UserId>, limit: u32) -> Result<Vec<Account>, StoreError> {
    let after = after.map_or("", UserId::as_str);
    let rows: Vec<Row> =
        sqlx::query_as(sql::access::ACCOUNTS).bind(after).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.into_iter().map(account).collect()
}

/// User, password, role, disabled, must change, created at.
type Row = (String, String, String, bool, bool, Timestamp);

fn account((user, password, role, disabled, must_change, created_at): Row) -> Result<Account, StoreError> {
    Ok(Account {
        role: parse_role(&role)?,
        user: super::parse_user(&user)?,
        disabled,
        must_change,
        password: PasswordHash::from_stored(password),
        created_at,
    })
}

pub(super) fn parse_role(role: &str) -> Result<Role, StoreError> {
    Role::parse(role).ok_or_else(|| StoreError::Corrupt(format!("the role {role:?} of an account")))
}
