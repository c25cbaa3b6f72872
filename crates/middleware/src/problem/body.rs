//! A problem on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::Code;

/// An answer that is not a success, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where the code is documented. A relative reference with its full path, so that it leads to the
    /// documentation of this very installation (RFC 9457, section 3.1.1).
    #[serde(rename = "type")]
    #[schema(example = "/docs/errors#invalid_title")]
    pub kind: String,
    /// A few words, the same for every problem of this code.
    #[schema(example = "Invalid title")]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What is wrong this time, for people.
    pub detail: String,
    /// A stable word to program against.
    pub code: Code,
    /// Names this request in the server's log.
    pub request_id: String,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// One wrong field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The way to the field: names joined by dots, places in a list in brackets, as in `actions[0].link`.
    #[schema(example = "actions[0].link")]
    pub field: String,
    /// A stable word to program against.
    pub code: Code,
    /// What to do about it.
    pub detail: String,
}

impl FieldError {
    /// `field` is wrong under `code`.
    #[must_use]
    pub fn new(field: impl Into<String>, code: Code, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

impl ProblemBody {
    pub(super) fn new(code: Code, detail: &str, errors: &[FieldError], request_id: &str) -> Self {
        Self {
            kind: format!("/docs/errors#{}", code.word()),
            title: code.title(),
            status: code.status().as_u16(),
            detail: detail.to_owned(),
            code,
            request_id: request_id.to_owned(),
            errors: errors.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_exact() {
        let errors = [FieldError::new("title", Code::InvalidTitle, "empty")];
        let body = ProblemBody::new(Code::InvalidTitle, "title: empty", &errors, "r-1");
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            concat!(
                r#"{"type":"/docs/errors#invalid_title","title":"Invalid title","status":422,"#,
                r#""detail":"title: empty","code":"invalid_title","request_id":"r-1","#,
                r#""errors":[{"field":"title","code":"invalid_title","detail":"empty"}]}"#
            )
        );
        let bare = serde_json::to_string(&ProblemBody::new(Code::NotFound, "gone", &[], "r-2")).unwrap();
        assert!(!bare.contains("errors\":"), "{bare}");
    }
}
