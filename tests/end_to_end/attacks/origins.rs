//! Origins that look like one that is listed.

use super::*;

const LISTED: &str = "https://app.example";

const LOOK_ALIKES: [&str; 13] = [
    "null",
    "https://app.example.evil.example",
    "https://evilapp.example",
    "https://app.example:8443",
    "http://app.example",
    "https://sub.app.example",
    "https://app.example.",
    "https://app.example/",
    "https://app.example@evil.example",
    "https://APP.example",
    "https://app.example, https://evil.example",
    "https://app_example",
    "file://",
];

/// Neither may they read, nor does what they ask for happen.
#[tokio::test]
async fn look_alikes_of_a_listed_origin_are_foreign() {
    let server = Server::start_with(&[("TIDINGS_CORS_ORIGINS", LISTED)]).await;
    let ask = async |method: Method, path: &str, origin: &str| {
        let request = server.as_user("ann", method.clone(), path).header("origin", origin);
        let preflight = request.header("access-control-request-method", "PUT");
        preflight.header("access-control-request-headers", "authorization").send().await.unwrap()
    };
    let requests = [
        (Method::OPTIONS, "/preferences"),
        (Method::GET, "/inbox"),
        (Method::GET, "/stream"),
        (Method::POST, "/notifications/mark"),
        (Method::GET, "/nothing"),
    ];
    for (method, path) in requests {
        for origin in LOOK_ALIKES {
            let answer = ask(method.clone(), path, origin).await;
            assert!(!answer.status().is_success(), "{method} {path} from {origin}: {}", answer.status());
            let readers = answer.headers().get("access-control-allow-origin");
            assert_eq!(readers, None, "{method} {path} from {origin}");
        }
        let listed = ask(method.clone(), path, LISTED).await;
        assert_eq!(listed.headers()["access-control-allow-origin"], LISTED, "{method} {path}");
        let vary: Vec<_> =
            listed.headers().get_all("vary").iter().map(|v| v.to_str().unwrap().to_lowercase()).collect();
        assert!(vary.join(",").contains("origin"), "a cache must tell them apart: {vary:?}");
    }
    let two =
        server.as_user("ann", Method::GET, "/inbox").header("origin", LISTED).header("origin", "https://evil.example");
    assert_eq!(two.send().await.unwrap().status(), 403, "two origins are none");
}
