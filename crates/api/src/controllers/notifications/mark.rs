//! `POST /notifications/mark`: many at once, by a watermark or by their ids.

use actix_web::web::{self, Data};
use serde::Deserialize;
use tidings_middleware::{Code, FieldError, Problem, ProblemBody, User};
use tidings_models::{Cursors, Flags, InboxQuery, Mark};
use utoipa::ToSchema;

use super::{super::inbox::InboxView, apply, parse_id};
use crate::{App, error, extract::Json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MarkRequest {
    /// They were shown.
    seen: Option<bool>,
    /// They were read.
    read: Option<bool>,
    /// They were put away.
    archived: Option<bool>,
    /// Everything up to and with this cursor. What has arrived since stays as it is.
    up_to: Option<String>,
    /// Or these, 1 to 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    ids: Option<Vec<String>>,
}

impl MarkRequest {
    fn mark(self, cursors: &Cursors) -> Result<Mark, Problem> {
        let flags = Flags { seen: self.seen, read: self.read, archived: self.archived, ..Flags::default() };
        if flags.is_empty() {
            return Err(Problem::new(Code::InvalidRequest).detail("Give at least one of seen, read and archived."));
        }
        match (self.up_to, self.ids) {
            (Some(up_to), None) => {
                let position = cursors.open(up_to.as_bytes()).map_err(|_| Code::InvalidCursor)?;
                Ok(Mark::UpTo(position, flags))
            }
            (None, Some(ids)) if (1..=Mark::MAX_IDS).contains(&ids.len()) => {
                Ok(Mark::Ids(ids.iter().map(|id| parse_id(id)).collect::<Result<_, _>>()?, flags))
            }
            (None, Some(_)) => Err(Problem::fields(vec![FieldError::new("ids", Code::InvalidValue, "1 to 1000 ids")])),
            _ => Err(Problem::new(Code::InvalidRequest).detail("Give either up_to or ids.")),
        }
    }
}

/// Mark many
///
/// All of them or none. Answers with the counts after it.
#[utoipa::path(
    post, path = "/api/v1/notifications/mark", tag = "inbox", request_body = MarkRequest,
    responses(
        (status = 200, body = InboxView),
        (status = 400, body = ProblemBody, description = "`up_to` is not a cursor of this log"),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "One of the ids is not in this inbox; nothing changed"),
        (status = 422, body = ProblemBody)
    )
)]
pub(crate) async fn mark(
    User(principal): User,
    Json(request): Json<MarkRequest>,
    app: Data<App>,
) -> Result<web::Json<InboxView>, Problem> {
    let mark = request.mark(app.store.cursors())?;
    apply(&app.broker, principal.user.clone(), mark, app.clock.now()).await?;
    let page = app.broker.inbox(&principal.user, &InboxQuery::counts()).await.map_err(error::broker)?;
    Ok(web::Json(InboxView::of(&page, app.store.cursors())))
}
