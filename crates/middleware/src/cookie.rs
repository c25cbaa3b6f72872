//! The session cookie of the built-in pages.

use actix_web::{
    dev::RequestHead,
    http::header::{self, HeaderMap, HeaderValue},
};

use crate::{Code, Problem, host};

/// The session cookie, as it is to be for one request's host.
///
/// `__Host-` makes the browser refuse the cookie unless it is Secure, of this very host and for every
/// path (RFC 6265bis, section 4.1.3.2): neither a sister host nor a page without TLS can plant one.
/// On the loopback interface there is no TLS, so there it goes by its plain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    /// `__Host-tidings_session`, Secure.
    Prefixed,
    /// `tidings_session`, on this very machine.
    Loopback,
}

impl SessionCookie {
    /// The one for the host that a request was sent to.
    #[must_use]
    pub fn of(head: &RequestHead) -> Self {
        if host::of(head).is_some_and(host::is_loopback) { Self::Loopback } else { Self::Prefixed }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prefixed => "__Host-tidings_session",
            Self::Loopback => "tidings_session",
        }
    }

    /// `Set-Cookie` that keeps `token` for so many seconds.
    pub fn set(self, token: &str, seconds: i64) -> Result<HeaderValue, Problem> {
        let secure = if self == Self::Prefixed { "; Secure" } else { "" };
        let cookie =
            format!("{}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}", self.name(), seconds.max(0));
        HeaderValue::from_str(&cookie).map_err(Problem::internal)
    }

    /// `Set-Cookie` that removes it.
    pub fn clear(self) -> Result<HeaderValue, Problem> {
        self.set("", 0)
    }

    /// Its value in a request. Two of that name are refused: which of them the browser sends first
    /// is up to whoever planted the other one.
    pub(crate) fn read(self, headers: &HeaderMap) -> Result<Option<&str>, Code> {
        let pairs = headers.get_all(header::COOKIE).flat_map(|line| line.as_bytes().split(|b| *b == b';'));
        let mut values = pairs.filter_map(|pair| {
            let pair = pair.trim_ascii();
            pair.strip_prefix(self.name().as_bytes())?.strip_prefix(b"=")
        });
        match (values.next(), values.next()) {
            (None | Some(b""), None) => Ok(None),
            (Some(value), None) => std::str::from_utf8(value).map(Some).map_err(|_| Code::InvalidToken),
            _ => Err(Code::AmbiguousCredentials),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn secure_everywhere_but_at_home() {
        let of = |host: &'static str| {
            SessionCookie::of(TestRequest::default().insert_header(("host", host)).to_srv_request().head())
        };
        assert_eq!(
            of("tidings.example.org").set("a.b.c", 3600).unwrap(),
            "__Host-tidings_session=a.b.c; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            of("localhost:8080").set("a.b.c", 3600).unwrap(),
            "tidings_session=a.b.c; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            of("localhost:8080").clear().unwrap(),
            "tidings_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
        assert_eq!(SessionCookie::of(TestRequest::default().to_srv_request().head()), SessionCookie::Prefixed);
        assert!(of("localhost").set("a\r\nset-cookie: b", 1).is_err());
    }

    #[test]
    fn only_the_name_of_this_host_is_read() {
        use SessionCookie::{Loopback, Prefixed};
        let read = |cookie: SessionCookie, lines: &[&'static str]| {
            let request = lines.iter().fold(TestRequest::default(), |r, line| r.append_header(("cookie", *line)));
            cookie.read(request.to_srv_request().headers()).map(|value| value.map(str::to_owned))
        };
        let some = |value: &str| Ok(Some(value.to_owned()));
        assert_eq!(read(Prefixed, &["a=1; __Host-tidings_session=x.y.z; b=2"]), some("x.y.z"));
        assert_eq!(read(Prefixed, &["a=1", "__Host-tidings_session=x"]), some("x"));
        assert_eq!(read(Prefixed, &["tidings_session=x"]), Ok(None));
        assert_eq!(read(Loopback, &["__Host-tidings_session=x"]), Ok(None));
        assert_eq!(read(Loopback, &["tidings_session=x;tidings_session2=y"]), some("x"));
        assert_eq!(read(Loopback, &["tidings_session="]), Ok(None));
        assert_eq!(read(Loopback, &["x=\u{e9}; tidings_session=x"]), some("x"));
        assert_eq!(read(Loopback, &["tidings_session=x; tidings_session=y"]), Err(Code::AmbiguousCredentials));
    }
}
