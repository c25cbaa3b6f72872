//! From the headers of a request to the one who sent it.

use actix_web::{
    dev::RequestHead,
    http::header::{self, HeaderMap},
};
use tidings_models::{Address, Grant, SecretKind, Timestamp};
use url::form_urlencoded;

use crate::{Auth, Code, Credential, InvalidToken, Principal, Problem, Rights, SessionCookie, origin::Provenance};

/// Where a ticket may stand in the URL: what can send neither a header nor a cookie opens nothing else.
const TAKE_TICKETS: [&str; 2] = ["/api/v1/stream", "/api/v1/ws"];

/// Who sends this request: exactly one, from the bearer, the ticket or the session cookie.
///
/// A bearer that is not good is never passed over in favour of a cookie: the caller would act as
/// somebody whom they did not mean.
pub(crate) async fn identify(auth: &Auth, head: &RequestHead) -> Result<Principal, Problem> {
    let now = auth.clock.now();
    let bearer = bearer(head.headers())?;
    let ticket = ticket(head);
    // Which cookie it would be hangs on the host, whose reading costs more than all else here.
    let cookie =
        if head.headers().contains_key(header::COOKIE) { SessionCookie::of(head).read(head.headers())? } else { None };
    let from = || auth.limits.address(head);
    let shown = match (bearer, &ticket) {
        (None, None) => None,
        (Some(bearer), None) => Some(believe(auth, from, bearer, Credential::Bearer, now).await?),
        (None, Some(ticket)) => Some(redeem(auth, ticket, now).await?),
        (Some(_), Some(_)) => return Err(Problem::new(Code::AmbiguousCredentials)),
    };
    match (shown, cookie) {
        (None, None) => Err(Problem::new(Code::Unauthenticated)),
        (Some(principal), None) => Ok(principal),
        (None, Some(cookie)) => {
            let principal = believe(auth, from, cookie, Credential::Cookie, now).await?;
            let admitted = auth.origins.admit(&Provenance::of(head), Some(Credential::Cookie));
            if admitted { Ok(principal) } else { Err(Problem::new(Code::OriginNotAllowed)) }
        }
        // A browser sends its cookie along unasked. One that has ended is nobody's.
        (Some(principal), Some(cookie)) => match believe(auth, from, cookie, Credential::Cookie, now).await {
            Ok(other) if other.user != principal.user => Err(Problem::new(Code::AmbiguousCredentials)),
            _ => Ok(principal),
        },
    }
}

/// Whose a token or a secret is, that comes from an address.
pub(crate) async fn believe(
    auth: &Auth,
    from: impl FnOnce() -> Address,
    text: &str,
    credential: Credential,
    now: Timestamp,
) -> Result<Principal, Problem> {
    match SecretKind::of(text) {
        None => believe_token(auth, text, credential, now).await,
        Some(SecretKind::ApiKey) if credential != Credential::Bearer => Err(Problem::new(Code::InvalidToken)),
        Some(kind) => auth.register.believe(kind, text, credential, now, || auth.limits.stranger(from())).await,
    }
}

async fn believe_token(auth: &Auth, token: &str, credential: Credential, now: Timestamp) -> Result<Principal, Problem> {
    let as_of = auth.revoked.version();
    let verified = match auth.tokens.verify(token, now) {
        Err(InvalidToken::UnknownKey) if auth.tokens.look_again().await => auth.tokens.verify(token, now),
        verified => verified,
    };
    match verified {
        Ok(claims) if !auth.revoked.refuses(&claims.user, claims.issued_at) => Ok(Principal {
            user: claims.user,
            rights: Rights::Person(claims.role),
            grant: Grant { as_of, ..Grant::of_token(claims.issued_at, claims.expires_at) },
            credential,
            secret: None,
            must_change: false,
        }),
        Ok(_) => {
            tracing::debug!(?credential, "a token was revoked");
            Err(Problem::new(Code::InvalidToken))
        }
        Err(reason) => {
            tracing::debug!(reason = ?reason.to_string(), ?credential, "a token is not believed");
            Err(Problem::new(Code::InvalidToken))
        }
    }
}

/// Lets a ticket in, once, if what it was made with is still good.
async fn redeem(auth: &Auth, text: &str, now: Timestamp) -> Result<Principal, Problem> {
    let ticket = auth.tickets.open(text, now)?;
    let directory = auth.register.directory();
    let as_of = auth.revoked.version();
    let principal = match ticket.grant.sign_in {
        Some(id) => {
            let found = directory.sign_in_of(id).await?.filter(|found| found.expires_at > now);
            Principal::signed_in(found.ok_or(Code::InvalidToken)?, as_of)
        }
        None if ticket.grant.expires_at <= now || auth.revoked.refuses(&ticket.user, ticket.grant.issued_at) => {
            return Err(Problem::new(Code::InvalidToken));
        }
        None => Principal {
            user: ticket.user,
            rights: Rights::Person(ticket.role),
            grant: Grant { as_of, ..ticket.grant },
            credential: Credential::Ticket,
            secret: None,
            must_change: false,
        },
    };
    if directory.redeem(ticket.id, now).await? {
        Ok(Principal { credential: Credential::Ticket, ..principal })
    } else {
        Err(Problem::new(Code::TicketUsed))
    }
}

/// The ticket in the URL of a stream.
pub(crate) fn ticket(head: &RequestHead) -> Option<String> {
    let query = head.uri.query().filter(|_| TAKE_TICKETS.contains(&head.uri.path()))?;
    let mut given = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "ticket");
    let ticket = given.next()?.1.into_owned();
    // One of two would be picked by chance: neither is good then.
    Some(if given.next().is_some() { String::new() } else { ticket })
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
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
        let named = NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
        named || looks_like_token(&value) || looks_like_token(&name)
    })
}

/// Every JWT begins with `{"` in base64url, and our own secrets say what they are.
fn looks_like_token(value: &str) -> bool {
    (value.starts_with("eyJ") && value.matches('.').count() == 2) || SecretKind::of(value).is_some()
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
            "x=tdk_abc",
            "after=tds_abc",
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
            "tds_abc",
            "eyJ.a.b=",
        ];
        for query in carrying {
            assert!(url_has_token(query), "{query}");
        }
        for query in ["", "limit=5", "after=eyJhbGci", "q=access_token", "ticket=abc", "tokens=x", "my_token=x"] {
            assert!(!url_has_token(query), "{query}");
        }
    }
}
