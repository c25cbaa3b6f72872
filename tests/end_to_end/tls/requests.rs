//! Requests over TLS are what they are without.

use reqwest::{StatusCode, tls};
use serde_json::{Value, json};

use super::*;
use crate::support::NAME;

const STRICT: &str = "strict-transport-security";

#[tokio::test]
async fn both_protocols_answer_and_say_that_https_stays() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    for (client, version) in clients(&authority, &server) {
        for path in ["/", "/healthz", "/api/v1/inbox", "/api/v1/nowhere", "/api/v1/stream"] {
            let answer = client.get(format!("https://{}{path}", server.address)).send().await.unwrap();
            assert_eq!(answer.version(), version, "{path}");
            assert_eq!(header(&answer, STRICT), Some("max-age=63072000"), "{path}");
        }
        let inbox = as_user(&client, &server, "ann", Method::GET, "/inbox").send().await.unwrap();
        assert_eq!(inbox.status(), 200);
        assert!(inbox.json::<Value>().await.unwrap()["unread"].is_number());
    }
}

/// Over plain HTTP anybody can write headers; a proxy that is named is believed.
#[tokio::test]
async fn without_tls_only_a_trusted_proxy_says_that_there_is() {
    let stranger = Server::start().await;
    let proxied = Server::start_with(&[("TIDINGS_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let ask = async |server: &Server, proto: &str| {
        let answer = server.plain(Method::GET, "/healthz").header("x-forwarded-proto", proto).send().await.unwrap();
        header(&answer, STRICT).map(str::to_owned)
    };
    assert_eq!(ask(&stranger, "https").await, None);
    assert_eq!(ask(&proxied, "http").await, None);
    assert_eq!(ask(&proxied, "https").await.as_deref(), Some("max-age=63072000"));
}

#[tokio::test]
async fn refusals_have_their_shape() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    for (client, version) in clients(&authority, &server) {
        let refused = async |request: RequestBuilder| {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.version(), version);
            assert_eq!(header(&answer, "content-type"), Some("application/problem+json"));
            assert!(header(&answer, "x-request-id").is_some());
            let status = answer.status();
            (status, answer.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned())
        };
        let of = |method, path| as_user(&client, &server, "ann", method, path);
        assert_eq!(refused(of(Method::GET, "/nowhere")).await, (StatusCode::NOT_FOUND, "not_found".into()));
        assert_eq!(refused(of(Method::DELETE, "/inbox")).await.0, StatusCode::METHOD_NOT_ALLOWED);
        let large = json!({"title": "x".repeat(1024 * 1024), "to": {"user": "ann"}});
        let large = of(Method::PUT, "/preferences").json(&large);
        assert_eq!(refused(large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        // The connection goes on, or there is another one.
        assert_eq!(of(Method::GET, "/inbox").send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    for version in [tls::Version::TLS_1_2, tls::Version::TLS_1_3] {
        let client = authority.client(&server.address).tls_version_min(version).tls_version_max(version).build();
        let answer = client.unwrap().get(format!("https://{}/healthz", server.address)).send().await.unwrap();
        assert_eq!((answer.status(), answer.version()), (StatusCode::OK, reqwest::Version::HTTP_2), "{version:?}");
    }
}

/// More than a browser asks for at once: what is beyond is refused, and the rest answered.
#[tokio::test]
async fn a_connection_has_so_many_answers_at_once() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    let events = as_user(&server.client, &server, "ann", Method::GET, "/events").send().await.unwrap();
    let next = events.json::<Value>().await.unwrap()["cursor"].as_str().unwrap().to_owned();
    let path = format!("/events?after={next}&wait=10");
    // Of several users: one alone may not wait so often.
    let waiting =
        (0..270).map(|n| as_user(&server.client, &server, &format!("u{}", n / 10), Method::GET, &path).send());
    let answers = futures_util::future::try_join_all(waiting).await.unwrap();
    let refused = answers.iter().filter(|answer| answer.status() == 503).count();
    let answered = answers.iter().filter(|answer| answer.status() == 200).count();
    assert_eq!((answered, refused), (250, 20));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    let body = reqwest::Body::wrap_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = as_user(&server.client, &server, "ann", Method::PUT, "/preferences").body(body);
    let answer = request.header("content-type", "application/json").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (408, reqwest::Version::HTTP_2));
    assert_eq!(server.get("ann", "/inbox").await["unread"], 0, "the connection goes on");
}

/// HTTP/2 has no `Host`: what is decided by it is decided by `:authority`.
#[tokio::test]
async fn the_name_of_the_host_decides_on_cookies_and_origins() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    crate::session::add(&server, "ann", &[]);
    let port = server.address.rsplit_once(':').unwrap().1;
    for (client, version) in clients(&authority, &server) {
        let sign_in = async |host: &str, origin: &str| {
            let url = format!("https://{host}/api/v1/auth/login");
            let body = json!({"user": "ann", "password": "correct horse"});
            let answer = client.post(url).header("origin", origin).json(&body).send().await.unwrap();
            assert_eq!(answer.version(), version);
            let cookie = header(&answer, "set-cookie").unwrap_or_default().to_owned();
            (answer.status().as_u16(), cookie)
        };
        let named = format!("{NAME}:{port}");
        let (status, cookie) = sign_in(&named, &format!("https://{named}")).await;
        assert_eq!(status, 200);
        assert!(cookie.starts_with("__Host-tidings_session=") && cookie.contains("; Secure"), "{cookie}");
        assert_eq!(sign_in(&named, "https://elsewhere.test").await.0, 403);
        assert_eq!(sign_in(&named, &format!("https://{}", server.address)).await.0, 403);
        let cookie = cookie.split(';').next().unwrap();
        let me = client.get(format!("https://{named}/api/v1/auth/me")).header("cookie", "other=1");
        assert_eq!(me.header("cookie", cookie).send().await.unwrap().status(), 200, "in two fields");
        let (status, cookie) = sign_in(&server.address, &format!("https://{}", server.address)).await;
        assert_eq!(status, 200);
        assert!(cookie.starts_with("tidings_session="), "{cookie}");
    }
}

/// The commands of the terminal, with an authority that only the environment names.
#[tokio::test]
async fn commands_call_it() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    let command = |args: &[&str]| {
        let mut command = server.command(args);
        command.env("TIDINGS_URL", format!("https://{}", server.address));
        command
    };
    let send = ["send", "--to", "ann", "--title", "over TLS"];
    assert!(!command(&send).status().unwrap().success(), "nobody knows the authority");
    for args in [&send[..], &["topic", "put", "deploys"]] {
        let output = command(args).env("SSL_CERT_FILE", authority.path("authority.pem")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
}
