//! The OpenAPI document, generated from the handlers, and the list of error codes.

mod answers;
mod flat;
pub(crate) mod values;

use actix_web::{HttpResponse, http::header, web};
use tidings_middleware::Code;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

use self::{answers::Answers, flat::Flat};
use crate::controllers::{
    admin, auth, events, health, inbox, notifications, preferences, stream, subscriptions, topics, ws,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tidings",
        description = "Personal notifications: created over REST, received at once over server-sent events, and \
                       replayed from the database. Every error is `application/problem+json` (RFC 9457) with a \
                       stable `code`; all codes are listed at `/docs/errors`. What is said of no operation holds for \
                       all: a method that a path does not know is answered with 405 and `Allow`, a URL that is too \
                       long with 414, headers that are too large with 431.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    tags(
        (name = "auth", description = "Signing in and out"),
        (name = "inbox", description = "A user's own notifications"),
        (name = "stream", description = "Everything for a user, as it happens"),
        (name = "admin", description = "For admins and servers"),
        (name = "operation", description = "For load balancers and operators")
    ),
    security(("bearer" = []), ("cookie" = [])),
    modifiers(&Security, &Answers, &Flat),
    // Those of parameters are not found by themselves.
    components(schemas(
        values::AudienceName,
        values::IdempotencyKey,
        values::Next,
        values::TopicName,
        values::UserName
    )),
    paths(
        auth::login::login,
        auth::logout::logout,
        auth::me::me,
        auth::password::change,
        auth::refresh::refresh,
        auth::sessions::end,
        auth::sessions::list,
        stream::open::open,
        stream::renew::renew,
        stream::ticket::ticket,
        ws::open::open,
        events::list::list,
        inbox::show::show,
        notifications::list::list,
        notifications::mark::mark,
        notifications::show::show,
        notifications::change::change,
        notifications::delete::delete,
        topics::list::list,
        subscriptions::change::join,
        subscriptions::change::leave,
        preferences::show::show,
        preferences::put::put,
        admin::notifications::create::create,
        admin::notifications::batch::batch,
        admin::notifications::list::list,
        admin::notifications::show::show,
        admin::notifications::correct::correct,
        admin::notifications::retract::retract,
        admin::signals::signal,
        admin::topics::list::list,
        admin::topics::put::put,
        admin::topics::delete::delete,
        admin::topics::members::list,
        admin::topics::members::add,
        admin::topics::members::remove,
        admin::notifications::deliveries::deliveries,
        admin::audience::audience,
        admin::connections::connections,
        admin::api_keys::create::create,
        admin::api_keys::list::list,
        admin::api_keys::revoke::revoke,
        admin::users::change::change,
        admin::users::create::create,
        admin::users::delete::delete,
        admin::users::list::list,
        admin::users::revoke::revoke,
        admin::users::show::show,
        admin::users::export::export,
        admin::users::erase::erase,
        admin::overview::overview,
        health::live::live,
        health::metrics::metrics,
        health::ready::ready
    )
)]
struct Document;

/// How callers show who they are.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            "__Host-tidings_session",
            "Set by signing in; `tidings_session` on the loopback interface.",
        ));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
        let ticket = ApiKey::Query(ApiKeyValue::with_description(
            "ticket",
            "Of `POST /stream/ticket`, for a client that can set neither a header nor a cookie. Opens one stream, once.",
        ));
        components.add_security_scheme("ticket", SecurityScheme::ApiKey(ticket));
    }
}

/// The document that `/openapi.json` serves.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

pub(crate) async fn show() -> web::Json<utoipa::openapi::OpenApi> {
    web::Json(openapi())
}

/// The page that the `type` of every problem leads to.
pub(crate) async fn errors() -> HttpResponse {
    let rows = Code::ALL.iter().map(|code| {
        let (word, status) = (code.word(), code.status().as_u16());
        format!("<dt id=\"{word}\"><code>{word}</code> ({status})</dt><dd>{}</dd>", code.about())
    });
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Error codes of Tidings</title>\
         <h1>Error codes</h1><dl>{}</dl></html>",
        rows.collect::<String>()
    );
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The document is what the code says; a change of it is looked at. `make openapi` renews it.
    #[test]
    fn the_document_is_the_one_that_was_reviewed() {
        insta::assert_json_snapshot!("openapi", openapi());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = serde_json::to_value(openapi()).unwrap();
        let text = document.to_string();
        let references: BTreeSet<_> =
            text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 50, "{references:?}");
        let lost: Vec<_> = references.iter().filter(|place| document.pointer(place).is_none()).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    /// What is refused is a problem, whatever was asked; what a handler says itself stays.
    #[test]
    fn every_operation_says_what_it_may_refuse() {
        let document = serde_json::to_value(openapi()).unwrap();
        let statuses = |path: &str, method: &str| {
            let responses = document["paths"][path][method]["responses"].as_object().unwrap();
            responses.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        for (path, method, expected) in [
            ("/healthz", "get", "200 400"),
            ("/metrics", "get", "200 400 401 403 429 503"),
            ("/api/v1/inbox", "get", "200 400 401 403 429 503"),
            ("/api/v1/auth/login", "post", "200 400 401 403 408 413 415 422 429 503 507"),
            ("/api/v1/auth/logout", "post", "204 400 403 429 503 507"),
            ("/api/v1/notifications/{id}", "get", "200 400 401 403 404 429 503"),
            ("/api/v1/notifications/{id}", "patch", "200 400 401 403 404 408 413 415 422 429 503 507"),
            ("/api/v1/admin/topics/{topic}", "delete", "204 400 401 403 404 409 429 503 507"),
        ] {
            assert_eq!(statuses(path, method), expected, "{method} {path}");
        }
        let too_often = &document["paths"]["/api/v1/auth/login"]["post"]["responses"]["429"];
        assert!(too_often["description"].as_str().unwrap().contains("too many tries"), "{too_often}");
        assert_eq!(too_often["content"].as_object().unwrap().keys().next().unwrap(), "application/problem+json");
        assert_eq!(too_often["headers"]["Retry-After"]["$ref"], "#/components/headers/Retry-After");
        let busy = &document["paths"]["/readyz"]["get"]["responses"]["503"];
        assert_eq!(busy["content"].as_object().unwrap().keys().next().unwrap(), "application/json");
    }

    /// A closed object with the fields of another closed one takes both.
    #[test]
    fn what_a_batch_adds_is_not_refused_by_what_it_adds_to() {
        let document = serde_json::to_value(openapi()).unwrap();
        let item = &document["components"]["schemas"]["BatchItem"];
        assert!(item["properties"]["idempotency_key"].is_object() && item["properties"]["title"].is_object(), "{item}");
        assert_eq!((&item["additionalProperties"], &item["allOf"]), (&false.into(), &serde_json::Value::Null));
    }

    /// `routes.rs` is read as text: each of its lines is a path and its methods.
    #[test]
    fn every_route_is_documented_and_nothing_else() {
        let mut routed = BTreeSet::new();
        for line in include_str!("routes.rs").lines().filter(|line| line.trim_start().starts_with(".service(at(")) {
            let path = line.split('"').nth(1).unwrap();
            let operational = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/errors"].contains(&path);
            let path = if operational { path.to_owned() } else { format!("/api/v1{path}") };
            for method in ["get", "post", "put", "patch", "delete"] {
                if line.contains(&format!(".{method}(")) || line.contains(&format!(".{method}_alone(")) {
                    routed.insert(format!("{method} {path}"));
                }
            }
        }
        let document = serde_json::to_value(openapi()).unwrap();
        let mut documented = BTreeSet::from(["get /openapi.json".to_owned(), "get /docs/errors".to_owned()]);
        for (path, operations) in document["paths"].as_object().unwrap() {
            documented.extend(operations.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
        }
        assert_eq!(routed, documented);
    }
}
