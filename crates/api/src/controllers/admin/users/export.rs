//! `GET /admin/users/{user}/export`: everything that is kept of a person, as one document.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Path},
};
use futures_util::stream;
use serde_json::{Value, json};
use tidings_middleware::{Admin, Code, Problem};
use tidings_models::{InboxQuery, InboxState, Position, StoreError, UserId, Window, store::Connection};

use super::parse_user;
use crate::{App, controllers::notifications::ItemView, error, openapi::values::UserName};

/// Items of one read. Bounds what is in memory, however much there is.
const PAGE: u32 = 200;

/// The lists of the document, in their order.
#[derive(Clone)]
enum List {
    Inbox(InboxState, Option<Position>),
    Former(Position),
    Receipts(Position),
    Connections(Option<Connection>),
}

impl List {
    const fn name(&self) -> &'static str {
        match self {
            Self::Inbox(InboxState::Archived, _) => "archived",
            Self::Inbox(InboxState::Snoozed, _) => "snoozed",
            Self::Inbox(..) => "inbox",
            Self::Former(_) => "former_notifications",
            Self::Receipts(_) => "receipts",
            Self::Connections(_) => "connections",
        }
    }

    fn all() -> Vec<Self> {
        let inbox = [InboxState::All, InboxState::Archived, InboxState::Snoozed].map(|state| Self::Inbox(state, None));
        let rest = [Self::Former(Position::START), Self::Receipts(Position::START), Self::Connections(None)];
        inbox.into_iter().chain(rest).rev().collect()
    }

    /// The next items, and where it goes on if there may be more.
    async fn page(&self, app: &App, user: &UserId) -> Result<(Vec<Value>, Option<Self>), StoreError> {
        let (seal, full) = (|at| app.store.cursors().seal(at).to_string(), PAGE as usize);
        match self {
            Self::Inbox(state, before) => {
                let query = InboxQuery { before: *before, ..InboxQuery::newest(*state, PAGE) };
                let Some(page) = app.store.inbox(user, &query).await? else { return Ok((Vec::new(), None)) };
                let next = page.items.last().filter(|_| page.more).map(|last| Self::Inbox(*state, Some(last.position)));
                Ok((page.items.into_iter().map(|item| json!(ItemView::of(item, app.store.cursors()))).collect(), next))
            }
            Self::Former(after) => {
                let found = app.store.former(user, *after, PAGE).await?;
                let next = found.last().filter(|_| found.len() >= full).map(|(at, _)| Self::Former(*at));
                Ok((found.iter().map(|(_, notification)| json!(notification)).collect(), next))
            }
            Self::Receipts(after) => {
                let found = app.store.receipts(user, *after, PAGE).await?;
                let next = found.last().filter(|_| found.len() >= full).map(|last| Self::Receipts(last.position));
                let view = found.iter().map(|receipt| {
                    json!({
                        "position": seal(receipt.position), "notification": receipt.notification,
                        "seen": receipt.seen, "read": receipt.read, "acted_at": receipt.acted_at,
                        "archived": receipt.archived,
                        "snoozed_until": receipt.snoozed_until, "deleted": receipt.deleted,
                        "updated_at": receipt.updated_at,
                    })
                });
                Ok((view.collect(), next))
            }
            Self::Connections(after) => {
                let found = app.store.connections(user, after.as_ref(), PAGE).await?;
                let next =
                    found.last().filter(|_| found.len() >= full).map(|last| Self::Connections(Some(last.clone())));
                let view = found.iter().map(|stream| {
                    json!({
                        "connection_id": stream.id.to_string(), "opened_at": stream.opened_at,
                        "closed_at": stream.closed_at, "after": seal(stream.after), "written": seal(stream.written),
                        "written_at": stream.written_at, "events": stream.events,
                    })
                });
                Ok((view.collect(), next))
            }
        }
    }
}

/// What is written next.
struct Export {
    app: Data<App>,
    user: UserId,
    /// The lists that are left, the next one last.
    left: Vec<List>,
    /// Whether something of the list that is next was written.
    within: bool,
}

impl Export {
    /// The next part of the document. Empty at its end. Fails when the database does: then the document is cut
    /// off, and no JSON.
    async fn next(&mut self) -> Result<Option<String>, StoreError> {
        let Some(list) = self.left.pop() else { return Ok(None) };
        let (items, more) = list.page(&self.app, &self.user).await?;
        let mut text = if self.within { String::new() } else { format!(",\"{}\":[", list.name()) };
        for (index, item) in items.iter().enumerate() {
            if self.within || index > 0 {
                text.push(',');
            }
            text.push_str(&item.to_string());
        }
        self.within = more.is_some();
        match more {
            Some(more) => self.left.push(more),
            None => text.push_str(if self.left.is_empty() { "]}" } else { "]" }),
        }
        Ok(Some(text))
    }
}

/// What is known of them that is small: the document up to its lists.
async fn summary(app: &App, user: &UserId) -> Result<Option<Value>, StoreError> {
    let (account, known) = (app.store.account(user).await?, app.store.known(user).await?);
    if account.is_none() && known.is_none() {
        return Ok(None);
    }
    let seal = |at: Position| app.store.cursors().seal(at).to_string();
    let page = app.store.inbox(user, &InboxQuery::counts()).await?;
    let window = |window: &Window| {
        json!({
            "audience": window.audience.to_string(), "from": seal(window.from), "until": window.until.map(seal),
        })
    };
    Ok(Some(json!({
        "user": user,
        "exported_at": app.clock.now(),
        "account": account.map(|account| json!({
            "role": account.role, "disabled": account.disabled, "created_at": account.created_at,
        })),
        "recipient": known.map(|known| json!({
            "since": known.since, "from": seal(known.from), "seen_up_to": seal(known.seen),
            "read_up_to": seal(known.read), "archived_up_to": seal(known.archived),
        })),
        "counts": page.as_ref().map(|page| page.counts),
        "subscriptions": page.map(|page| page.windows.iter().map(window).collect::<Vec<_>>()).unwrap_or_default(),
        "preferences": app.store.preferences(user).await?,
    })))
}

/// Everything that is kept of a person
///
/// One JSON document: account (without its password), what they belong to and belonged to, preferences, their
/// notifications with what they made of them, those that left their inbox before their time, receipts, and the
/// streams that are still known. Written as it is read, so a document that is cut off is no JSON: ask again.
#[utoipa::path(
    get, path = "/api/v1/admin/users/{user}/export", tag = "admin", params(("user" = UserName, Path)),
    responses(
        (status = 200, body = Object)
    )
)]
pub(crate) async fn export(_: Admin, user: Path<String>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let user = parse_user(&user)?;
    let summary = summary(&app, &user).await.map_err(error::store)?.ok_or(Code::NotFound)?;
    let mut first = summary.to_string();
    first.pop(); // the closing brace
    let export = Export { app, user, left: List::all(), within: false };
    let parts = stream::try_unfold((Some(first), export), |(first, mut export)| async move {
        let part = match first {
            Some(first) => Some(first),
            None => export.next().await?,
        };
        Ok::<_, StoreError>(part.map(|part| (Bytes::from(part), (None, export))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"export.json\""))
        .streaming(parts))
}
