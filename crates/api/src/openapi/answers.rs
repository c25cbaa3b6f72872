//! What every operation may answer beside what it says itself, so that it is said once: refusals, by what an
//! operation has (a caller, a body, a name in its path), and the headers that go with a status.

use tidings_middleware::ProblemBody;
use utoipa::{
    Modify, ToSchema as _,
    openapi::{
        Content, Header, HeaderBuilder, OpenApi, Ref, RefOr, Response, Responses, SecurityRequirement,
        path::{Operation, Parameter, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
    },
};

const PROBLEM: &str = "application/problem+json";

/// Adds to each operation what it does not say itself.
pub(super) struct Answers;

impl Modify for Answers {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            let guarded = path.starts_with("/api/v1/") || path == "/metrics";
            for (changes, operation) in operations(item) {
                let statuses = statuses(guarded, changes, operation);
                let responses = &mut operation.responses;
                for status in statuses {
                    let refusal = || RefOr::T(refusal(status));
                    responses.responses.entry(status.to_string()).or_insert_with(refusal);
                }
                complete(guarded, responses);
            }
        }
        document.components.get_or_insert_default().headers.extend(described());
    }
}

/// The operations of a path, and whether each may change something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [(false, get), (true, put), (true, post), (true, delete), (true, patch)];
    all.into_iter().filter_map(|(changes, operation)| Some((changes, operation.as_mut()?)))
}

/// What may be refused, by what an operation has.
fn statuses(guarded: bool, changes: bool, operation: &Operation) -> Vec<u16> {
    let anybody = operation.security.as_ref().is_some_and(|needed| needed.contains(&SecurityRequirement::default()));
    let needs_a_caller = guarded && !anybody;
    let in_path = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path);
    let has_a_name = operation.parameters.iter().flatten().any(in_path);
    let has_a_body = operation.request_body.is_some();
    let given: [(bool, &[u16]); 6] = [
        (true, &[400]),
        (guarded, &[403, 429, 503]),
        (needs_a_caller, &[401]),
        (has_a_name, &[404]),
        (has_a_body, &[408, 413, 415, 422]),
        (guarded && changes, &[507]),
    ];
    given.into_iter().filter(|(given, _)| *given).flat_map(|(_, statuses)| statuses).copied().collect()
}

fn refusal(status: u16) -> Response {
    let about = match status {
        400 => "Malformed: a parameter, a header or the body",
        401 => "Nobody who is known, or no longer",
        403 => "Not for this caller, or not from this origin",
        404 => "Nothing is there, or nothing that is the caller's",
        408 => "The body took too long to arrive",
        413 => "The body is larger than is taken here",
        415 => "The body is of another media type, or encoded",
        422 => "The body is not what is taken here: `errors` says what is wrong",
        429 => "Too many requests in a short time",
        503 => "Not now",
        507 => "The disk is full: nothing was changed",
        _ => "",
    };
    let mut response = Response::new(about);
    let problem = Content::new(Some(Ref::from_schema_name(ProblemBody::name())));
    response.content.insert(PROBLEM.to_owned(), RefOr::T(problem));
    response
}

/// Every refusal is a problem, and every answer has the headers of its status.
fn complete(guarded: bool, responses: &mut Responses) {
    for (status, response) in &mut responses.responses {
        let RefOr::T(response) = response else { continue };
        if guarded && status.starts_with(['4', '5']) {
            let content = std::mem::take(&mut response.content);
            response.content = content.into_values().map(|content| (PROBLEM.to_owned(), content)).collect();
        }
        let told = HEADERS.iter().filter(|header| (header.on)(guarded, status));
        for Told { name, .. } in told {
            let place = format!("#/components/headers/{name}");
            response.headers.entry((*name).to_owned()).or_insert_with(|| RefOr::Ref(Ref::new(place)));
        }
    }
}

/// A header that goes with answers, whatever was asked.
struct Told {
    name: &'static str,
    about: &'static str,
    pattern: &'static str,
    /// Whether it may be there, by whether the answer is of the API and by its status.
    on: fn(bool, &str) -> bool,
}

const HEADERS: [Told; 5] = [
    Told {
        name: "X-Request-Id",
        about: "Names the request in the server's log: as the request has named itself, or made up.",
        pattern: "^[!-~]+$",
        on: |_, _| true,
    },
    Told {
        name: "RateLimit",
        about: "How the caller stands with their quota: `r` are left, until `t` seconds have passed. Not for admins, nor \
                where there is no limit.",
        pattern: r#"^"[a-z-]+";r=\d+(;t=\d+)?$"#,
        on: |guarded, _| guarded,
    },
    Told {
        name: "RateLimit-Policy",
        about: "What the quota is: `q` in `w` seconds.",
        pattern: r#"^"[a-z-]+";q=\d+;w=\d+$"#,
        on: |guarded, _| guarded,
    },
    Told {
        name: "Retry-After",
        about: "Seconds after which to try again.",
        pattern: r"^\d+$",
        on: |guarded, status| guarded && matches!(status, "429" | "503"),
    },
    Told {
        name: "WWW-Authenticate",
        about: "How to say who is calling.",
        pattern: "^Bearer realm=\"tidings\"",
        on: |_, status| status == "401",
    },
];

/// The headers as components, so that each is described once.
fn described() -> impl Iterator<Item = (String, RefOr<Header>)> {
    HEADERS.iter().map(|Told { name, about, pattern, .. }| {
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(*pattern));
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(*about)).build();
        ((*name).to_owned(), RefOr::T(header))
    })
}
