//! The parameters of a request's URL.

use std::{
    collections::HashSet,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::{Deserialize, de::DeserializeOwned};
use tidings_middleware::{Code, FieldError, Problem};
use url::form_urlencoded;

use super::wording;

/// The parameters of a request's URL, read strictly: none unknown, none twice, each with a value of
/// its type. A route without parameters takes [`NoParameters`].
#[derive(Clone, Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// For a route that knows no parameters, so that it refuses any.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// The same, where a value may be any bytes: what is not UTF-8 comes as U+FFFD, which no cursor has.
#[derive(Clone, Debug)]
pub(crate) struct Lossy<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse_text(request.query_string()).map(Self))
    }
}

impl<T: DeserializeOwned> FromRequest for Lossy<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(request.query_string()).map(Self))
    }
}

/// Reads a query that is UTF-8 throughout, with no escape cut off.
fn parse_text<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(invalid(&name, "not UTF-8"));
        }
    }
    if escapes_are_whole(query) {
        parse(query)
    } else {
        Err(invalid("", "a % that is not followed by two hexadecimal digits"))
    }
}

/// Reads a query (`application/x-www-form-urlencoded`, WHATWG URL, section 5.1), except that what
/// the standard would mend is refused.
pub(crate) fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut seen = HashSet::new();
    for (name, _) in form_urlencoded::parse(query.as_bytes()) {
        if !seen.insert(name.clone()) {
            return Err(invalid(&name, "given more than once"));
        }
    }
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let message = error.inner().to_string();
        if let Some(name) = wording::quoted_after(&message, "unknown field `") {
            invalid(name, "there is no such parameter here")
        } else if let Some(name) = wording::quoted_after(&message, "missing field `") {
            invalid(name, "this parameter is required")
        } else {
            invalid(&error.path().to_string(), &wording::of_value(&message))
        }
    })
}

fn escapes_are_whole(query: &str) -> bool {
    query.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit()))
}

fn invalid(name: &str, detail: &str) -> Problem {
    let name: String = name.chars().take(100).collect();
    let summary = if name.is_empty() { detail.to_owned() } else { format!("{name}: {detail}") };
    Problem::new(Code::InvalidQuery).detail(summary).errors(vec![FieldError::new(name, Code::InvalidQuery, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum State {
        All,
        Unread,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct List {
        limit: Option<u32>,
        after: Option<String>,
        state: Option<State>,
        atomic: Option<bool>,
    }

    #[test]
    fn good_queries() {
        let list =
            |limit, after: Option<&str>, state| List { limit, after: after.map(str::to_owned), state, atomic: None };
        assert_eq!(parse::<List>("").unwrap(), list(None, None, None));
        assert_eq!(parse::<List>("limit=5&state=unread").unwrap(), list(Some(5), None, Some(State::Unread)));
        assert_eq!(parse::<List>("after=a+b%2Bc%C3%A9").unwrap(), list(None, Some("a b+cé"), None));
        assert!(parse::<NoParameters>("").is_ok());
    }

    #[test]
    fn bad_queries_name_the_parameter() {
        let cases = [
            ("sort=pos;drop", "sort: there is no such parameter here"),
            ("limit=1&limit=2", "limit: given more than once"),
            ("limit=1&li%6Dit=2", "limit: given more than once"),
            ("limit=-1", "limit: must be a whole number"),
            ("limit=abc", "limit: must be a whole number"),
            ("limit=", "limit: must be a whole number"),
            ("limit", "limit: must be a whole number"),
            ("limit=1e9", "limit: must be a whole number"),
            ("limit=99999999999", "limit: is out of range"),
            ("state=new", "state: must be `all` or `unread`"),
            ("atomic=yes", "atomic: provided string was not `true` or `false`"),
            ("after=%zz", "a % that is not followed by two hexadecimal digits"),
            ("after=%f", "a % that is not followed by two hexadecimal digits"),
            ("after=%ff", "after: not UTF-8"),
            ("LIMIT=1", "LIMIT: there is no such parameter here"),
        ];
        for (query, detail) in cases {
            let problem = parse_text::<List>(query).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidQuery);
            assert_eq!(problem.body("").detail, detail, "{query}");
        }
        assert!(parse::<NoParameters>("x=1").is_err());
    }

    #[test]
    fn where_any_bytes_are_taken_they_are() {
        for query in ["after=%ff", "after=%zz", "after=%f0%9f%a6%80"] {
            assert!(parse::<List>(query).unwrap().after.is_some(), "{query}");
        }
        assert!(parse::<List>("aftr=x").is_err());
    }
}
