//! Who sends a request.

use std::sync::{Arc, LazyLock};

use actix_web::{
    dev::RequestHead,
    http::{
        Method, Uri,
        header::{self, HeaderName, HeaderValue},
    },
    test::TestRequest,
};
use futures_util::FutureExt as _;
use tidings_models::{Role, UserId};

use super::{Always, SECRET, now};
use crate::{
    Auth, Credential, Origins, SessionCookie, Tokens,
    credentials::{bearer, identify, url_has_token},
};

/// The one origin that may call beside our own.
const LISTED: &str = "https://app.example.com";

/// Somebody who believes tokens, and the tokens of two users.
struct Known {
    auth: Auth,
    tokens: [(&'static str, String); 2],
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let tokens = Tokens::new(&SECRET.into()).unwrap();
    let made = ["ann", "bob"].map(|name| {
        let user = UserId::parse(name).unwrap();
        (name, tokens.mint(&user, Role::User, now(), now().plus_millis(3_600_000)).unwrap())
    });
    let auth = Auth::of_tokens(tokens, Origins::parse(LISTED).unwrap(), Arc::new(Always), Arc::new(Always));
    Known { auth, tokens: made }
});

/// Credentials: nobody is believed to be somebody whose token they did not send, nor by a cookie that the page of a
/// stranger made the browser send.
///
/// A method and a target, then headers, each on a line.
pub fn credentials(data: &[u8]) {
    let Some(request) = request(data) else { return };
    let request = request.to_srv_request();
    let head = request.head();
    for (user, token) in &KNOWN.tokens {
        let query = head.uri.query().unwrap_or_default();
        let sent = query.split('&').any(|pair| pair.split('=').nth(1) == Some(token.as_str()));
        assert!(!sent || url_has_token(query), "the token of {user} passes in the URL");
    }
    // Nobody is waited for: nothing has to be looked up.
    let Ok(principal) = identify(&KNOWN.auth, head).now_or_never().unwrap() else { return };
    let user = principal.user.as_str();
    let shown = match principal.credential {
        Credential::Bearer => bearer(head.headers()).unwrap().unwrap().as_bytes(),
        Credential::Cookie => {
            came_from_our_page(head);
            cookie(head)
        }
        Credential::Ticket => panic!("a ticket lets {user} in"),
    };
    assert!(
        KNOWN.tokens.iter().any(|(name, token)| *name == user && token.as_bytes() == shown),
        "{shown:?} lets {user} in"
    );
    let others = KNOWN.tokens.iter().filter(|(name, _)| *name != user);
    let cookie = SessionCookie::of(head).read(head.headers()).ok().flatten();
    assert!(others.into_iter().all(|(_, token)| cookie != Some(token)), "one of two users is taken");
}

fn request(data: &[u8]) -> Option<TestRequest> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let (method, target) = std::str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
    let method = if method == "POST" { Method::POST } else { Method::GET };
    let mut request = TestRequest::with_uri(&Uri::try_from(target).ok()?.to_string()).method(method);
    for line in lines {
        let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
        let value = value.get(1..)?.trim_ascii();
        request = request.append_header((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?));
    }
    Some(request)
}

/// The one cookie that is ours, read in another way.
fn cookie(head: &RequestHead) -> &[u8] {
    let name = SessionCookie::of(head).name().as_bytes();
    let lines = head.headers().get_all(header::COOKIE);
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let ours: Vec<_> = pairs
        .filter_map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            (pair[..equals].trim_ascii_start() == name).then(|| pair[equals + 1..].trim_ascii())
        })
        .collect();
    assert_eq!(ours.len(), 1, "a cookie that may be somebody else's");
    ours[0]
}

fn came_from_our_page(head: &RequestHead) {
    let text = |name| head.headers().get_all(name).map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>();
    let (origin, site) = (text(header::ORIGIN), text(HeaderName::from_static("sec-fetch-site")));
    let changes = head.method == Method::POST || head.headers().contains_key(header::UPGRADE);
    match (origin.as_slice(), site.as_slice()) {
        ([LISTED], _) | ([], ["same-origin"]) => {}
        ([origin], [] | ["same-origin"]) => {
            let host = head.uri.authority().map_or_else(|| text(header::HOST).concat(), ToString::to_string);
            let named = origin.split_once("://").unwrap().1;
            let bare = |host: &str| host.trim_end_matches(":80").trim_end_matches(":443").to_ascii_lowercase();
            assert_eq!(bare(named), bare(&host), "{origin} is not of {host}");
        }
        ([], [] | ["none"]) => assert!(!changes, "something is changed on the word of a cookie"),
        (origin, site) => panic!("a cookie from {origin:?}, {site:?}"),
    }
}
