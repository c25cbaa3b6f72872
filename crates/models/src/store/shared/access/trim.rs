//! Forgetting what nobody can come in with any more.

use super::super::{StoreError, Turn, sql};
use crate::{Timestamp, access::TicketId};

/// Rows of one kind that a step removes at most; bounds how long the writer is taken.
const ROWS_PER_STEP: i64 = 200;
/// How long a key that was revoked is still listed, in milliseconds.
const KEYS_KEPT: i64 = 90 * 24 * 3_600_000;

/// Takes one small step. Whether there is more.
pub(in super::super) async fn step(turn: &mut Turn<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let mut tx = turn.begin().await?;
    let mut more = false;
    for (statement, before) in [
        (sql::access::TRIM_SIGN_INS, now),
        (sql::access::TRIM_TICKETS, now.plus_millis(-TicketId::KEPT)),
        (sql::access::TRIM_API_KEYS, now.plus_millis(-KEYS_KEPT)),
    ] {
        let trim = sqlx::query(statement).bind(before).bind(ROWS_PER_STEP);
        let removed = trim.execute(&mut *tx).await?.rows_affected();
        more |= i64::try_from(removed).unwrap_or(i64::MAX) >= ROWS_PER_STEP;
    }
    tx.commit().await?;
    Ok(more)
}
