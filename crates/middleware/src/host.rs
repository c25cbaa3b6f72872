//! The host that a request was sent to, as its client named it.
//!
//! `X-Forwarded-Host` is never asked: anybody can send it, and what is decided here (the name of
//! the session cookie, whether an origin is our own) must not be anybody's choice. A proxy passes `Host`.

use actix_web::{dev::RequestHead, http::header};
use url::{Host, Origin, Url};

/// The request's `host[:port]`. A target that names its own host goes first (RFC 9112, section 3.2.2;
/// HTTP/2 has only that). `None` when it is missing, unreadable, or given twice.
pub(crate) fn of(head: &RequestHead) -> Option<&str> {
    if let Some(authority) = head.uri.authority() {
        return Some(authority.as_str());
    }
    let mut given = head.headers().get_all(header::HOST);
    match (given.next(), given.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

/// The origin of pages that are fetched from `host` under `scheme`, in the form that browsers compare.
pub(crate) fn origin(scheme: &str, host: &str) -> Option<Origin> {
    Some(parse(scheme, host)?.origin())
}

/// Whether `host` is this very machine, where no certificate is to be had and none is needed:
/// `localhost`, `*.localhost`, `127.0.0.0/8` or `[::1]` (Secure Contexts, section 3.1).
pub(crate) fn is_loopback(host: &str) -> bool {
    match parse("http", host).as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn parse(scheme: &str, host: &str) -> Option<Url> {
    // Nothing that the parser would read as a user name, a path, or drop.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if !host.bytes().all(plain) {
        return None;
    }
    Url::parse(&format!("{scheme}://{host}/")).ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        let loopback =
            ["localhost", "localhost:8080", "LOCALHOST", "a.localhost:1", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080"];
        for host in loopback {
            assert!(is_loopback(host), "{host}");
        }
        let elsewhere = [
            "",
            "example.org",
            "localhost.example.org",
            "notlocalhost",
            "127.0.0.1.example.org",
            "10.0.0.1",
            "[::2]",
            "user@localhost",
            "localhost/x",
            "localhost:99999",
            "[::1",
            "192.168.1.5:8080",
            "local host",
        ];
        for host in elsewhere {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn the_target_names_the_host_before_the_header() {
        let request = TestRequest::get().uri("http://target:81/x").insert_header(("host", "header")).to_srv_request();
        assert_eq!(of(request.head()), Some("target:81"));
        let request = TestRequest::get().uri("/x").insert_header(("host", "header:82")).to_srv_request();
        assert_eq!(of(request.head()), Some("header:82"));
        let twice = TestRequest::get().append_header(("host", "a")).append_header(("host", "b")).to_srv_request();
        assert_eq!(of(twice.head()), None);
        let forwarded = TestRequest::get().insert_header(("x-forwarded-host", "localhost")).to_srv_request();
        assert_eq!(of(forwarded.head()), None);
    }
}
