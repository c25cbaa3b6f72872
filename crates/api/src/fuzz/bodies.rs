//! The bodies of requests.

use std::{cell::RefCell, collections::BTreeMap};

use actix_web::{FromRequest as _, test::TestRequest};
use serde_json::value::RawValue;
use tidings_middleware::{Code, Problem};
use tidings_models::{Draft, UserId};
use tokio::runtime::{Builder, Runtime};

use super::{NOW, id, strict};
use crate::{
    controllers::admin::notifications::{
        batch::BatchItem,
        content::{Asked, CreateRequest},
    },
    extract::{Items, Object, parse},
};

/// Everything that a notification may be refused for.
const REFUSALS: [Code; 10] = [
    Code::InvalidJson,
    Code::UnknownField,
    Code::InvalidRequest,
    Code::InvalidTitle,
    Code::InvalidText,
    Code::TooLong,
    Code::InvalidUrl,
    Code::InvalidTime,
    Code::InvalidRecipients,
    Code::InvalidIdempotencyKey,
];

/// JSON: what is taken is what another reader takes, which knows nothing of how we read.
pub fn json(data: &[u8]) {
    let taken = parse::<Box<RawValue>>(data);
    assert_eq!(taken.is_ok(), strict::accepts(data), "{:?}", taken.map_err(|problem| problem.to_string()));
    match taken {
        Ok(value) => assert_eq!(value.get().trim_matches([' ', '\t', '\r', '\n']).as_bytes(), data.trim_ascii()),
        Err(problem) => assert_eq!(problem.code(), Code::InvalidJson),
    }
}

/// A body that makes a notification: it is malformed if another reader says so, and no field is taken for anything but
/// what it says.
pub fn create(data: &[u8]) {
    let request = parse::<Object<CreateRequest>>(data);
    let malformed = matches!(&request, Err(problem) if problem.code() == Code::InvalidJson);
    assert_eq!(malformed, !strict::accepts(data));
    match request.and_then(|Object(request)| request.check(id(), NOW)) {
        Ok((Asked { notification, .. }, _)) => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(data).unwrap();
            let text = |name: &str| -> Option<String> { serde_json::from_str(fields.get(name)?.get()).unwrap() };
            assert_eq!(text("title").as_ref(), Some(&notification.title));
            assert_eq!(text("body"), notification.body);
            assert_eq!(text("category"), notification.category);
            assert_eq!(text("link").as_deref(), notification.link.as_ref().map(tidings_models::Link::as_str));
            let given = fields.get("data").filter(|given| given.get() != "null");
            assert_eq!(given.is_some(), notification.data.is_some());
            if let Some((given, kept)) = given.zip(notification.data.as_deref()) {
                assert_eq!(without_blanks(given.get()), kept.get());
            }
        }
        Err(problem) => is_documented(&problem),
    }
}

fn is_documented(problem: &Problem) {
    assert!(REFUSALS.contains(&problem.code()), "{problem}");
    let body = serde_json::to_value(problem.body("")).unwrap();
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let short = |text: &serde_json::Value| text.as_str().unwrap().chars().count() <= 300;
    assert!(errors.iter().all(|error| short(&error["field"]) && short(&error["detail"])), "{body}");
}

/// A document without the blanks between its tokens, which stand where no string is open.
fn without_blanks(json: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('"') {
        parts.push(before.replace([' ', '\t', '\r', '\n'], ""));
        let mut escaped = false;
        let ends = |c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        };
        let (string, behind) = after.split_at(after.find(ends).unwrap());
        parts.push(format!("\"{string}\""));
        rest = &behind[1..];
    }
    parts.push(rest.replace([' ', '\t', '\r', '\n'], ""));
    parts.concat()
}

/// So many of a batch, to come to the limit soon.
const MOST: usize = 8;

/// A batch: each of its lines is taken as it would be alone, and an array is taken as its lines would be.
pub fn batch(data: &[u8]) {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    let alone: Vec<_> =
        lines.iter().map(|line| drafted(parse(line).map(|Object(item): Object<BatchItem>| item))).collect();
    let expected = if (1..=MOST).contains(&lines.len()) { Ok(alone) } else { Err(Code::InvalidRequest) };
    assert_eq!(taken("application/x-ndjson", data), expected);
    let is_array_of_lines = lines
        .iter()
        .all(|line| std::str::from_utf8(line).is_ok_and(|line| serde_json::from_str::<&RawValue>(line).is_ok()));
    if is_array_of_lines {
        let array = [b"[".as_slice(), &lines.join(&b','), b"]"].concat();
        assert_eq!(taken("application/json", &array), expected);
    }
    match taken("application/json", data) {
        Ok(items) => assert!((1..=MOST).contains(&items.len())),
        Err(code) => assert!(matches!(code, Code::InvalidJson | Code::InvalidRequest), "{code:?}"),
    }
}

/// What becomes of each: what is kept under which key, or the code of what is wrong.
type Drafted = Result<(String, Option<String>), Code>;

fn drafted(item: Result<BatchItem, Problem>) -> Drafted {
    let publisher = UserId::parse("host").unwrap();
    match item.and_then(|item| item.draft(id(), &publisher, NOW)) {
        Ok(Draft::Notify { notification, key, .. }) => {
            Ok((serde_json::to_string(&notification).unwrap(), key.map(|key| key.key)))
        }
        Ok(other) => panic!("{other:?}"),
        Err(problem) => {
            is_documented(&problem);
            Err(problem.code())
        }
    }
}

fn taken(kind: &str, body: &[u8]) -> Result<Vec<Drafted>, Code> {
    thread_local! {
        static RUNTIME: RefCell<Runtime> = RefCell::new(Builder::new_current_thread().enable_time().build().unwrap());
    }
    let request = TestRequest::default().insert_header(("content-type", kind)).set_payload(body.to_vec());
    let (request, mut payload) = request.to_http_parts();
    let items =
        RUNTIME.with_borrow(|runtime| runtime.block_on(Items::<BatchItem, MOST>::from_request(&request, &mut payload)));
    items.map(|Items(items)| items.into_iter().map(drafted).collect()).map_err(|problem| problem.code())
}
