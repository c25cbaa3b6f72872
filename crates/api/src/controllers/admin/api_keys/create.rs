//! `POST /admin/api-keys`: makes a key.

use actix_web::{HttpResponse, web::Data};
use serde::{Deserialize, Serialize};
use tidings_middleware::{Admin, Code, Problem, ProblemBody};
use tidings_models::{
    Invalid, Secret, SecretKind,
    access::{ApiKey, KeyId, Scope, Scopes},
    text::{self, Rule},
};
use utoipa::ToSchema;

use super::ApiKeyView;
use crate::{App, audit, error, extract::Json, openapi::values::Word};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyRequest {
    /// What people call it: 1 to 100 characters.
    #[schema(value_type = Word)]
    name: String,
    /// What it may be used for: at least one.
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiKeyView {
    #[serde(flatten)]
    about: ApiKeyView,
    /// The key: shown now, and never again.
    key: String,
}

/// Make an API key
///
/// For a server: `Authorization: Bearer tdk_…`. With the scope `publish` it may create notifications and signals, with
/// `manage` read, correct and retract them, and look after topics, with `observe` read `/metrics`. None contains another.
#[utoipa::path(
    post, path = "/api/v1/admin/api-keys", tag = "admin", request_body = ApiKeyRequest,
    responses(
        (status = 201, body = NewApiKeyView),
        (status = 409, body = ProblemBody, description = "There are 1,000 that are good: revoke one")
    )
)]
pub(crate) async fn create(
    Admin(principal): Admin,
    Json(request): Json<ApiKeyRequest>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let name = text::word(request.name).map_err(|invalid| Problem::field("name", invalid))?;
    let none = || Problem::field("scopes", Invalid::new(Rule::Value, "name at least one: publish, manage, observe"));
    let scopes = Scopes::of(&request.scopes).ok_or_else(none)?;
    let now = app.clock.now();
    let key = ApiKey {
        id: KeyId::make(now, &*app.random),
        name,
        scopes,
        created_by: principal.user,
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    let secret = Secret::make(SecretKind::ApiKey, &*app.random);
    if !app.store.create_api_key(&key, &secret.digest()).await.map_err(error::store)? {
        let most = ApiKey::MOST;
        return Err(Problem::new(Code::Conflict).detail(format!("There are {most} keys already. Revoke one first.")));
    }
    audit::key_made(&key);
    let body = NewApiKeyView { about: ApiKeyView::of(key), key: secret.expose().to_owned() };
    Ok(HttpResponse::Created().json(body))
}
