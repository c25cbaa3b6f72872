//! Whether a log may go on where it is.

use uuid::Uuid;

use super::{super::super::Moved, DatabaseConnection, DatabaseStore, StoreError, sql};
use crate::Timestamp;

/// Why this log must not go on here, and by which copy.
pub(in crate::store) async fn moved(conn: &mut DatabaseConnection) -> Result<Option<(Uuid, Moved)>, StoreError> {
    type Row = (Uuid, bool, String, Option<Timestamp>);
    let row: Option<Row> = sqlx::query_as(sql::moves::MOVE).fetch_optional(conn).await?;
    Ok(row.map(|(id, outward, other, finished)| (id, Moved { other, outward, finished: finished.is_some() })))
}

impl DatabaseStore {
    /// Whether this log went elsewhere.
    pub async fn moved(&self) -> Result<Option<Moved>, StoreError> {
        let mut conn = self.readers.acquire().await?;
        Ok(moved(&mut conn).await?.map(|(_, moved)| moved))
    }

    /// Lets the log go on here, as nowhere else anybody goes on with it: for a copy that was never finished.
    pub async fn stay(&self) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = sqlx::query(sql::moves::DROP_MOVES_AWAY).execute(&mut turn.connection).await;
        turn.end(done.map(drop).map_err(StoreError::from)).await
    }
}
