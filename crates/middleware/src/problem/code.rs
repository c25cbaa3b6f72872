//! The one table of error codes: the word that clients program against, the status, a title, and
//! a line for people. The answers, the list at `/docs/errors` and the OpenAPI schema come from it.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};
use tidings_models::text::Rule;
use utoipa::openapi::{
    ObjectBuilder, RefOr, Schema,
    schema::{SchemaType, Type},
};

macro_rules! codes {
    ($($variant:ident, $word:literal, $status:ident, $title:literal, $about:literal;)+) => {
        /// Why a request was refused. The words are part of the API: they are added, never changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $about] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The HTTP status that it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// A few words, the same for every occurrence (RFC 9457, section 3.1.3).
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }

            /// One line of documentation: what happened and what to do. Also the `detail` of a
            /// problem that has nothing more to say.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),+ }
            }
        }
    };
}

#[rustfmt::skip] // One code, one line.
codes! {
    BadRequest, "bad_request", BAD_REQUEST, "Bad request", "The request could not be understood.";
    InvalidJson, "invalid_json", BAD_REQUEST, "Invalid JSON", "The body is not one well-formed JSON document with each key once.";
    InvalidQuery, "invalid_query", BAD_REQUEST, "Invalid query", "A query parameter is unknown, repeated, or has a value that it cannot have.";
    InvalidCursor, "invalid_cursor", BAD_REQUEST, "Invalid cursor", "The cursor was not given out here: not by this list, or not by this log. Start again without it.";
    InvalidIdempotencyKey, "invalid_idempotency_key", BAD_REQUEST, "Invalid idempotency key", "An Idempotency-Key is 1 to 255 visible ASCII characters, given once.";
    AmbiguousCredentials, "ambiguous_credentials", BAD_REQUEST, "Ambiguous credentials", "The request carries credentials of different users. Send one.";
    TokenInUrl, "token_in_url", BAD_REQUEST, "Token in the URL", "A token in a URL ends up in logs and histories. Send it in the Authorization header.";
    Unauthenticated, "unauthenticated", UNAUTHORIZED, "Not signed in", "Sign in, or send a token in the Authorization header: Bearer, a space, the token.";
    InvalidToken, "invalid_token", UNAUTHORIZED, "Invalid token", "The token is not valid, or no longer. Sign in again.";
    TicketUsed, "ticket_used", UNAUTHORIZED, "Ticket used", "The ticket was used already. Each opens one stream: ask for another.";
    TicketExpired, "ticket_expired", UNAUTHORIZED, "Ticket expired", "The ticket is older than 30 seconds. Ask for another.";
    BadCredentials, "bad_credentials", UNAUTHORIZED, "Wrong name or password", "The name or the password is wrong.";
    Forbidden, "forbidden", FORBIDDEN, "Not allowed", "You are signed in, but may not do this.";
    PasswordChangeRequired, "password_change_required", FORBIDDEN, "Password change required", "Choose another password first (POST /api/v1/auth/password): somebody else made the one that you have.";
    OriginNotAllowed, "origin_not_allowed", FORBIDDEN, "Origin not allowed", "A page of this origin may not call this server. An operator can list it among the allowed origins.";
    NotFound, "not_found", NOT_FOUND, "Not found", "There is nothing here, or nothing that is yours.";
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed", "This resource does not know the method. The header Allow lists those that it knows.";
    Conflict, "conflict", CONFLICT, "Conflict", "What is there is not what this was meant for. Read it again, and decide anew.";
    RequestTimeout, "request_timeout", REQUEST_TIMEOUT, "Request timeout", "The request took too long to arrive.";
    BodyTooLarge, "body_too_large", PAYLOAD_TOO_LARGE, "Body too large", "The request body is larger than this resource takes.";
    UnsupportedMediaType, "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type", "The body must be sent with Content-Type: application/json.";
    UnsupportedEncoding, "unsupported_encoding", UNSUPPORTED_MEDIA_TYPE, "Unsupported encoding", "The body must be sent without a Content-Encoding.";
    UpgradeRequired, "upgrade_required", UPGRADE_REQUIRED, "Upgrade required", "This is a WebSocket of version 13, over HTTP/1.1: ask for an upgrade to it.";
    UnknownField, "unknown_field", UNPROCESSABLE_ENTITY, "Unknown field", "The body has a field that does not exist. Check its spelling.";
    InvalidRequest, "invalid_request", UNPROCESSABLE_ENTITY, "Invalid request", "The body is not what this resource takes: see the list of errors.";
    InvalidTitle, "invalid_title", UNPROCESSABLE_ENTITY, "Invalid title", "A title is one line of 1 to 200 characters, without control or text-direction characters.";
    InvalidText, "invalid_text", UNPROCESSABLE_ENTITY, "Invalid text", "A text holds characters that it must not.";
    TooLong, "too_long", UNPROCESSABLE_ENTITY, "Too long", "Something is longer than it may be.";
    InvalidUrl, "invalid_url", UNPROCESSABLE_ENTITY, "Invalid link", "A link is http, https, or a path on the same site.";
    InvalidTime, "invalid_time", UNPROCESSABLE_ENTITY, "Invalid time", "A time is RFC 3339 with an offset, and lies where it makes sense.";
    InvalidRecipients, "invalid_recipients", UNPROCESSABLE_ENTITY, "Invalid recipients", "Recipients are missing, too many, or malformed.";
    InvalidValue, "invalid_value", UNPROCESSABLE_ENTITY, "Invalid value", "A value is not one of those that are allowed.";
    IdempotencyConflict, "idempotency_conflict", UNPROCESSABLE_ENTITY, "Idempotency conflict", "This Idempotency-Key was used before with another body.";
    BatchRefused, "batch_refused", UNPROCESSABLE_ENTITY, "Batch refused", "All or none were to be stored, and at least one was refused. Nothing was stored; the results say why.";
    FailedDependency, "failed_dependency", FAILED_DEPENDENCY, "Failed dependency", "This one was not stored, because another one of its batch was refused.";
    RateLimited, "rate_limited", TOO_MANY_REQUESTS, "Too many requests", "Too many requests in a short time. Retry-After says when to go on.";
    Limit, "limit", TOO_MANY_REQUESTS, "Too many streams", "As many streams are open, of this user or from this address, as are allowed. Close one.";
    UrlTooLong, "url_too_long", URI_TOO_LONG, "URL too long", "The URL is longer than this server takes.";
    HeadersTooLarge, "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "Headers too large", "The request's headers are larger than this server takes.";
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error", "Something went wrong here. The server's log has more under this request id.";
    Overloaded, "overloaded", SERVICE_UNAVAILABLE, "Overloaded", "The server is busy. Nothing was stored; try again after Retry-After seconds.";
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "Unavailable", "The database is away; try again after Retry-After seconds. What was to be stored may have been: repeat it with the same Idempotency-Key.";
    StorageFull, "storage_full", INSUFFICIENT_STORAGE, "Storage full", "The disk is full. Nothing was stored; reading goes on.";
}

impl Code {
    /// The code for an error that came from the framework with nothing but a status.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::UPGRADE_REQUIRED => Self::UpgradeRequired,
            StatusCode::UNPROCESSABLE_ENTITY => Self::InvalidRequest,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::URI_TOO_LONG => Self::UrlTooLong,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeadersTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Overloaded,
            StatusCode::INSUFFICIENT_STORAGE => Self::StorageFull,
            other if other.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}

impl From<Rule> for Code {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Title => Self::InvalidTitle,
            Rule::Text => Self::InvalidText,
            Rule::TooLong => Self::TooLong,
            Rule::Url => Self::InvalidUrl,
            Rule::Time => Self::InvalidTime,
            Rule::Recipients => Self::InvalidRecipients,
            Rule::Value => Self::InvalidValue,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl utoipa::PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let words = Self::ALL.iter().map(|code| code.word());
        ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).enum_values(Some(words)).into()
    }
}

impl utoipa::ToSchema for Code {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_are_snake_case_and_unique() {
        let words: HashSet<_> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.word().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code:?}");
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(code.about().ends_with('.') && !code.title().ends_with('.'), "{code:?}");
        }
    }

    #[test]
    fn the_rules_for_values_have_their_own_words() {
        let rules = [Rule::Title, Rule::Text, Rule::TooLong, Rule::Url, Rule::Time, Rule::Recipients, Rule::Value];
        for rule in rules {
            assert_eq!(Code::from(rule).word(), rule.code());
            assert_eq!(Code::from(rule).status(), StatusCode::UNPROCESSABLE_ENTITY);
        }
    }

    #[test]
    fn a_bare_status_keeps_its_class() {
        for number in 400..600 {
            let status = StatusCode::from_u16(number).unwrap();
            assert_eq!(Code::of_status(status).status().is_client_error(), status.is_client_error(), "{number}");
        }
    }
}
