//! The one shape of a refusal: RFC 9457, `application/problem+json`.
//!
//! A handler returns a [`Problem`]; `edge` writes its body, because only there is the request id
//! known. What the framework refuses by itself gets the same shape there, by its status.

mod body;
mod code;

use std::{borrow::Cow, error::Error as StdError, fmt};

use actix_web::{
    HttpRequest, HttpResponse, Responder, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use tidings_models::Invalid;

use crate::Standing;

pub use body::{FieldError, ProblemBody};
pub use code::Code;

/// Why a request is refused.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<u32>,
    limited: Option<Box<Standing>>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// Seconds after which to try again, where the maker of the problem names none.
    const RETRY_AFTER: u32 = 1;

    /// A problem that is fully described by its code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let detail = Cow::Borrowed(code.about());
        Self { code, detail, errors: Vec::new(), retry_after: None, limited: None, cause: None }
    }

    /// Something went wrong that the caller can do nothing about. `cause` goes to the log alone.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Code::Internal).caused_by(cause)
    }

    /// One field is wrong. The problem has the code of the rule that was broken.
    #[must_use]
    pub fn field(field: impl Into<String>, invalid: Invalid) -> Self {
        Self::fields(vec![FieldError::new(field, invalid.rule.into(), invalid.detail)])
    }

    /// Fields are wrong: one gives its own code to the problem, several are an `invalid_request`.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let problem = match errors.as_slice() {
            [only] => Self::new(only.code).detail(format!("{}: {}", only.field, only.detail)),
            _ => Self::new(Code::InvalidRequest),
        };
        Self { errors, ..problem }
    }

    /// Says more than the code does, about this occurrence. It is shown to the caller.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// Names the fields that are wrong.
    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// Says after how many seconds to try again.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Says which quota is used up, and when there is something left again.
    pub(crate) fn limited(self, standing: Standing) -> Self {
        let problem = self.retry_after(standing.retry_after());
        Self { limited: Some(Box::new(standing)), ..problem }
    }

    /// Keeps what lies behind it, for the log alone.
    #[must_use]
    pub fn caused_by(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The seconds after which to try again, if that is a matter of time.
    #[must_use]
    pub fn comes_back_after(&self) -> Option<u32> {
        let passes = matches!(self.code.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        passes.then(|| self.retry_after.unwrap_or(Self::RETRY_AFTER))
    }

    /// Logs it, if it is a fault of this side.
    pub(crate) fn log(&self) {
        if self.code == Code::Overloaded {
            tracing::warn!(code = self.code.word(), cause = ?self.cause(), "a request was refused");
        } else if self.code.status().is_server_error() {
            // Debug escapes line ends, which the texts of other libraries may hold.
            tracing::error!(code = self.code.word(), cause = ?self.cause(), "a request failed");
        }
    }

    /// What lies behind it, with all that lies behind that, on one line.
    pub(crate) fn cause(&self) -> Option<String> {
        let mut cause: &dyn StdError = self.cause.as_deref()?;
        let mut line = cause.to_string();
        while let Some(next) = cause.source() {
            line = format!("{line}: {next}");
            cause = next;
        }
        Some(line)
    }

    /// What it looks like on the wire.
    #[must_use]
    pub fn body(&self, request_id: &str) -> ProblemBody {
        ProblemBody::new(self.code, &self.detail, &self.errors, request_id)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.word(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Status and headers. The body follows in `edge`.
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status_code());
        let headers = answer.headers_mut();
        match self.status_code() {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge(self.code)));
            }
            // RFC 9110, section 15.5.22, and RFC 6455, section 4.4. (Over HTTP/2 the first of them is not sent.)
            StatusCode::UPGRADE_REQUIRED => {
                headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            }
            _ => {}
        }
        if let Some(seconds) = self.comes_back_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(standing) = &self.limited {
            standing.tell(headers);
        }
        answer
    }
}

/// For a route that can only refuse.
impl Responder for Problem {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::from_error(self)
    }
}

/// RFC 6750, section 3: the scheme takes at least one parameter, and a request without any
/// credentials is not told of an error.
const fn challenge(code: Code) -> &'static str {
    match code {
        Code::InvalidToken => r#"Bearer realm="tidings", error="invalid_token""#,
        _ => r#"Bearer realm="tidings""#,
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::text::Rule;

    use super::*;

    fn wrong(field: &str, rule: Rule) -> FieldError {
        FieldError::new(field, rule.into(), "no")
    }

    #[test]
    fn one_wrong_field_gives_its_code_and_several_are_an_invalid_request() {
        assert_eq!(Problem::field("title", Invalid::new(Rule::Title, "empty")).code(), Code::InvalidTitle);
        assert_eq!(Problem::fields(vec![wrong("link", Rule::Url)]).code(), Code::InvalidUrl);
        let several = Problem::fields(vec![wrong("link", Rule::Url), wrong("title", Rule::Title)]);
        assert_eq!(several.code(), Code::InvalidRequest);
        assert_eq!(several.errors.len(), 2);
    }

    #[test]
    fn causes_are_told_as_a_chain() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] fmt::Error);
        let problem = Problem::internal(Outer(fmt::Error));
        assert_eq!(problem.cause().unwrap(), format!("outer: {}", fmt::Error));
        assert!(!problem.to_string().contains("outer"), "{problem}");
    }

    #[test]
    fn the_headers_that_a_status_needs() {
        let header = |problem: Problem, name: header::HeaderName| {
            problem.error_response().headers().get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        for code in Code::ALL {
            let status = code.status().as_u16();
            assert_eq!(header((*code).into(), header::WWW_AUTHENTICATE).is_some(), status == 401, "{code:?}");
            assert_eq!(header((*code).into(), header::RETRY_AFTER).is_some(), matches!(status, 429 | 503), "{code:?}");
            assert_eq!(header((*code).into(), header::UPGRADE).is_some(), status == 426, "{code:?}");
        }
        let limited = Problem::new(Code::RateLimited).retry_after(17);
        assert_eq!(header(limited, header::RETRY_AFTER).as_deref(), Some("17"));
        let missing = Problem::new(Code::Unauthenticated);
        assert_eq!(header(missing, header::WWW_AUTHENTICATE).as_deref(), Some(r#"Bearer realm="tidings""#));
    }
}
