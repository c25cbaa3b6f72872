//! Tokens that somebody else signs, checked by the keys of a file.

use super::{
    issuer::{Issuer, pem},
    *,
};

fn issuers() -> [Issuer; 3] {
    [Issuer::rsa("a"), Issuer::p256("a"), Issuer::ed25519("a")]
}

fn believing(pem: &str) -> Tokens {
    let tokens = tokens();
    assert!(tokens.believe(PublicKeys::of_pem(pem.as_bytes()).unwrap()));
    tokens
}

fn alice() -> Value {
    json!({"sub": "alice", "exp": NOW + 60})
}

#[test]
fn each_kind_of_key_is_believed_under_its_own_algorithm_alone() {
    let [rsa, p256, ed25519] = issuers();
    for issuer in [&rsa, &p256, &ed25519] {
        let tokens = believing(&issuer.pem());
        assert!(tokens.verify(&issuer.token(&alice()), now()).is_ok(), "{}", issuer.algorithm());
        for algorithm in ["none", "HS256", "HS512", "RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"] {
            let token = issuer.sign(&json!({"alg": algorithm}), &alice().to_string());
            let found = tokens.verify(&token, now());
            assert_eq!(found.is_ok(), algorithm == issuer.algorithm(), "{} as {algorithm}", issuer.algorithm());
        }
        for other in [&rsa, &p256, &ed25519] {
            let found = tokens.verify(&other.token(&alice()), now());
            assert_eq!(found.is_ok(), other.algorithm() == issuer.algorithm());
        }
    }
}

#[test]
fn a_public_key_is_no_secret() {
    for issuer in issuers() {
        let pem = issuer.pem();
        let tokens = believing(&pem);
        let der: Vec<u8> = base64::engine::general_purpose::STANDARD
            .decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>())
            .unwrap();
        let message = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part(&alice().to_string()));
        for secret in [pem.as_bytes(), pem.trim().as_bytes(), &der] {
            let key = EncodingKey::from_secret(secret);
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
            assert!(tokens.verify(&format!("{message}.{signature}"), now()).is_err());
        }
        assert!(matches!(Tokens::new(&pem.into()), Err(WrongSecret::Key)));
    }
}

#[test]
fn our_own_tokens_stay_good_beside_a_key() {
    let tokens = believing(&Issuer::p256("a").pem());
    let own = tokens.mint(&UserId::parse("bob").unwrap(), Role::Admin, now(), now().plus_millis(60_000)).unwrap();
    assert_eq!(tokens.verify(&own, now()).unwrap().role, Role::Admin);
}

#[test]
fn without_a_key_nobody_else_is_believed() {
    for issuer in issuers() {
        assert_eq!(tokens().verify(&issuer.token(&alice()), now()), Err(InvalidToken::Algorithm));
    }
}

#[test]
fn claims_of_others_keep_the_same_rules() {
    let issuer = Issuer::ed25519("a");
    let tokens = believing(&issuer.pem()).issuer("https://login.example").audience("tidings");
    let with = |changes: Value| {
        let mut claims = json!({"sub": "alice", "exp": NOW + 60, "iss": "https://login.example", "aud": "tidings"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        tokens.verify(&issuer.token(&claims), now())
    };
    assert_eq!(with(json!({})).unwrap().role, Role::User);
    assert_eq!(with(json!({"role": "admin", "aud": ["a", "tidings"]})).unwrap().role, Role::Admin);
    assert!(with(json!({"exp": NOW - 4, "nbf": NOW + 5})).is_ok());
    assert!(matches!(with(json!({"exp": NOW - 5})), Err(InvalidToken::Ended(_))));
    assert!(matches!(with(json!({"nbf": NOW + 6})), Err(InvalidToken::NotYet(_))));
    assert_eq!(with(json!({"iss": "https://login.example/"})), Err(InvalidToken::Issuer));
    assert_eq!(with(json!({"aud": "other"})), Err(InvalidToken::Audience));
    assert_eq!(with(json!({"aud": []})), Err(InvalidToken::Audience));
    for bad in [json!({"exp": null}), json!({"sub": null}), json!({"sub": 7}), json!({"role": "root"})] {
        assert!(matches!(with(bad), Err(InvalidToken::Unreadable(_))));
    }
    assert_eq!(with(json!({"sub": ""})), Err(InvalidToken::Subject));
    let header = json!({"alg": "EdDSA"});
    for claims in [r#"{"sub":"alice"}"#, r#"{"sub":"a","sub":"root","exp":1900000000}"#, "{}", "[]", ""] {
        assert!(tokens.verify(&issuer.sign(&header, claims), now()).is_err(), "{claims}");
    }
    for (name, value) in [("crit", json!(["b64"])), ("typ", json!("logout+jwt"))] {
        let mut header = header.clone();
        header[name] = value;
        assert!(tokens.verify(&issuer.sign(&header, &alice().to_string()), now()).is_err(), "{name}");
    }
    let huge = issuer.token(&json!({"sub": "alice", "exp": NOW + 60, "x": "x".repeat(9000)}));
    assert_eq!(tokens.verify(&huge, now()), Err(InvalidToken::TooLong));
}

#[test]
fn a_key_that_a_token_brings_along_is_not_used() {
    let (ours, theirs) = (Issuer::p256("a"), Issuer::p256("a"));
    let tokens = believing(&ours.pem());
    let headers = [
        json!({"alg": "ES256", "jwk": theirs.jwk()}),
        json!({"alg": "ES256", "jku": "http://127.0.0.1:1/jwks.json"}),
        json!({"alg": "ES256", "x5u": "http://127.0.0.1:1/x", "x5c": ["MAA="]}),
        json!({"alg": "ES256", "kid": "http://127.0.0.1:1/jwks.json"}),
    ];
    for header in headers {
        assert!(tokens.verify(&theirs.sign(&header, &alice().to_string()), now()).is_err(), "{header}");
        assert!(tokens.verify(&ours.sign(&header, &alice().to_string()), now()).is_ok(), "{header}");
    }
}

#[test]
fn every_changed_character_of_a_signature_is_noticed() {
    for issuer in issuers() {
        let tokens = believing(&issuer.pem());
        let good = issuer.token(&alice());
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad.replace_range(i..=i, if &good[i..=i] == "A" { "B" } else { "A" });
            assert!(tokens.verify(&bad, now()).is_err(), "{bad}");
        }
    }
}

/// The DER of an RSA key of so many bits. No one has the other half.
fn rsa_of(bits: usize) -> Vec<u8> {
    use aws_lc_rs::{encoding::AsDer as _, signature::RsaPublicKeyComponents};
    let mut n = vec![0xff; bits.div_ceil(8)];
    n[0] >>= n.len() * 8 - bits;
    RsaPublicKeyComponents { n, e: vec![1, 0, 1] }.as_der().unwrap().as_ref().to_vec()
}

#[test]
fn what_a_file_of_keys_may_hold() {
    let file = |text: &str| PublicKeys::of_pem(text.as_bytes()).map(|_| ());
    let [rsa, p256, ed25519] = issuers().map(|issuer| issuer.pem());
    for good in [&rsa, &p256, &ed25519, &format!("{rsa}{ed25519}"), &format!("# a note\n\n{p256}\n")] {
        assert_eq!(file(good), Ok(()), "{good}");
    }
    assert_eq!(file(&pem("PUBLIC KEY", &rsa_of(2048))), Ok(()));
    let cases = [
        (String::new(), WrongKeys::Missing),
        ("hello".into(), WrongKeys::Missing),
        (pem("RSA PUBLIC KEY", &rsa_of(2048)), WrongKeys::Missing),
        (rsa[..rsa.len() / 2].to_owned(), WrongKeys::NotPem),
        (format!("{rsa}{p256}{ed25519}"), WrongKeys::TooMany),
        (pem("PUBLIC KEY", &rsa_of(2047)), WrongKeys::Key(WrongKey::Short(2047))),
        (pem("PUBLIC KEY", &rsa_of(1024)), WrongKeys::Key(WrongKey::Short(1024))),
        (pem("PUBLIC KEY", &rsa_of(8200)), WrongKeys::Key(WrongKey::Long(8200))),
        (pem("PUBLIC KEY", b"nonsense"), WrongKeys::Key(WrongKey::Kind)),
        (format!("{rsa}{}", pem("PUBLIC KEY", b"")), WrongKeys::Key(WrongKey::Kind)),
        (format!("{rsa}{}", pem("PRIVATE KEY", b"x")), WrongKeys::Private),
        (pem("EC PRIVATE KEY", b"x"), WrongKeys::Private),
        (pem("CERTIFICATE", b"x"), WrongKeys::Certificate),
    ];
    for (text, wrong) in cases {
        assert_eq!(file(&text), Err(wrong), "{text}");
    }
}

/// Made by `openssl`, as most keys in files are; their private halves were thrown away.
#[test]
fn keys_that_openssl_wrote() {
    const SECP384R1: &str = include_str!("keys/test-secp384r1.pem");
    const P256: &str = include_str!("keys/test-p256.pem");
    const P256_COMPRESSED: &str = include_str!("keys/test-p256-compressed.pem");
    const ED25519: &str = include_str!("keys/test-ed25519.pem");
    const RSA: &str = include_str!("keys/test-rsa-3072.pem");
    const RSA_1024: &str = include_str!("keys/test-rsa-1024.pem");
    for good in [P256, P256_COMPRESSED, ED25519, RSA] {
        assert!(PublicKeys::of_pem(good.as_bytes()).is_ok(), "{good}");
    }
    assert!(PublicKeys::of_pem(SECP384R1.as_bytes()).is_err(), "another curve");
    assert!(matches!(PublicKeys::of_pem(RSA_1024.as_bytes()), Err(WrongKeys::Key(WrongKey::Short(1024)))));
}
