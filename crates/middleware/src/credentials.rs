//! From the headers of a request to the one who sent it.

use actix_web::{
    dev::RequestHead,
    http::header::{self, HeaderMap},
};
use tidings_models::Timestamp;
use url::form_urlencoded;

use crate::{Auth, Code, Credential, InvalidToken, Principal, SessionCookie, origin::Provenance};

/// Why it is not known who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// They are to be told so.
    Refused(Code),
    /// Their token names a key that is not known, and may be known once the keys were fetched anew.
    UnknownKey,
}

impl From<Code> for Stranger {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl Stranger {
    /// What they are told when it stays so.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Refused(code) => code,
            Self::UnknownKey => Code::InvalidToken,
        }
    }
}

/// Who sends this request: exactly one, from the bearer or the session cookie.
///
/// A bearer that is not good is never passed over in favour of a cookie: the caller would act as
/// somebody whom they did not mean.
pub(crate) fn identify(auth: &Auth, head: &RequestHead) -> Result<Principal, Stranger> {
    let now = auth.clock.now();
    let bearer = bearer(head.headers())?;
    // Which cookie it would be hangs on the host, whose reading costs more than all else here.
    let cookie =
        if head.headers().contains_key(header::COOKIE) { SessionCookie::of(head).read(head.headers())? } else { None };
    match (bearer, cookie) {
        (None, None) => Err(Code::Unauthenticated.into()),
        (Some(bearer), None) => believe(auth, bearer, Credential::Bearer, now),
        (None, Some(cookie)) => {
            let principal = believe(auth, cookie, Credential::Cookie, now)?;
            let admitted = auth.origins.admit(&Provenance::of(head), Some(Credential::Cookie));
            if admitted { Ok(principal) } else { Err(Code::OriginNotAllowed.into()) }
        }
        (Some(bearer), Some(cookie)) => {
            let principal = believe(auth, bearer, Credential::Bearer, now)?;
            // A browser sends its cookie along unasked. One that has ended is nobody's.
            match believe(auth, cookie, Credential::Cookie, now) {
                Ok(other) if other.user != principal.user => Err(Code::AmbiguousCredentials.into()),
                _ => Ok(principal),
            }
        }
    }
}

fn believe(auth: &Auth, token: &str, credential: Credential, now: Timestamp) -> Result<Principal, Stranger> {
    match auth.tokens.verify(token, now) {
        Ok(claims) => Ok(Principal {
            user: claims.user,
            role: claims.role,
            expires_at: claims.expires_at,
            issued_at: claims.issued_at,
            credential,
        }),
        Err(reason) => {
            tracing::debug!(reason = ?reason.to_string(), ?credential, "a token is not believed");
            Err(match reason {
                InvalidToken::UnknownKey => Stranger::UnknownKey,
                _ => Code::InvalidToken.into(),
            })
        }
    }
}

/// The bearer token (RFC 6750, section 2.1). Another scheme is not ours: a proxy in front may use it for itself.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Code> {
    let mut given = headers.get_all(header::AUTHORIZATION);
    let value = match (given.next(), given.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        _ => return Err(Code::AmbiguousCredentials),
    };
    let value = value.as_bytes().trim_ascii();
    let (scheme, token) = value.split_at(value.iter().position(|b| *b == b' ').unwrap_or(value.len()));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    std::str::from_utf8(token.trim_ascii()).map(Some).map_err(|_| Code::InvalidToken)
}

/// Whether the URL carries a token: by its name or by its looks. URLs are logged by every proxy on
/// the way and kept in histories (RFC 6750, section 5.3).
pub(crate) fn url_has_token(query: &str) -> bool {
    const NAMES: [&str; 7] = ["access_token", "id_token", "token", "jwt", "authorization", "bearer", "api_key"];
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) || looks_like_token(&value))
}

/// Every JWT begins with `{"` in base64url.
fn looks_like_token(value: &str) -> bool {
    value.starts_with("eyJ") && value.matches('.').count() == 2
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn one_bearer_in_any_case() {
        let bearer_of = |values: &[&'static [u8]]| {
            let request = values.iter().fold(TestRequest::default(), |request, value| {
                request.append_header((header::AUTHORIZATION, header::HeaderValue::from_bytes(value).unwrap()))
            });
            bearer(request.to_srv_request().headers()).map(|token| token.map(str::to_owned))
        };
        for good in [b"Bearer a.b.c".as_slice(), b"bearer a.b.c", b"BEARER   a.b.c ", b" Bearer a.b.c"] {
            assert_eq!(bearer_of(&[good]), Ok(Some("a.b.c".to_owned())), "{good:?}");
        }
        for other in [b"".as_slice(), b"Basic YTpi", b"a.b.c", b"Bearerx a", b"Bearer\ta"] {
            assert_eq!(bearer_of(&[other]), Ok(None), "{other:?}");
        }
        assert_eq!(bearer_of(&[]), Ok(None));
        assert_eq!(bearer_of(&[b"Bearer"]), Ok(Some(String::new())));
        assert_eq!(bearer_of(&[b"Bearer \xff"]), Err(Code::InvalidToken));
        assert_eq!(bearer_of(&[b"Bearer a", b"Bearer a"]), Err(Code::AmbiguousCredentials));
        assert_eq!(bearer_of(&[b"Bearer a", b"Basic b"]), Err(Code::AmbiguousCredentials));
    }

    #[test]
    fn tokens_in_urls() {
        let carrying = [
            "access_token=x",
            "a=b&token=x",
            "token",
            "token=",
            "jwt=x",
            "authorization=x",
            "Access_Token=x",
            "access%5Ftoken=x",
            "after=eyJhbGciOiJub25lIn0.e30.",
            "x=eyJ.a.b",
        ];
        for query in carrying {
            assert!(url_has_token(query), "{query}");
        }
        for query in ["", "limit=5", "after=eyJhbGci", "q=access_token", "ticket=abc", "tokens=x", "my_token=x"] {
            assert!(!url_has_token(query), "{query}");
        }
    }
}
