use actix_web::{
    App, HttpResponse,
    body::to_bytes,
    test::{TestRequest, call_service, init_service},
    web,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "they are only read from JSON")]
struct Draft {
    to: To,
    title: String,
    count: Option<u32>,
    level: Option<Level>,
    critical: Option<bool>,
    #[serde(default)]
    actions: Vec<Action>,
    data: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "they are only read from JSON")]
enum To {
    User(tidings_models::UserId),
    Users(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
    Error,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "they are only read from JSON")]
struct Action {
    label: String,
}

fn refused(body: &str) -> Value {
    let problem = parse::<Draft>(body.as_bytes()).map(|draft| draft.title).unwrap_err();
    serde_json::to_value(problem.body("")).unwrap()
}

#[test]
fn a_good_body_keeps_raw_json_to_the_letter() {
    let draft: Draft = parse(br#"{"to":{"user":"alice"},"title":"x","data":{"a": 1e400}}"#).unwrap();
    assert_eq!(draft.data.unwrap().get(), r#"{"a": 1e400}"#);
}

#[test]
fn unknown_fields_are_named() {
    let cases = [
        (r#"{"to":{"user":"a"},"tittle":"x"}"#, "tittle"),
        (r#"{"to":{"usr":"a"},"title":"x"}"#, "to.usr"),
        (r#"{"to":{"user":"a"},"title":"x","actions":[{"label":"a"},{"lable":"b"}]}"#, "actions[1].lable"),
    ];
    for (body, field) in cases {
        let problem = refused(body);
        assert_eq!((&problem["status"], &problem["code"]), (&json!(422), &json!("unknown_field")), "{problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert_eq!(problem["errors"][0]["code"], "unknown_field");
    }
    let detail = |body| refused(body)["detail"].clone();
    assert_eq!(
        detail(r#"{"to":{"user":"a"},"title":"x","actions":[{"lable":"b"}]}"#),
        "actions[0].lable: there is no such field; known is `label`"
    );
    assert_eq!(
        detail(r#"{"tittle":"x"}"#),
        "tittle: there is no such field; known is one of `to`, `title`, `count`, `level`, `critical`, `actions`, `data`"
    );
}

#[test]
fn wrong_values_are_named_and_not_repeated() {
    let with = |field: &str| format!(r#"{{"to":{{"user":"a"}},"title":"x",{field}}}"#);
    let cases = [
        ("{}".to_owned(), "to", "this field is required"),
        (r#"{"to":{"user":"a"}}"#.to_owned(), "title", "this field is required"),
        (with(r#""actions":[{}]"#), "actions[0].label", "this field is required"),
        (with(r#""count":"planted""#), "count", "must be a whole number from 0, not a string"),
        (with(r#""count":-1"#), "count", "must be a whole number from 0, not this number"),
        (with(r#""count":1.5"#), "count", "must be a whole number from 0, not this number"),
        (with(r#""critical":"planted""#), "critical", "must be true or false, not a string"),
        (with(r#""level":"planted""#), "level", "must be `info` or `error`"),
        (with(r#""level":7"#), "level", "must be one of the words that are listed for it"),
        (with(r#""actions":"planted""#), "actions", "must be a list, not a string"),
        (with(r#""actions":[7]"#), "actions[0]", "must be an object, not this number"),
        (
            r#"{"to":{"user":""},"title":"x"}"#.to_owned(),
            "to.user",
            "a user is 1 to 255 characters without control characters",
        ),
        (r#"{"to":{"users":"planted"},"title":"x"}"#.to_owned(), "to.users", "must be a list, not a string"),
        (r#"{"to":{"user":"a"},"title":null}"#.to_owned(), "title", "must be a string, not null"),
        ("[]".to_owned(), "", ""),
        ("\"planted\"".to_owned(), "", "must be an object, not a string"),
    ];
    for (body, field, detail) in cases {
        let problem = refused(&body);
        assert_eq!(
            (&problem["status"], &problem["code"]),
            (&json!(422), &json!("invalid_request")),
            "{body} {problem}"
        );
        assert_eq!(problem["errors"][0]["code"], "invalid_value");
        assert_eq!(problem["errors"][0]["field"], field, "{body} {problem}");
        assert!(detail.is_empty() || problem["errors"][0]["detail"] == detail, "{body} {problem}");
        assert!(!problem.to_string().contains("planted"), "{problem}");
    }
}

#[test]
fn malformed_bodies_say_where() {
    for body in ["", "{", "{} {}", r#"{"title":1,"title":2}"#, &"[".repeat(10_000)] {
        let problem = refused(body);
        assert_eq!((&problem["status"], &problem["code"]), (&json!(400), &json!("invalid_json")), "{body}");
        assert!(problem["detail"].as_str().unwrap().contains("(line 1, column "), "{problem}");
    }
}

async fn sent(request: TestRequest) -> (u16, String) {
    let handler = |Json(value): Json<Value>| async move { HttpResponse::Ok().json(value) };
    let small = web::resource("/small").app_data(BodyLimit(8)).route(web::post().to(handler));
    let app = init_service(App::new().service(small).route("/", web::post().to(handler))).await;
    let response = call_service(&app, request.to_request()).await;
    let code = response.response().error().and_then(|e| e.as_error::<Problem>()).map(|p| p.code().word().to_owned());
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, code.unwrap_or_else(|| String::from_utf8(body.to_vec()).unwrap()))
}

fn post(path: &str, body: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header(("content-type", "application/json")).set_payload(body.to_owned())
}

#[actix_web::test]
async fn kinds_of_bodies() {
    for good in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        assert_eq!(sent(post("/", "{}").insert_header(("content-type", good))).await, (200, "{}".into()), "{good}");
    }
    for bad in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
        "application/jsonx",
        "",
        "json",
    ] {
        let answer = sent(post("/", "{}").insert_header(("content-type", bad))).await;
        assert_eq!(answer, (415, "unsupported_media_type".into()), "{bad}");
    }
    let none = TestRequest::post().set_payload("{}");
    assert_eq!(sent(none).await, (415, "unsupported_media_type".into()));
    let twice = post("/", "{}").append_header(("content-type", "text/plain"));
    assert_eq!(sent(twice).await, (415, "unsupported_media_type".into()));
    for coding in ["gzip", "br", "identity, gzip", "deflate"] {
        let answer = sent(post("/", "{}").insert_header(("content-encoding", coding))).await;
        assert_eq!(answer, (415, "unsupported_encoding".into()), "{coding}");
    }
    assert_eq!(sent(post("/", "{}").insert_header(("content-encoding", "identity"))).await.0, 200);
}

#[actix_web::test]
async fn bodies_over_the_limit() {
    let fill = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
    assert_eq!(sent(post("/small", &fill(8))).await.0, 200);
    assert_eq!(sent(post("/small", &fill(9))).await, (413, "body_too_large".into()));
    assert_eq!(sent(post("/", &fill(64 * 1024))).await.0, 200);
    assert_eq!(sent(post("/", &fill(64 * 1024 + 1))).await, (413, "body_too_large".into()));
    let declared = post("/small", "{}").insert_header(("content-length", "9"));
    assert_eq!(sent(declared).await, (413, "body_too_large".into()));
    let absurd = post("/small", "{}").insert_header(("content-length", "99999999999999999999"));
    assert_eq!(sent(absurd).await.0, 200, "the framework refuses it before");
}
