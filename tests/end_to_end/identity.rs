//! Users of an identity provider: its keys, from a file or over HTTP, and how they change while the server runs.

use std::{fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};
use tidings_middleware::Tokens;
use tidings_models::{Clock as _, Role, SystemClock, UserId};

use crate::{
    refusals::refused,
    support::{
        KeyServer, Server,
        issuer::{Issuer, base64url, jwks},
        until,
    },
};

const ISSUER: &str = "https://login.example";

fn claims() -> Value {
    json!({"sub": "ann", "exp": SystemClock.now().as_seconds() + 600, "iss": ISSUER, "aud": ["tidings", "other"]})
}

async fn status(server: &Server, token: &str) -> u16 {
    let answer = server.plain(Method::GET, "/api/v1/inbox").bearer_auth(token).send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 401 {
        assert_eq!(answer.headers()["www-authenticate"], r#"Bearer realm="tidings", error="invalid_token""#);
    }
    status
}

/// Waits until a token is answered so.
async fn becomes(server: &Server, token: &str, wanted: u16) {
    until("another answer", async || (status(server, token).await == wanted).then_some(())).await;
}

/// As one should: beside it, then renamed.
fn replace(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

#[tokio::test]
async fn a_public_key_in_a_file_and_the_one_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let (old, new) = (Issuer::rsa("a"), Issuer::ed25519("b"));
    fs::write(&path, old.pem()).unwrap();
    let server = Server::start_apart(&[
        ("TIDINGS_JWT_PUBLIC_KEY_FILE", path.to_str().unwrap()),
        ("TIDINGS_JWT_ISSUER", ISSUER),
        ("TIDINGS_JWT_AUDIENCE", "tidings"),
    ])
    .await;
    let (before, after) = (old.token(&claims()), new.token(&claims()));
    assert_eq!((status(&server, &before).await, status(&server, &after).await), (200, 401));
    let own = server.command(&["token", "--sub", "root", "--role", "admin"]);
    let own = { own }.env("TIDINGS_JWT_ISSUER", ISSUER).env("TIDINGS_JWT_AUDIENCE", "tidings").output().unwrap();
    assert_eq!(status(&server, String::from_utf8(own.stdout).unwrap().trim()).await, 200, "our own stay good");
    replace(&path, &new.pem());
    becomes(&server, &after, 200).await;
    assert_eq!(status(&server, &before).await, 401, "though it was known");
    fs::write(&path, "broken").unwrap();
    server.signal("HUP");
    until("a warning", async || server.log().contains("TIDINGS_JWT_PUBLIC_KEY_FILE").then_some(())).await;
    assert_eq!(status(&server, &after).await, 200);
    replace(&path, &format!("{}{}", new.pem(), old.pem()));
    becomes(&server, &before, 200).await;
}

#[tokio::test]
async fn what_a_token_says_of_its_key_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let (issuer, stranger, trap) = (Issuer::rsa("a"), Issuer::rsa("a"), KeyServer::start("{}").await);
    fs::write(&path, issuer.pem()).unwrap();
    let server = Server::start_with(&[("TIDINGS_JWT_PUBLIC_KEY_FILE", path.to_str().unwrap())]).await;
    let claims = json!({"sub": "ann", "exp": SystemClock.now().as_seconds() + 600, "role": "admin"});
    let mut tokens = vec![format!("{}.{}.", base64url(r#"{"alg":"none"}"#), base64url(claims.to_string()))];
    let now = SystemClock.now();
    let mint = |tokens: Tokens| tokens.mint(&UserId::parse("ann").unwrap(), Role::Admin, now, now.plus_millis(60_000));
    // The name of its file is as public as the key.
    tokens.push(mint(Tokens::new(&format!("{:0>32}", path.display()).into()).unwrap()).unwrap());
    tokens.push(issuer.sign(&json!({"alg": "RS256", "crit": ["exp"]}), &claims.to_string()));
    tokens.push(issuer.sign(&json!({"alg": "RS256"}), r#"{"sub":"ann"}"#));
    tokens.push(issuer.sign(&json!({"alg": "RS256"}), r#"{"sub":"ann","sub":"root","exp":9e9}"#));
    tokens.push(issuer.sign(&json!({"alg": "RS256"}), r#"{"sub":"ann","exp":9e9,"nbf":9e9}"#));
    for header in [
        json!({"alg": "RS256", "jwk": stranger.jwk()}),
        json!({"alg": "RS256", "jku": trap.url(), "kid": "a"}),
        json!({"alg": "RS256", "x5u": trap.url()}),
        json!({"alg": "RS256", "kid": trap.url()}),
        json!({"alg": "RS256", "kid": "../../../../etc/passwd"}),
        json!({"alg": "RS256", "kid": "' OR 1=1 --"}),
        json!({"alg": "RS256", "kid": "x".repeat(10_000)}),
        json!({"alg": "RS256", "kid": "a\r\nb\u{0}"}),
    ] {
        tokens.push(stranger.sign(&header, &claims.to_string()));
    }
    let mut bodies = Vec::new();
    for token in tokens {
        let mut body =
            refused(server.plain(Method::GET, "/api/v1/inbox").bearer_auth(token), 401, "invalid_token").await;
        body.as_object_mut().unwrap().remove("request_id");
        bodies.push(body);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same body for all");
    assert_eq!(trap.fetches(), 0);
}

#[tokio::test]
async fn keys_of_a_provider_and_those_after_them() {
    let (old, new) = (Issuer::p256("2026-11"), Issuer::rsa("2026-12"));
    let provider = KeyServer::start(&jwks(&[&old])).await;
    let server = Server::start_apart(&[
        ("TIDINGS_JWT_JWKS_URL", &provider.url()),
        ("TIDINGS_JWT_ISSUER", ISSUER),
        ("TIDINGS_JWT_AUDIENCE", "tidings"),
        // A proxy of the environment is not asked.
        ("http_proxy", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
    ])
    .await;
    let (before, after) = (old.token(&claims()), new.token(&claims()));
    becomes(&server, &before, 200).await;
    let mut others = claims();
    others["aud"] = json!("other");
    assert_eq!(status(&server, &old.token(&others)).await, 401);
    // It changes its key: the first token under it is good at once, and the old key is gone.
    provider.publish(&jwks(&[&new]));
    let fetches = provider.fetches();
    assert_eq!(status(&server, &after).await, 200);
    assert_eq!(status(&server, &before).await, 401);
    for number in 0..100 {
        let stranger = new.sign(&json!({"alg": "RS256", "kid": format!("made-up-{number}")}), &claims().to_string());
        assert_eq!(status(&server, &stranger).await, 401);
    }
    assert_eq!(provider.fetches(), fetches + 1);
    assert!(provider.requests().iter().all(|line| line.starts_with("GET /keys.json?tenant=x ")));
    // It is in trouble: what was believed stays so.
    provider.answer("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n");
    server.signal("HUP");
    until("a warning", async || server.log().contains("cannot be fetched").then_some(())).await;
    assert_eq!(status(&server, &after).await, 200);
}

#[tokio::test]
async fn a_provider_that_is_away_does_not_keep_the_server_from_starting() {
    let issuer = Issuer::ed25519("a");
    let address = {
        let place = KeyServer::start("").await;
        place.url().trim_start_matches("http://").split('/').next().unwrap().to_owned()
    };
    let url = format!("http://{address}/keys.json");
    let server = Server::start_with(&[("TIDINGS_JWT_JWKS_URL", &url)]).await;
    let token = issuer.token(&json!({"sub": "ann", "exp": SystemClock.now().as_seconds() + 600}));
    assert_eq!(status(&server, &token).await, 401);
    assert_eq!(status(&server, &Server::token("ann", Role::User)).await, 200);
    let _provider = KeyServer::start_at(&address, &jwks(&[&issuer])).await;
    becomes(&server, &token, 200).await;
}

#[tokio::test]
async fn a_secret_in_a_file_and_the_one_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let (old, new) = ("o".repeat(40), "n".repeat(40));
    fs::write(&path, format!("{old}\n")).unwrap();
    let server = Server::start_with(&[("TIDINGS_JWT_SECRET_FILE", path.to_str().unwrap())]).await;
    let token = |secret: &str| {
        let (tokens, now) = (Tokens::new(&secret.into()).unwrap(), SystemClock.now());
        tokens.mint(&UserId::parse("ann").unwrap(), Role::User, now, now.plus_millis(600_000)).unwrap()
    };
    let (before, after) = (token(&old), token(&new));
    assert_eq!((status(&server, &before).await, status(&server, &after).await), (200, 401));
    replace(&path, &format!("{new}\n{old}\n"));
    becomes(&server, &after, 200).await;
    assert_eq!(status(&server, &before).await, 200);
    replace(&path, &format!("{new}\n"));
    becomes(&server, &before, 401).await;
    assert_eq!(status(&server, &after).await, 200);
}
