//! The parameters of URLs.

use std::collections::BTreeMap;

use actix_web::{FromRequest, dev::Payload, http::Uri, test::TestRequest};
use futures_util::FutureExt as _;
use serde::Deserialize;
use tidings_middleware::Code;

use crate::{
    extract::{Lossy, NoParameters, Query},
    paging::Limit,
};

/// One parameter of each type that there is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    after: Option<String>,
    #[serde(default)]
    limit: Limit,
    level: Option<tidings_models::Level>,
    atomic: Option<bool>,
}

/// Queries: what is taken is what the parameters say, each of them once.
pub fn query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(uri) = Uri::try_from(format!("/?{text}")) else { return };
    let request = TestRequest::with_uri(&uri.to_string()).to_http_request();
    let query = request.query_string();
    let none = take::<Query<NoParameters>>(&request);
    assert_eq!(none.is_ok(), query.split('&').all(str::is_empty), "{query}");
    if let Ok(Query(taken)) = take::<Query<Parameters>>(&request) {
        let given = pairs(query).unwrap();
        let text = |name: &str| given.get(name).map(String::as_str);
        assert!(given.keys().all(|name| matches!(name.as_str(), "after" | "limit" | "level" | "atomic")));
        assert_eq!(taken.after.as_deref(), text("after"));
        assert_eq!(taken.limit.get(), text("limit").map_or(50, |limit| limit.parse().unwrap()));
        assert_eq!(taken.level.map(tidings_models::Level::as_str), text("level"));
        assert_eq!(taken.atomic.map(|atomic| atomic.to_string()).as_deref(), text("atomic"));
    }
    // Where any bytes may stand, only their names and numbers can be wrong.
    let _ = take::<Lossy<Parameters>>(&request);
}

fn take<T: FromRequest<Error = tidings_middleware::Problem>>(request: &actix_web::HttpRequest) -> Result<T, Code> {
    let taken = T::from_request(request, &mut Payload::None).now_or_never().unwrap();
    taken.map_err(|problem| {
        assert_eq!(problem.code(), Code::InvalidQuery);
        problem.code()
    })
}

/// The parameters as the standard reads them (WHATWG URL, section 5.1). `None`: one of them twice, or no text.
fn pairs(query: &str) -> Option<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if pairs.insert(decoded(name)?, decoded(value)?).is_some() {
            return None;
        }
    }
    Some(pairs)
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}
