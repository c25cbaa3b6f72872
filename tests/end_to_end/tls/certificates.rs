//! Certificates that are wrong, and certificates that are renewed.

use reqwest::tls::TlsInfo;

use super::*;
use crate::support::until;

/// The certificate that is shown to who comes now.
async fn shown(authority: &Authority, server: &Server) -> Vec<u8> {
    let client = authority.client(&server.address).tls_info(true).build().unwrap();
    let answer = client.get(format!("https://{}/healthz", server.address)).send().await.unwrap();
    answer.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    let first = shown(&authority, &server).await;
    authority.write("cert.pem", "broken");
    until("it is told", async || server.log().contains("the certificate is of no use").then_some(())).await;
    assert!(server.log().contains("TIDINGS_TLS_CERT_FILE is wrong"), "{}", server.log());
    assert_eq!(shown(&authority, &server).await, first);
    let second = authority.certify();
    until("the new one is shown", async || (shown(&authority, &server).await == second).then_some(())).await;
    assert_eq!(server.plain(Method::GET, "/healthz").send().await.unwrap().status(), 200, "who was there goes on");
    let third = authority.certify();
    server.signal("HUP");
    until("the third one is shown", async || (shown(&authority, &server).await == third).then_some(())).await;
}

#[tokio::test]
async fn a_start_with_wrong_files_says_which_setting() {
    let authority = Authority::new();
    let server = Server::start().await;
    let (certificate, key) = (authority.path("cert.pem"), authority.path("key.pem"));
    for (env, part) in [
        (vec![("TIDINGS_TLS_CERT_FILE", &certificate)], "TIDINGS_TLS_KEY_FILE is not"),
        (vec![("TIDINGS_TLS_KEY_FILE", &key)], "TIDINGS_TLS_CERT_FILE is not"),
        (
            vec![("TIDINGS_TLS_CERT_FILE", &certificate), ("TIDINGS_TLS_KEY_FILE", &certificate)],
            "TIDINGS_TLS_KEY_FILE is wrong",
        ),
        (vec![("TIDINGS_TLS_CERT_FILE", &key), ("TIDINGS_TLS_KEY_FILE", &key)], "TIDINGS_TLS_CERT_FILE is wrong"),
    ] {
        let mut command = server.command(&["serve", "--listen", "127.0.0.1:0"]);
        let output = command.envs(env).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(part), "{said}");
    }
}
