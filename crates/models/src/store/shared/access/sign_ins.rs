//! Sign-ins of built-in accounts.

use uuid::Uuid;

use super::{
    super::{Pool, StoreError, Turn, array, sql},
    accounts::parse_role,
    parse_user,
};
use crate::{
    Timestamp, UserId,
    access::{Digest, NewSignIn, ShownSecret, SignIn, SignInId},
};

pub(super) async fn begin(turn: &mut Turn<'_>, new: &NewSignIn) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?;
    let done = sqlx::query(sql::access::ADD_SIGN_IN)
        .bind(new.id.as_uuid())
        .bind(new.user.as_str())
        .bind(&new.secret.as_bytes()[..])
        .bind(new.at)
        .bind(new.expires_at)
        .bind(new.ends_at)
        .bind(new.password.as_stored())
        .execute(&mut *tx)
        .await?;
    let more = sqlx::query(sql::access::DROP_MORE_SIGN_INS).bind(new.user.as_str()).bind(SignIn::MOST);
    more.execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

/// Who shows the secret before may be right behind who has just got the next, so that is looked for second.
pub(super) async fn by_secret(pool: &Pool, secret: &Digest) -> Result<Option<(SignIn, ShownSecret)>, StoreError> {
    for statement in [sql::access::SIGN_IN, sql::access::SIGN_IN_BY_FORMER] {
        let found: Option<Row> = sqlx::query_as(statement).bind(&secret.as_bytes()[..]).fetch_optional(pool).await?;
        if let Some(row) = found {
            let shown =
                if array(&row.7)? == *secret.as_bytes() { ShownSecret::Present } else { ShownSecret::Former(row.8) };
            return Ok(Some((sign_in(row)?, shown)));
        }
    }
    Ok(None)
}

pub(super) async fn by_id(pool: &Pool, id: SignInId) -> Result<Option<SignIn>, StoreError> {
    let row: Option<Row> = sqlx::query_as(sql::access::SIGN_IN_OF_ID).bind(id.as_uuid()).fetch_optional(pool).await?;
    row.map(sign_in).transpose()
}

pub(super) async fn of_user(pool: &Pool, user: &UserId) -> Result<Vec<SignIn>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(sql::access::SIGN_INS_OF).bind(user.as_str()).fetch_all(pool).await?;
    rows.into_iter().map(sign_in).collect()
}

/// Id, user, role, must change, created, expires and ends at, secret, refreshed at.
type Row = (Uuid, String, String, bool, Timestamp, Timestamp, Timestamp, Vec<u8>, Timestamp);

fn sign_in((id, user, role, must_change, created, expires, ends, ..): Row) -> Result<SignIn, StoreError> {
    Ok(SignIn {
        id: SignInId::from_uuid(id),
        user: parse_user(&user)?,
        role: parse_role(&role)?,
        must_change,
        created_at: created,
        expires_at: expires,
        ends_at: ends,
    })
}
