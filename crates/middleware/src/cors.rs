//! Which answers the pages of other origins may read (Fetch, section 3.3). Who may *call* is `origin`'s.

use actix_cors::Cors;
use actix_web::http::{Method, header};

use crate::{
    Origins,
    limits::{RATE_LIMIT, RATE_LIMIT_POLICY},
    request_id::X_REQUEST_ID,
};

/// How long a browser may remember a preflight, in seconds. Bounds how long a removed origin goes on.
const MAX_AGE: usize = 600;

/// Opens answers to the origins that are listed, with credentials, and to no others.
pub fn cors(origins: &Origins) -> Cors {
    let listed = origins.iter().fold(Cors::default(), Cors::allowed_origin);
    listed
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::CACHE_CONTROL, X_REQUEST_ID])
        .allowed_header("idempotency-key")
        .allowed_header("last-event-id")
        .expose_headers([X_REQUEST_ID, header::LOCATION, header::RETRY_AFTER, RATE_LIMIT, RATE_LIMIT_POLICY])
        .expose_headers(["idempotent-replayed"])
        .supports_credentials()
        .max_age(MAX_AGE)
}
