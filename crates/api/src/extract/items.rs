//! A request body of many objects.

use std::fmt;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use tidings_middleware::{Code, Problem};

use super::{
    Object,
    body::{self, BodyLimit},
    json::parse,
};

const ARRAY: &str = "application/json";
/// One on each line (<https://github.com/ndjson/ndjson-spec>).
const LINES: &str = "application/x-ndjson";
/// So many are read before others of this thread go on: its streams must not wait for a whole body.
const AT_ONCE: usize = 32;

/// A request body of 1 to `MOST` objects: a JSON array, or one on each line, where empty lines count for
/// nothing. Each is read as strictly as a body of its own (see [`Json`](super::Json)), and what is wrong with
/// one is wrong with that one alone. Only an array that cannot be taken apart is refused as a whole.
#[derive(Debug)]
pub(crate) struct Items<T, const MOST: usize>(pub(crate) Vec<Result<T, Problem>>);

impl<T: DeserializeOwned + 'static, const MOST: usize> FromRequest for Items<T, MOST> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let limit = BodyLimit::of(request);
        let by_line = body::is_of(request, LINES);
        let checked = body::check_head(request, if by_line { LINES } else { ARRAY }, limit);
        let mut payload = payload.take();
        Box::pin(async move {
            checked.map_err(name_both)?;
            let body = body::read(&mut payload, limit).await?;
            if by_line { read(&lines(&body, MOST)?).await } else { read(&array::<MOST>(&body)?.0).await }.map(Self)
        })
    }
}

fn name_both(problem: Problem) -> Problem {
    match problem.code() {
        Code::UnsupportedMediaType => problem.detail(format!("Send the body with Content-Type: {ARRAY}, or {LINES}.")),
        _ => problem,
    }
}

async fn read<T: DeserializeOwned>(items: &[impl Bytes]) -> Result<Vec<Result<T, Problem>>, Problem> {
    if items.is_empty() {
        return Err(Problem::new(Code::InvalidRequest).detail("There must be at least one."));
    }
    let mut read = Vec::with_capacity(items.len());
    for some in items.chunks(AT_ONCE) {
        read.extend(some.iter().map(|item| parse::<Object<T>>(item.bytes()).map(|Object(value)| value)));
        tokio::task::yield_now().await;
    }
    Ok(read)
}

trait Bytes {
    fn bytes(&self) -> &[u8];
}

impl Bytes for &[u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Bytes for Box<RawValue> {
    fn bytes(&self) -> &[u8] {
        self.get().as_bytes()
    }
}

fn lines(body: &[u8], most: usize) -> Result<Vec<&[u8]>, Problem> {
    let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let lines: Vec<_> = lines.take(most + 1).collect();
    if lines.len() > most {
        return Err(Problem::new(Code::InvalidRequest).detail(too_many(most)));
    }
    Ok(lines)
}

/// Takes an array apart. What its elements are is not looked at.
fn array<const MOST: usize>(body: &[u8]) -> Result<Array<MOST>, Problem> {
    match std::str::from_utf8(body).map(serde_json::from_str) {
        Ok(Ok(array)) => Ok(array),
        _ => parse(body), // which says what is wrong
    }
}

fn too_many(most: usize) -> String {
    format!("There are more than {most}, which is the most at once.")
}

#[derive(Debug)]
struct Array<const MOST: usize>(Vec<Box<RawValue>>);

impl<'de, const MOST: usize> Deserialize<'de> for Array<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements::<MOST>)
    }
}

struct Elements<const MOST: usize>;

impl<'de, const MOST: usize> Visitor<'de> for Elements<MOST> {
    type Value = Array<MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            if elements.len() == MOST {
                return Err(A::Error::custom(too_many(MOST)));
            }
            elements.push(element);
        }
        Ok(Array(elements))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct One {
        n: u8,
    }

    /// Each number, or the code of what is wrong with it; or the code of what is wrong with the whole.
    async fn taken(kind: &str, body: impl Into<bytes::Bytes>) -> Result<Vec<Result<u8, &'static str>>, &'static str> {
        let request = TestRequest::default().insert_header(("content-type", kind)).set_payload(body);
        let (request, mut payload) = request.to_http_parts();
        match Items::<One, 3>::from_request(&request, &mut payload).await {
            Ok(Items(items)) => {
                Ok(items.into_iter().map(|item| item.map(|one| one.n).map_err(|no| no.code().word())).collect())
            }
            Err(problem) => Err(problem.code().word()),
        }
    }

    #[actix_web::test]
    async fn what_is_wrong_with_one_is_wrong_with_that_one_alone() {
        let deep = format!(r#"{{"n":{}{}}}"#, "[".repeat(20), "]".repeat(20));
        for (item, wrong) in [
            (r#"{"n":1,"n":2}"#, "invalid_json"),
            (deep.as_str(), "invalid_json"),
            (r#"{"n":1,"m":2}"#, "unknown_field"),
            (r#"{"n":"x"}"#, "invalid_request"),
            ("[1]", "invalid_request"),
            ("7", "invalid_request"),
        ] {
            let expected = Ok(vec![Ok(1), Err(wrong), Ok(3)]);
            assert_eq!(taken(ARRAY, format!(r#"[{{"n":1}}, {item}, {{"n":3}}]"#)).await, expected, "{item}");
            assert_eq!(taken(LINES, format!("{{\"n\":1}}\r\n\n \t\n{item}\n{{\"n\":3}}")).await, expected, "{item}");
        }
        for line in [b"{".as_slice(), b"{\"n\":1} {\"n\":1}", b"{\"n\":\xff}", b"\xef\xbb\xbf{\"n\":1}"] {
            let body = [b"{\"n\":1}\n", line, b"\n{\"n\":3}\n"].concat();
            assert_eq!(taken(LINES, body).await, Ok(vec![Ok(1), Err("invalid_json"), Ok(3)]), "{line:?}");
        }
    }

    #[actix_web::test]
    async fn what_cannot_be_taken_apart_is_refused_as_a_whole() {
        let four = ["{\"n\":1}"; 4];
        for (body, wrong) in [
            ("", "invalid_json"),
            (r#"[{"n":1}, {"n":2"#, "invalid_json"),
            (r#"[{"n":1},]"#, "invalid_json"),
            (r#"[{"n":1}] x"#, "invalid_json"),
            ("[", "invalid_json"),
            (r#"{"n":1}"#, "invalid_request"),
            ("[]", "invalid_request"),
            (&format!("[{}]", four.join(",")), "invalid_request"),
        ] {
            assert_eq!(taken(ARRAY, body.to_owned()).await, Err(wrong), "{body}");
        }
        assert_eq!(taken(ARRAY, b"[{\"n\":\xff}]".to_vec()).await, Err("invalid_json"));
        assert_eq!(taken(LINES, "").await, Err("invalid_request"));
        assert_eq!(taken(LINES, "\n\r\n \n").await, Err("invalid_request"));
        assert_eq!(taken(LINES, four.join("\n")).await, Err("invalid_request"));
        assert_eq!(taken(LINES, four[..3].join("\n")).await, Ok(vec![Ok(1); 3]));
        for kind in ["text/plain", "application/ndjson", "application/json; charset=latin1"] {
            assert_eq!(taken(kind, "[]").await, Err("unsupported_media_type"), "{kind}");
        }
    }
}
