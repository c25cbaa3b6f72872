//! JSON Web Key Sets, and the tokens that are checked by them.

use super::{
    issuer::{Issuer, jwks},
    *,
};

fn believing(json: &str) -> Tokens {
    let tokens = tokens();
    let (keys, _) = PublicKeys::of_jwks(json.as_bytes()).unwrap();
    tokens.believe(PublicKeys::Named(keys));
    tokens
}

fn claims() -> Value {
    json!({"sub": "alice", "exp": NOW + 60})
}

#[test]
fn a_token_is_checked_by_the_key_that_it_names() {
    let issuers = [Issuer::rsa("r-1"), Issuer::p256("https://login.example/p#1"), Issuer::ed25519("ed")];
    let tokens = believing(&jwks(&[&issuers[0], &issuers[1], &issuers[2]]));
    for issuer in &issuers {
        assert!(tokens.verify(&issuer.token(&claims()), now()).is_ok(), "{}", issuer.algorithm());
        let header = json!({"alg": issuer.algorithm(), "kid": "r-1"});
        let under_another = tokens.verify(&issuer.sign(&header, &claims().to_string()), now());
        assert_eq!(under_another.is_ok(), issuer.algorithm() == "RS256");
        let header = json!({"alg": issuer.algorithm()});
        let unnamed = tokens.verify(&issuer.sign(&header, &claims().to_string()), now());
        assert_eq!(unnamed, Err(InvalidToken::Unnamed));
    }
    let impostor = Issuer::ed25519("ed");
    assert!(matches!(tokens.verify(&impostor.token(&claims()), now()), Err(InvalidToken::Unreadable(_))));
}

#[test]
fn names_that_lead_nowhere() {
    let issuer = Issuer::p256("p");
    let tokens = believing(&jwks(&[&issuer]));
    let named = |name: Value| {
        let header = json!({"alg": "ES256", "kid": name});
        tokens.verify(&issuer.sign(&header, &claims().to_string()), now()).unwrap_err()
    };
    for name in ["q", "P", "../../etc/passwd", "'--", "http://127.0.0.1:1/", &"x".repeat(256)] {
        assert_eq!(named(json!(name)), InvalidToken::UnknownKey, "{name}");
    }
    // No key can be called that, so nobody need be asked for it.
    for name in ["", " ", "a b", "a\nb", "p\u{0}", "é", "\u{202e}p", &"x".repeat(257), &"x".repeat(5000)] {
        assert_eq!(named(json!(name)), InvalidToken::Name, "{name:?}");
    }
    assert_eq!(named(json!("x".repeat(10_000))), InvalidToken::TooLong);
    for name in [json!(7), json!(["p"]), json!({"p": 1})] {
        assert!(matches!(named(name), InvalidToken::Unreadable(_)));
    }
}

/// A key with other members; `null` takes one away.
fn with(jwk: &Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("{changes}") };
    let mut jwk = jwk.clone();
    for (name, value) in changes {
        if value.is_null() {
            jwk.as_object_mut().unwrap().remove(&name);
        } else {
            jwk[name] = value;
        }
    }
    jwk
}

#[test]
fn keys_for_something_else_are_passed_over() {
    let (rsa, p256) = (Issuer::rsa("rsa").jwk(), Issuer::p256("p256").jwk());
    let ed25519 = Issuer::ed25519("ed25519").jwk();
    let count = |jwk: &Value| {
        let set = json!({"keys": [jwk, rsa]}).to_string();
        PublicKeys::of_jwks(set.as_bytes()).map(|(keys, others)| (keys.count(), others)).unwrap()
    };
    let good = [
        rsa.clone(),
        p256.clone(),
        ed25519.clone(),
        with(&rsa, json!({"alg": null, "use": null, "x5c": ["MAA="], "x5t": "x", "unheard_of": [1]})),
        with(&p256, json!({"use": null, "key_ops": ["verify"]})),
    ];
    for jwk in &good {
        assert_eq!(count(jwk), (2, 0), "{jwk}");
    }
    let short = part(&"x".repeat(128));
    let passed_over = [
        with(&rsa, json!({"use": "enc"})),
        with(&rsa, json!({"use": "SIG"})),
        with(&rsa, json!({"key_ops": ["encrypt"]})),
        with(&rsa, json!({"key_ops": []})),
        with(&rsa, json!({"alg": "RS512"})),
        with(&rsa, json!({"alg": "PS256"})),
        with(&rsa, json!({"alg": "ES256"})),
        with(&rsa, json!({"alg": "HS256"})),
        with(&rsa, json!({"alg": "RSA-OAEP"})),
        with(&rsa, json!({"kid": null})),
        with(&rsa, json!({"kid": ""})),
        with(&rsa, json!({"kid": "a\nb"})),
        with(&rsa, json!({"kid": "x".repeat(257)})),
        with(&rsa, json!({"kid": 7})),
        with(&rsa, json!({"n": short})),
        with(&rsa, json!({"n": ""})),
        with(&rsa, json!({"n": "!"})),
        with(&rsa, json!({"e": "AQ"})), // 1: anything would be its own signature
        with(&rsa, json!({"e": "Ag"})), // even
        with(&rsa, json!({"e": null})),
        with(&rsa, json!({"d": "AQAB"})),
        with(&rsa, json!({"kty": "rsa"})),
        with(&rsa, json!({"kty": "EC", "crv": "P-256"})),
        with(&p256, json!({"crv": "P-384", "alg": "ES384"})),
        with(&p256, json!({"crv": "secp256k1"})),
        with(&p256, json!({"x": p256["y"]})), // not on the curve
        with(&p256, json!({"x": part("x")})),
        with(&p256, json!({"y": null})),
        with(&p256, json!({"d": "x"})),
        with(&ed25519, json!({"crv": "X25519"})),
        with(&ed25519, json!({"crv": "Ed448"})),
        with(&ed25519, json!({"x": part("x")})),
        json!({"kty": "oct", "kid": "o", "k": part(SECRET), "alg": "HS256", "use": "sig"}),
        with(&rsa, json!({"k": part(SECRET)})),
        json!({}),
        json!("rsa"),
        json!(null),
        json!([[[[]]]]),
    ];
    for jwk in &passed_over {
        assert_eq!(count(jwk), (1, 1), "{jwk}");
    }
}

#[test]
fn a_symmetric_key_of_a_set_signs_nothing() {
    let set = json!({"keys": [{"kty": "oct", "kid": "o", "k": part(&"x".repeat(32)), "alg": "HS256"}]});
    let tokens = believing(&set.to_string());
    let forged = forge(r#"{"alg":"HS256","kid":"o"}"#, &claims().to_string(), Algorithm::HS256, &"x".repeat(32));
    assert!(tokens.verify(&forged, now()).is_err());
}

#[test]
fn what_is_no_set() {
    let deep = "[".repeat(100_000);
    for text in [
        "",
        "{}",
        "[]",
        "[[]]",
        "null",
        "<html>",
        r#"{"keys":{}}"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[]} x"#,
        &deep,
    ] {
        assert!(matches!(PublicKeys::of_jwks(text.as_bytes()), Err(WrongKeys::NotASet)), "{text:.40}");
    }
    let many = |count| json!({"keys": vec![json!({}); count]}).to_string();
    assert!(PublicKeys::of_jwks(many(64).as_bytes()).is_ok());
    assert!(matches!(PublicKeys::of_jwks(many(65).as_bytes()), Err(WrongKeys::TooManyNamed)));
}
