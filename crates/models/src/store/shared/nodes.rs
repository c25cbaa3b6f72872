//! What nodes tell each other beside the log. Who tells of itself waits for nobody: what it changes is its own. Who whispers
//! holds the head row, as everybody who publishes: so whispers are numbered in the order of their commits, nobody who reads
//! by number passes one over, and each knows where the log ended.

use std::{borrow::Cow, sync::Arc};

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    DatabaseStore, StoreError, Turn, bounded,
    insert::Insert,
    log, position, sql,
    table::{Kind as Column, Last, Table},
    write,
};
use crate::{
    Audience, Kind, Timestamp, UserId,
    store::{ListedStream, Node, Nodes, Overheard, StreamChange, Whispered},
};

static OPEN_STREAMS: Insert = Insert::new(
    &[Table {
        name: "open_streams",
        columns: &[
            ("id", Column::Id),
            ("node", Column::Id),
            ("user_id", Column::Text),
            ("opened_at", Column::Time),
            ("transport", Column::Text),
        ],
        rest: "ON CONFLICT (id) DO NOTHING",
    }],
    Last::Nothing,
);

static WHISPERS: Insert = Insert::new(
    &[Table {
        name: "whispers",
        columns: &[
            ("node", Column::Id),
            ("position", Column::Number),
            ("kind", Column::Text),
            ("audience", Column::Text),
            ("payload", Column::Text),
            ("at", Column::Time),
        ],
        rest: "",
    }],
    Last::Nothing,
);

#[async_trait]
impl Nodes for DatabaseStore {
    async fn tell(&self, node: &Node, streams: &[StreamChange]) -> Result<Vec<Node>, StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(tell(&mut turn, node, streams)).await;
        turn.end(done).await
    }

    async fn forget_node(&self, node: Uuid, beat: Option<i64>) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(forget(&mut turn, node, beat)).await;
        turn.end(done).await
    }

    async fn streams_at(&self, user: &UserId, nodes: &[Uuid]) -> Result<i64, StoreError> {
        let nodes: Vec<_> = nodes.iter().map(|node| node.simple().to_string()).collect();
        let count = sqlx::query_scalar(sql::nodes::STREAMS_AT).bind(user.as_str()).bind(super::json(&nodes)?);
        bounded(count.fetch_one(&self.readers)).await
    }

    async fn is_elsewhere(&self, user: &UserId, stream: Uuid, node: Uuid) -> Result<bool, StoreError> {
        let exists = sqlx::query_scalar(sql::nodes::IS_ELSEWHERE).bind(user.as_str()).bind(stream).bind(node);
        bounded(exists.fetch_one(&self.readers)).await
    }

    async fn listed_streams(
        &self,
        node: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<(Uuid, ListedStream)>, StoreError> {
        let after = after.unwrap_or(Uuid::nil());
        let list = sqlx::query_as(sql::nodes::LISTED_STREAMS).bind(node).bind(after).bind(i64::from(limit));
        let rows: Vec<StreamRow> = bounded(list.fetch_all(&self.readers)).await?;
        rows.into_iter().map(listed).collect()
    }

    async fn present(&self) -> Result<(i64, i64), StoreError> {
        let count = sqlx::query_as(sql::nodes::PRESENT);
        bounded(count.fetch_one(&self.readers)).await
    }

    async fn users_present(&self, audience: &Audience) -> Result<i64, StoreError> {
        let count = match audience {
            Audience::Everyone => return Ok(self.present().await?.1),
            Audience::User(user) => sqlx::query_scalar(sql::nodes::PRESENT_USER).bind(user.as_str()),
            Audience::Topic(topic) => sqlx::query_scalar(sql::nodes::PRESENT_MEMBERS).bind(topic.as_str()),
            Audience::Nodes => return Ok(0),
        };
        bounded(count.fetch_one(&self.readers)).await
    }

    async fn whisper(&self, node: Uuid, whispers: &[Whispered], now: Timestamp) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let done = bounded(whisper(&mut turn, node, whispers, now)).await;
        turn.end(done).await
    }

    async fn last_whisper(&self) -> Result<i64, StoreError> {
        let last = sqlx::query_scalar(sql::nodes::LAST_WHISPER);
        bounded(last.fetch_one(&self.readers)).await
    }

    async fn whispers_after(&self, after: i64, node: Uuid) -> Result<Vec<Overheard>, StoreError> {
        let limit = i64::try_from(Whispered::AT_ONCE).unwrap_or(i64::MAX);
        let next = sqlx::query_as(sql::nodes::WHISPERS).bind(after).bind(node).bind(limit);
        let rows: Vec<WhisperRow> = bounded(next.fetch_all(&self.readers)).await?;
        rows.into_iter().filter_map(|row| overheard(row).transpose()).collect()
    }
}

async fn tell(turn: &mut Turn<'_>, node: &Node, streams: &[StreamChange]) -> Result<Vec<Node>, StoreError> {
    let mut tx = turn.begin_beside().await?;
    let before: Vec<NodeRow> = sqlx::query_as(sql::nodes::NODES).bind(Node::MOST).fetch_all(&mut *tx).await?;
    let Node { id, beat, version, started_at, position, streams: count } = node;
    let told = sqlx::query(sql::nodes::TELL_NODE).bind(id).bind(beat).bind(version).bind(started_at);
    told.bind(position.get()).bind(count).execute(&mut *tx).await?;
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for change in streams {
        match change {
            StreamChange::Opened(stream) => opened.push(stream),
            StreamChange::Closed(id) => closed.push(id.simple().to_string()),
        }
    }
    if !closed.is_empty() {
        sqlx::query(sql::nodes::CLOSE_STREAMS).bind(super::json(&closed)?).execute(&mut *tx).await?;
    }
    write::only(&mut tx, &OPEN_STREAMS, &opened, |row, stream| {
        let ListedStream { id, user, opened_at, transport } = stream;
        row.add(*id).add(node.id).add(Arc::<str>::from(user.as_str()));
        row.add(*opened_at).add(Arc::<str>::from(transport.as_str()));
    })
    .await?;
    tx.commit().await?;
    before.into_iter().map(row_of_node).collect()
}

async fn forget(turn: &mut Turn<'_>, node: Uuid, beat: Option<i64>) -> Result<(), StoreError> {
    let mut tx = turn.begin_beside().await?;
    let forget = match beat {
        Some(beat) => sqlx::query(sql::nodes::FORGET_NODE_AT).bind(node).bind(beat),
        None => sqlx::query(sql::nodes::FORGET_NODE).bind(node),
    };
    let forgotten = forget.execute(&mut *tx).await?;
    if forgotten.rows_affected() > 0 {
        sqlx::query(sql::nodes::FORGET_STREAMS).bind(node).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn whisper(turn: &mut Turn<'_>, node: Uuid, whispers: &[Whispered], now: Timestamp) -> Result<(), StoreError> {
    let mut tx = turn.begin().await?;
    let end = log::head(&mut tx).await?.position.get();
    sqlx::query(sql::nodes::TRIM_WHISPERS).bind(now.plus_millis(-Whispered::KEPT_MS)).execute(&mut *tx).await?;
    write::only(&mut tx, &WHISPERS, whispers, |row, whisper| {
        let Whispered { kind, audience, payload, at } = whisper;
        row.add(node).add(end).add(Arc::<str>::from(kind.as_str())).add(Arc::<str>::from(audience.to_string()));
        row.add(Arc::clone(payload)).add(*at);
    })
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Id, beat, version, started at, position, streams.
type NodeRow = (Uuid, i64, String, Timestamp, i64, i64);

fn row_of_node((id, beat, version, started_at, at, streams): NodeRow) -> Result<Node, StoreError> {
    Ok(Node { id, beat, version, started_at, position: position(at)?, streams })
}

/// Node, id, user, opened at, transport.
type StreamRow = (Uuid, Uuid, String, Timestamp, String);

fn listed((node, id, user, opened_at, transport): StreamRow) -> Result<(Uuid, ListedStream), StoreError> {
    let user = UserId::parse(&user).map_err(|error| StoreError::Corrupt(format!("the user of a stream: {error}")))?;
    Ok((node, ListedStream { id, user, opened_at, transport }))
}

/// Id, position, kind, audience, payload, at.
type WhisperRow = (i64, i64, String, String, String, Timestamp);

/// `None`: a later version wrote it, of a kind or for an audience that is not known here.
fn overheard((number, at_end, kind, audience, payload, at): WhisperRow) -> Result<Option<Overheard>, StoreError> {
    let (Some(kind), Some(audience)) = (Kind::parse(Cow::Owned(kind)), Audience::parse(&audience)) else {
        return Ok(None);
    };
    let whisper = Whispered { kind, audience, payload: payload.into(), at };
    Ok(Some(Overheard { number, position: position(at_end)?, whisper }))
}
