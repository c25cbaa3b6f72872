//! From a request to a WebSocket (RFC 6455, section 4.2).

use actix_http::ws::{HandshakeError, hash_key, verify_handshake};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        Version,
        header::{self, HeaderValue},
    },
};
use tidings_middleware::{Code, Problem};

use crate::frames::websocket::PROTOCOL;

/// The answer that makes it one; what it says is still to come. No extension is agreed to: a message that is compressed
/// with what others wrote may tell of it by its length.
pub(super) fn shake(request: &HttpRequest) -> Result<HttpResponseBuilder, Problem> {
    if !is_alone(request) {
        return Err(Code::UpgradeRequired.into());
    }
    verify_handshake(request.head()).map_err(refused)?;
    let named = names_ours(request)?;
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map_or(&[][..], HeaderValue::as_bytes);
    let accept = HeaderValue::from_bytes(&hash_key(key)).map_err(Problem::internal)?;
    let mut answer = HttpResponse::SwitchingProtocols();
    answer.upgrade("websocket").insert_header((header::SEC_WEBSOCKET_ACCEPT, accept));
    if named {
        answer.insert_header((header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL));
    }
    Ok(answer)
}

/// Whether it asks for a WebSocket and for nothing else, and has no body: this is when the HTTP server too takes all that
/// follows for the WebSocket's. Of anything else it would carry out the requests that follow, which a proxy on the
/// way, once it has seen 101, looks at no more.
fn is_alone(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let mut upgrades = headers.get_all(header::UPGRADE);
    let asked =
        upgrades.next().is_some_and(|upgrade| upgrade.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"));
    let body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    asked && upgrades.next().is_none() && !body && request.version() == Version::HTTP_11
}

fn refused(error: HandshakeError) -> Problem {
    match error {
        HandshakeError::BadWebsocketKey => {
            Problem::new(Code::BadRequest).detail("Sec-WebSocket-Key must be 16 bytes in base64.")
        }
        _ => Code::UpgradeRequired.into(),
    }
}

/// Whether the client names our subprotocol. A simple tool names none, and speaks it all the same; who names others
/// alone would not understand a word.
fn names_ours(request: &HttpRequest) -> Result<bool, Problem> {
    let mut headers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).peekable();
    if headers.peek().is_none() {
        return Ok(false);
    }
    let mut names = headers.filter_map(|names| names.to_str().ok()).flat_map(|names| names.split(','));
    if names.any(|name| name.trim_ascii() == PROTOCOL) {
        return Ok(true);
    }
    Err(Problem::new(Code::BadRequest).detail(format!("The subprotocol here is {PROTOCOL}.")))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn shaken(headers: &[(&'static str, &'static str)]) -> Result<(String, Option<String>), u16> {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        let answer = shake(&request.to_http_request()).map_err(|problem| problem.code().status().as_u16())?.finish();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!((answer.status().as_u16(), header("sec-websocket-extensions")), (101, None));
        Ok((header("sec-websocket-accept").unwrap(), header("sec-websocket-protocol")))
    }

    #[test]
    fn the_example_of_the_standard() {
        assert_eq!(shaken(&GOOD), Ok(("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into(), None)));
    }

    #[test]
    fn what_lacks_is_told_by_the_status() {
        for (missing, status) in [(0, 426), (1, 426), (2, 426), (3, 400)] {
            let mut headers = GOOD.to_vec();
            headers.remove(missing);
            assert_eq!(shaken(&headers), Err(status), "{}", GOOD[missing].0);
        }
        for (other, status) in [
            (("upgrade", "h2c"), 426),
            (("upgrade", "websocket, h2c"), 426),
            (("upgrade", "xwebsocket"), 426),
            (("connection", "keep-alive"), 426),
            (("sec-websocket-version", "8"), 426),
            (("sec-websocket-key", "short"), 400),
        ] {
            let headers: Vec<_> = GOOD.iter().map(|good| if good.0 == other.0 { other } else { *good }).collect();
            assert_eq!(shaken(&headers), Err(status), "{other:?}");
        }
    }

    /// Behind anything else the HTTP server goes on to read requests.
    #[test]
    fn a_handshake_is_a_handshake_and_nothing_else() {
        let with = |more| shaken(&[&GOOD[..], &[more]].concat()).map(drop);
        for more in [("upgrade", "h2c"), ("transfer-encoding", "chunked"), ("content-length", "2")] {
            assert_eq!(with(more), Err(426), "{more:?}");
        }
        assert_eq!(with(("content-length", "0")), Ok(()));
        let old =
            GOOD.iter().fold(TestRequest::default().version(Version::HTTP_10), |old, good| old.append_header(*good));
        assert!(shake(&old.to_http_request()).is_err());
    }

    #[test]
    fn our_subprotocol_is_taken_from_among_others() {
        let named = |names: &[&'static str]| {
            let names = names.iter().map(|names| ("sec-websocket-protocol", *names));
            shaken(&GOOD.into_iter().chain(names).collect::<Vec<_>>()).map(|(_, named)| named)
        };
        let ours = Ok(Some(PROTOCOL.to_owned()));
        assert_eq!(named(&[PROTOCOL]), ours);
        assert_eq!(named(&["graphql-ws,tidings.v1 , x"]), ours);
        assert_eq!(named(&["graphql-ws", PROTOCOL]), ours);
        for others in ["graphql-ws", "tidings.v2", "TIDINGS.V1", ""] {
            assert_eq!(named(&[others]), Err(400), "{others}");
        }
    }
}
