//! Built-in accounts.

use sqlx::{SqliteConnection, SqlitePool};

use super::{StoreError, Turn, sql};
use crate::{Account, Role, Timestamp, UserId, password::PasswordHash};

/// The account's user is known from the same moment on, so a broadcast sent before they first sign
/// in is waiting for them.
pub(super) async fn create(turn: &mut Turn<'_>, account: &Account) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?;
    let done = sqlx::query(sql::ADD_ACCOUNT)
        .bind(account.user.as_str())
        .bind(account.password.as_stored())
        .bind(account.role.as_str())
        .bind(account.disabled)
        .bind(account.created_at.as_millis())
        .execute(&mut *tx)
        .await?;
    sqlx::query(sql::MEET).bind(account.user.as_str()).bind(account.created_at.as_millis()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find(pool: &SqlitePool, user: &UserId) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> = sqlx::query_as(sql::ACCOUNT).bind(user.as_str()).fetch_optional(pool).await?;
    row.map(account).transpose()
}

pub(super) async fn all(pool: &SqlitePool) -> Result<Vec<Account>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(sql::ACCOUNTS).fetch_all(pool).await?;
    rows.into_iter().map(account).collect()
}

pub(super) async fn set_password(
    conn: &mut SqliteConnection,
    user: &UserId,
    password: &PasswordHash,
) -> Result<bool, StoreError> {
    let done = sqlx::query(sql::SET_PASSWORD).bind(user.as_str()).bind(password.as_stored()).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_disabled(
    conn: &mut SqliteConnection,
    user: &UserId,
    disabled: bool,
) -> Result<bool, StoreError> {
    let done = sqlx::query(sql::SET_DISABLED).bind(user.as_str()).bind(disabled).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

type Row = (String, String, String, bool, i64);

fn account((user, password, role, disabled, created_at): Row) -> Result<Account, StoreError> {
    Ok(Account {
        role: Role::parse(&role).ok_or_else(|| StoreError::Corrupt(format!("the role of account {user}")))?,
        user: UserId::parse(&user).map_err(|error| StoreError::Corrupt(format!("an account: {error}")))?,
        disabled,
        password: PasswordHash::from_stored(password),
        created_at: Timestamp::from_millis(created_at),
    })
}
