//! What a client may ask for over its WebSocket: what it could ask for in requests too, by the same code.

use std::{cell::RefCell, rc::Rc};

use actix_web::web::Data;
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tidings_middleware::{Auth, Code, FieldError, Principal, Problem, ProblemBody, RequestId, User};
use tidings_models::Address;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::{
    App,
    controllers::{
        inbox::InboxView,
        notifications::mark::{MarkRequest, mark_all},
        stream::renew::RenewResponse,
    },
    extract::{Object, parse},
    frames::websocket::Answer,
};

/// Longest word of a client for a command. It is sent back, and kept while the command is carried out.
const MAX_REF: usize = 64;

/// A message: one command, and a word for it that comes back with its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    mark: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "even_null")]
    ping: Option<Box<RawValue>>,
    token: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

enum Command {
    Mark(Box<RawValue>),
    Ping(Box<RawValue>),
    Renew(String),
}

/// What a command came to.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Done {
    Marked(InboxView),
    Pong(Box<RawValue>),
    Renewed(RenewResponse),
    Refused(ProblemBody),
}

/// Who speaks over a WebSocket, and on which stream.
pub(super) struct Speaker {
    pub(super) app: Data<App>,
    pub(super) auth: Data<Auth>,
    pub(super) principal: RefCell<Principal>,
    pub(super) address: Address,
    pub(super) stream: Uuid,
    pub(super) request_id: RequestId,
    /// Of the request that it began as: what is logged of a command is found by its id.
    pub(super) span: Span,
}

impl Speaker {
    /// Carries out what a message asks for. Whatever comes of it is an answer.
    pub(super) async fn carry_out(self: Rc<Self>, message: Bytes) -> Answer<Done> {
        let (reference, command) = read(&message);
        let done = match command {
            Ok(command) => self.perform(command).instrument(self.span.clone()).await,
            Err(problem) => Err(problem),
        };
        match done {
            Ok(done) => Answer { event: done.event(), reference, retry_ms: None, data: done },
            Err(problem) => {
                self.refused(&problem);
                let retry_ms = problem.comes_back_after().map(|seconds| u64::from(seconds) * 1000);
                let done = Done::Refused(problem.body(self.request_id.as_str()));
                Answer { event: done.event(), reference, retry_ms, data: done }
            }
        }
    }

    /// Takes note of what was refused to whom.
    pub(super) fn refused(&self, problem: &Problem) {
        self.span.in_scope(|| self.auth.refused(problem, self.address));
    }

    async fn perform(&self, command: Command) -> Result<Done, Problem> {
        match command {
            Command::Ping(said) => Ok(Done::Pong(said)),
            Command::Mark(request) => {
                let user = self.asks()?;
                let Object(request) = parse::<Object<MarkRequest>>(request.get().as_bytes())?;
                mark_all(&self.app, &user, request, None).await.map(|(_, counts)| Done::Marked(counts))
            }
            Command::Renew(token) => {
                let user = self.asks()?;
                let User(principal) = self.auth.believe(&token, self.address).await?.try_into()?;
                if principal.user != user {
                    return Err(Problem::new(Code::Forbidden).detail("The token is another user's."));
                }
                // Taken away meanwhile, with the stream.
                if !self.app.broker.renew(&user, self.stream, &principal.grant) {
                    return Err(Code::InvalidToken.into());
                }
                let expires_at = principal.grant.expires_at;
                self.principal.replace(principal);
                Ok(Done::Renewed(RenewResponse { expires_at }))
            }
        }
    }

    /// Counts what is asked for among the user's requests.
    fn asks(&self) -> Result<tidings_models::UserId, Problem> {
        let principal = self.principal.borrow();
        self.auth.limits.asked(&principal)?;
        Ok(principal.user.clone())
    }
}

impl Done {
    fn event(&self) -> &'static str {
        match self {
            Self::Marked(_) => "marked",
            Self::Pong(_) => "pong",
            Self::Renewed(_) => "renewed",
            Self::Refused(_) => "error",
        }
    }
}

/// The client's word for a command, if that much can be read, and the command.
fn read(message: &[u8]) -> (Option<String>, Result<Command, Problem>) {
    let words = match parse::<Object<Words>>(message) {
        Ok(Object(words)) => words,
        Err(problem) => return (reference(message), Err(problem)),
    };
    let Words { mark, ping, token, reference } = words;
    if reference.as_ref().is_some_and(|word| !is_reference(word)) {
        let wrong = FieldError::new("ref", Code::InvalidValue, format!("1 to {MAX_REF} characters"));
        return (None, Err(Problem::fields(vec![wrong])));
    }
    let command = match (mark, ping, token) {
        (Some(request), None, None) => Ok(Command::Mark(request)),
        (None, Some(said), None) => Ok(Command::Ping(said)),
        (None, None, Some(token)) => Ok(Command::Renew(token)),
        _ => Err(Problem::new(Code::InvalidRequest).detail("Give one of mark, ping and token.")),
    };
    (reference, command)
}

fn is_reference(word: &str) -> bool {
    (1..=MAX_REF).contains(&word.chars().count())
}

/// The word of a message that is wrong otherwise: its client waits for an answer to it.
fn reference(message: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Word {
        #[serde(rename = "ref")]
        reference: String,
    }
    let word: Word = serde_json::from_slice(message).ok()?;
    is_reference(&word.reference).then_some(word.reference)
}

/// A field that is there, whatever it says.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> String {
        let (reference, command) = read(message.as_bytes());
        let command = match command {
            Ok(Command::Mark(request)) => format!("mark {request}"),
            Ok(Command::Ping(said)) => format!("ping {said}"),
            Ok(Command::Renew(token)) => format!("renew {token}"),
            Err(problem) => problem.code().word().to_owned(),
        };
        reference.map_or(command.clone(), |reference| format!("{reference}: {command}"))
    }

    #[test]
    fn a_message_is_one_command() {
        let long = "x".repeat(65);
        for (message, expected) in [
            (r#"{"mark": {"read": true}}"#, r#"mark {"read": true}"#),
            (r#"{"ping": null}"#, "ping null"),
            (r#"{"ping": 1e400, "ref": "a"}"#, "a: ping 1e400"),
            (r#"{"token": "t", "ref": "7"}"#, "7: renew t"),
            (r#"{"mark": {}, "ping": 1, "ref": "7"}"#, "7: invalid_request"),
            (r#"{"mark": null}"#, "invalid_request"),
            ("{}", "invalid_request"),
            ("[1]", "invalid_request"),
            ("7", "invalid_request"),
            (r#"{"subscribe": "x"}"#, "unknown_field"),
            (r#"{"subscribe": "x", "ref": "7"}"#, "7: unknown_field"),
            (r#"{"ping": 1, "ping": 2, "ref": "7"}"#, "7: invalid_json"),
            (r#"{"token": 7, "ref": "7"}"#, "7: invalid_request"),
            (r#"{"subscribe": "x", "ref": "", "more": 1}"#, "unknown_field"),
            (r#"{"ping": 1, "ping": 2}"#, "invalid_json"),
            (r#"{"ping": {"a": 1, "a": 2}}"#, "invalid_json"),
            (r#"{"token": 7}"#, "invalid_request"),
            (r#"{"ping": 1, "ref": ""}"#, "invalid_value"),
            (r#"{"ping": 1, "ref": 7}"#, "invalid_request"),
            (&format!(r#"{{"ping": 1, "ref": "{long}"}}"#), "invalid_value"),
            ("", "invalid_json"),
            ("hello", "invalid_json"),
            (r#"{"ping": 1} {}"#, "invalid_json"),
            (&format!(r#"{{"ping": {}1{}}}"#, "[".repeat(16), "]".repeat(16)), "invalid_json"),
        ] {
            assert_eq!(told(message), expected, "{message}");
        }
    }
}
