use actix_web::{http::Method, test::TestRequest};

use super::*;

const LISTED: &str = "https://app.example.com";

fn admitted(method: &str, credential: Option<Credential>, headers: &[(&str, &str)]) -> bool {
    let mut request = TestRequest::default().method(Method::from_bytes(method.as_bytes()).unwrap());
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.insert_header(("host", "tidings.example.org"));
    }
    for header in headers {
        request = request.append_header(*header);
    }
    let request = request.to_srv_request();
    Origins::parse(LISTED).unwrap().admit(&Provenance::of(request.head()), credential)
}

const EVERYBODY: [Option<Credential>; 3] = [None, Some(Credential::Cookie), Some(Credential::Bearer)];

#[test]
fn an_origin_decides_whoever_calls_and_whatever_for() {
    let own = [
        ("tidings.example.org", "https://tidings.example.org"),
        ("tidings.example.org", "http://tidings.example.org"),
        ("TIDINGS.example.org", "https://tidings.example.org"),
        ("tidings.example.org:443", "https://tidings.example.org"),
        ("tidings.example.org:80", "http://tidings.example.org"),
        ("localhost:8080", "http://localhost:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("anything", LISTED),
    ];
    let foreign = [
        "null",
        "",
        "https://evil.example",
        "https://tidings.example.org.evil.example",
        "https://eviltidings.example.org",
        "https://tidings.example.org:8443",
        "https://sub.tidings.example.org",
        "https://example.org",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "https://app.example.com/",
        "*",
        "HTTPS://APP.EXAMPLE.COM",
        "https://tidings.example.org/",
        "https://x@tidings.example.org",
        "tidings.example.org",
        "file://",
        "chrome-extension://tidings.example.org",
        "https://app.example.com https://evil.example",
    ];
    for who in EVERYBODY {
        for method in ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT"] {
            for (host, origin) in own {
                assert!(
                    admitted(method, who, &[("host", host), ("origin", origin)]),
                    "{method} {who:?} {host} {origin}"
                );
            }
            for origin in foreign {
                assert!(!admitted(method, who, &[("origin", origin)]), "{method} {who:?} {origin}");
                let claimed = [("origin", origin), ("sec-fetch-site", "same-origin")];
                assert!(!admitted(method, who, &claimed), "{method} {who:?} {origin} that claims to be ours");
            }
            assert!(!admitted(method, who, &[("origin", LISTED), ("origin", LISTED)]), "sent twice");
        }
    }
}

#[test]
fn a_listed_origin_is_of_another_site_and_our_own_is_not() {
    for site in ["same-origin", "same-site", "cross-site"] {
        assert!(admitted("POST", Some(Credential::Cookie), &[("origin", LISTED), ("sec-fetch-site", site)]));
        let own = [("origin", "http://tidings.example.org"), ("sec-fetch-site", site)];
        assert_eq!(admitted("POST", Some(Credential::Cookie), &own), site == "same-origin", "{site}");
    }
}

#[test]
fn without_an_origin() {
    // (method, Sec-Fetch-Site, anonymous, cookie, bearer)
    let cases = [
        ("GET", None, true, true, true), // A same-origin EventSource of an old browser; any script.
        ("GET", Some("same-origin"), true, true, true),
        ("GET", Some("none"), true, true, true),
        ("GET", Some("same-site"), false, false, true),
        ("GET", Some("cross-site"), false, false, true),
        ("GET", Some("something-new"), false, false, true),
        ("POST", None, true, false, true), // Anonymous: to sign in from a script.
        ("POST", Some("same-origin"), true, true, true),
        ("POST", Some("none"), false, false, true),
        ("POST", Some("same-site"), false, false, true),
        ("POST", Some("cross-site"), false, false, true),
        ("DELETE", None, true, false, true),
    ];
    for (method, site, anonymous, cookie, bearer) in cases {
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().collect();
        let got = EVERYBODY.map(|who| admitted(method, who, &headers));
        assert_eq!(got, [anonymous, cookie, bearer], "{method} {site:?}");
    }
}

#[test]
fn a_websocket_counts_as_a_change() {
    let upgrade = ("upgrade", "websocket");
    assert!(!admitted("GET", Some(Credential::Cookie), &[upgrade]));
    assert!(!admitted("GET", Some(Credential::Cookie), &[upgrade, ("origin", "https://evil.example")]));
    assert!(admitted("GET", Some(Credential::Cookie), &[upgrade, ("origin", "https://tidings.example.org")]));
    assert!(admitted("GET", Some(Credential::Bearer), &[upgrade]));
}

#[test]
fn a_list_is_normalised_and_its_mistakes_named() {
    let list = Origins::parse(" https://App.Example.com:443/, http://localhost:5173\nhttps://exämple.org,").unwrap();
    let expected = ["https://app.example.com", "http://localhost:5173", "https://xn--exmple-cua.org"];
    assert_eq!(list.iter().collect::<Vec<_>>(), expected);
    assert_eq!(Origins::parse("").unwrap(), Origins::default());
    let wrong = [
        "*",
        "null",
        "example.org",
        "https://*.example.org",
        "https://example.org/app",
        "ftp://example.org",
        "https://",
        "https://u:p@example.org",
        "https://example.org?x",
        "https://example.org#x",
        "file:///x",
        "localhost:5173",
    ];
    for wrong in wrong {
        assert_eq!(Origins::parse(&format!("https://a.org,{wrong}")), Err(WrongOrigin(wrong.to_owned())));
    }
}
