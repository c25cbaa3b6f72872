use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::*;
use crate::testing::issuer;

mod outside;
mod rotation;
mod sets;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;

fn tokens() -> Tokens {
    Tokens::new(&SecretString::from(SECRET)).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(NOW * 1000)
}

fn part(text: &str) -> String {
    BASE64.encode(text)
}

/// Signs whatever it is given, as an issuer with our secret and no scruples would.
fn forge(header: &str, claims: &str, algorithm: Algorithm, secret: &str) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn signed(header: &str, claims: &str) -> String {
    forge(header, claims, Algorithm::HS256, SECRET)
}

fn with(changes: &Value) -> String {
    let mut claims = json!({"sub": "alice", "exp": NOW + 60});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    signed(r#"{"alg":"HS256"}"#, &claims.to_string())
}

fn verify(token: &str) -> Result<Claims, InvalidToken> {
    tokens().verify(token, now())
}

#[test]
fn what_is_made_is_believed() {
    let user = UserId::parse("alice").unwrap();
    let ends = now().plus_millis(3_600_000);
    for role in [Role::User, Role::Admin] {
        let token = tokens().mint(&user, role, now(), ends).unwrap();
        let claims = verify(&token).unwrap();
        assert_eq!(claims, Claims { user: user.clone(), role, expires_at: ends, issued_at: Some(now()) });
    }
    let strict = tokens().issuer("us").audience("them");
    let token = strict.mint(&user, Role::User, now(), ends).unwrap();
    assert!(strict.verify(&token, now()).is_ok());
}

#[test]
fn a_short_secret_is_refused() {
    assert!(matches!(Tokens::new(&SecretString::from(&SECRET[1..])), Err(WrongSecret::Short)));
    assert!(matches!(Tokens::new(&SecretString::from("")), Err(WrongSecret::Short)));
}

#[test]
fn claims_that_are_believed() {
    let good = [
        json!({}),
        json!({"role": "user"}),
        json!({"role": "admin"}),
        json!({"exp": NOW - 4}), // Within the leeway.
        json!({"exp": 1_800_000_060.75}),
        json!({"exp": 253_402_300_799_i64}),
        json!({"nbf": NOW}),
        json!({"nbf": NOW + 5}),
        json!({"iat": NOW + 5}), // Its clock is fast, and within the leeway.
        json!({"iss": "anybody", "jti": "1", "extra": {"a": [1, null]}}),
        json!({"sub": "x".repeat(255)}),
    ];
    for claims in good {
        assert!(verify(&with(&claims)).is_ok(), "{claims}: {:?}", verify(&with(&claims)));
    }
}

#[test]
fn claims_that_are_not() {
    let bad = [
        json!({"sub": ""}),
        json!({"sub": "x".repeat(256)}),
        json!({"sub": "a\nb"}),
        json!({"sub": 7}),
        json!({"sub": null}),
        json!({"exp": NOW - 5}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": 1e300}),
        json!({"exp": u64::MAX}),
        json!({"exp": (NOW + 60).to_string()}),
        json!({"exp": null}),
        json!({"exp": true}),
        json!({"exp": [NOW + 60]}),
        json!({"nbf": NOW + 6}),
        json!({"nbf": "soon"}),
        json!({"nbf": null}),
        json!({"iat": "now"}),
        json!({"iat": NOW + 6}), // It would outlive what is revoked before then.
        json!({"iat": NOW + 6, "nbf": NOW}),
        json!({"sub": "api-key:00000000-0000-0000-0000-000000000000"}),
        json!({"role": "root"}),
        json!({"role": "Admin"}),
        json!({"role": null}),
        json!({"role": ["admin"]}),
        json!({"iss": 7}),
        json!({"aud": "others"}), // None is configured, so it is for somebody else.
    ];
    for claims in bad {
        assert!(verify(&with(&claims)).is_err(), "{claims}");
    }
    for claims in [
        "",
        "null",
        "[]",
        r#"["alice",1800000060]"#,
        "{}",
        r#"{"sub":"alice"}"#,
        r#"{"exp":1800000060}"#,
        r#"{"sub":"alice","exp":1e999}"#,
    ] {
        assert!(verify(&signed(r#"{"alg":"HS256"}"#, claims)).is_err(), "{claims}");
    }
    for twice in [r#""exp":1800000060,"exp":1900000000"#, r#""exp":1800000060,"sub":"bob""#] {
        assert!(verify(&signed(r#"{"alg":"HS256"}"#, &format!(r#"{{"sub":"alice",{twice}}}"#))).is_err(), "{twice}");
    }
}

#[test]
fn issuer_and_audience_are_required_where_they_are_configured() {
    let strict = tokens().issuer("us").audience("them");
    let verify = |claims: Value| strict.verify(&with(&claims), now()).map(|_| ());
    assert_eq!(verify(json!({"iss": "us", "aud": "them"})), Ok(()));
    assert_eq!(verify(json!({"iss": "us", "aud": ["a", "them"]})), Ok(()));
    for iss in [json!(null), json!("other"), json!("US"), json!(["us"]), json!("")] {
        assert!(verify(json!({"iss": iss, "aud": "them"})).is_err(), "{iss}");
    }
    for aud in [json!(null), json!("other"), json!([]), json!(["other"]), json!({"them": 1}), json!(7)] {
        assert!(verify(json!({"iss": "us", "aud": aud})).is_err(), "{aud}");
    }
    assert_eq!(verify(json!({"aud": "them"})), Err(InvalidToken::Issuer));
    assert_eq!(verify(json!({"iss": "us"})), Err(InvalidToken::Audience));
}

#[test]
fn headers_lead_nowhere() {
    let claims = json!({"sub": "alice", "exp": NOW + 60}).to_string();
    let harmless = [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"../../../etc/passwd"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"application/AT+JWT"}"#,
        r#"{"alg":"HS256","kid":"' OR 1=1 --","jku":"https://evil.example/jwks","x5u":"https://evil.example/x"}"#,
    ];
    for header in harmless {
        assert!(verify(&signed(header, &claims)).is_ok(), "{header}");
        assert!(verify(&forge(header, &claims, Algorithm::HS256, &"x".repeat(32))).is_err(), "{header}");
    }
    // The key that it brings along is the one that it is signed under.
    let theirs = "x".repeat(32);
    let brought = format!(r#"{{"alg":"HS256","jwk":{{"kty":"oct","k":"{}"}}}}"#, part(&theirs));
    assert!(verify(&forge(&brought, &claims, Algorithm::HS256, &theirs)).is_err());
    let refused = [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":""}"#,
        r#"{"alg":null}"#,
        "{}",
        "[]",
        "null",
        "",
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","crit":"exp"}"#,
        r#"{"alg":"HS256","typ":"logout+jwt"}"#,
        r#"{"alg":"HS256","typ":"application/dpop+jwt"}"#,
        r#"{"alg":"HS256","typ":"JWE"}"#,
        r#"{"alg":"HS256","typ":"é"}"#,
    ];
    for header in refused {
        assert!(verify(&signed(header, &claims)).is_err(), "{header}");
    }
    assert!(verify(&forge(r#"{"alg":"HS512"}"#, &claims, Algorithm::HS512, SECRET)).is_err());
}

#[test]
fn anything_but_the_token_itself_is_refused() {
    let good = with(&json!({}));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let none = part(r#"{"alg":"none"}"#);
    let bad = [
        String::new(),
        ".".into(),
        "..".into(),
        "a.b.c".into(),
        "🦀.🦀.🦀".into(),
        "tdk_0123456789".into(),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.x"),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}="),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}=.{signature}"),
        message.to_owned(),
        format!("{message}."),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{header}.{}.{signature}", part(r#"{"sub":"root","exp":1900000000,"role":"admin"}"#)),
        format!("{message}.{}", &signature[1..]),
        format!("{message}.{}", signature.to_uppercase()),
        "A".repeat(MAX_TOKEN + 1),
        format!("{good}{}", "A".repeat(MAX_TOKEN)),
        "{".repeat(4000),
        ".".repeat(8000),
        part(&"[".repeat(5000)) + "." + claims + "." + signature,
    ];
    for token in &bad {
        assert!(verify(token).is_err(), "{token}");
    }
    assert_eq!(verify(&"A".repeat(MAX_TOKEN + 1)), Err(InvalidToken::TooLong));
    assert!(verify(&good).is_ok());
}

#[test]
fn every_changed_character_is_noticed() {
    let good = with(&json!({}));
    for i in 0..good.len() {
        for other in ["A", "z", "-", "."] {
            let mut bad = good.clone();
            bad.replace_range(i..=i, other);
            assert!(bad == good || verify(&bad).is_err(), "{bad}");
        }
    }
}

#[test]
fn a_token_that_is_known_still_ends_and_begins() {
    let tokens = tokens();
    let at = |seconds| Timestamp::from_millis((NOW + seconds) * 1000);
    let token = with(&json!({"nbf": NOW + 20}));
    assert_eq!(tokens.verify(&token, at(0)), Err(InvalidToken::NotYet(at(20))), "before it is known");
    for _ in 0..2 {
        assert!(tokens.verify(&token, at(30)).is_ok());
    }
    // Clocks are set back too.
    assert_eq!(tokens.verify(&token, at(0)), Err(InvalidToken::NotYet(at(20))));
    assert!(tokens.verify(&token, at(64)).is_ok(), "within the leeway");
    for _ in 0..2 {
        assert_eq!(tokens.verify(&token, at(65)), Err(InvalidToken::Ended(at(60))));
    }
    assert!(tokens.verify(&token, at(64)).is_ok());
}

#[test]
fn a_token_that_is_known_lends_nothing_to_others() {
    let tokens = tokens();
    let good = with(&json!({}));
    assert!(tokens.verify(&good, now()).is_ok());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let theirs = forge(
        r#"{"alg":"HS256"}"#,
        &json!({"sub": "alice", "exp": NOW + 60}).to_string(),
        Algorithm::HS256,
        &"x".repeat(32),
    );
    assert!(theirs.starts_with(message), "the same header and claims");
    let other_end = if signature.ends_with('A') { "E" } else { "A" };
    let bad = [
        theirs,
        format!("{message}."),
        message.to_owned(),
        format!("{message}.{}", &signature[1..]),
        format!("{message}.{}{other_end}", &signature[..signature.len() - 1]),
        format!("{good} "),
    ];
    for bad in &bad {
        assert!(tokens.verify(bad, now()).is_err(), "{bad}");
    }
    assert!(tokens.verify(&good, now()).is_ok());
}

#[test]
fn what_one_secret_signed_is_nothing_under_another() {
    let (ours, theirs) = (tokens(), Tokens::new(&"x".repeat(32).into()).unwrap());
    let good = with(&json!({}));
    assert!(ours.verify(&good, now()).is_ok());
    assert!(theirs.verify(&good, now()).is_err());
    let strict = ours.issuer("us");
    assert_eq!(strict.verify(&good, now()), Err(InvalidToken::Issuer), "what was known before it had an issuer");
}

#[test]
fn nothing_that_is_refused_is_kept() {
    let tokens = tokens();
    let refused =
        [with(&json!({"exp": NOW - 60})), with(&json!({"aud": "them"})), with(&json!({"sub": ""})), "a.b.c".into()];
    for token in &refused {
        assert!(tokens.verify(token, now()).is_err());
        assert!(tokens.believed.read().known.get(token).is_none(), "{token}");
    }
}
