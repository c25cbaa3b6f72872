//! What commands that call a server share: the way to it, and what it says when it refuses.

use std::time::Duration;

use clap::Args;
use reqwest::{Client, ClientBuilder, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tidings_middleware::Tokens;
use tidings_models::{Role, UserId};

use super::token::mint;
use crate::{
    config::{Database, Remote, Signing},
    database,
    failure::Failure,
    printable::printable,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Who calls, where no token says so.
const CALLER: &str = "tidings-cli";
/// How long a token that is made for one request is good.
const TOKEN_SECONDS: i64 = 60;
/// The most of a refusal that is read, in bytes: it may come from anything that answers there.
const LONGEST_REFUSAL: usize = 16 * 1024;

/// A server, and by what it is to believe us.
pub(super) struct Server {
    pub(super) client: Client,
    base: Url,
    credentials: Credentials,
}

/// How a command comes to call a server as an admin.
#[derive(Debug, Args)]
pub(super) struct AsAdmin {
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    database: Database,
}

impl AsAdmin {
    pub(super) async fn server(self) -> Result<Server, Failure> {
        let caller = UserId::parse(CALLER).map_err(|error| Failure::new(error.to_string()))?;
        Server::new(self.remote, &self.signing, &self.database, (caller, Role::Admin, TOKEN_SECONDS)).await
    }
}

enum Credentials {
    Given(SecretString),
    /// Made for each request, so that they never run out.
    Made {
        tokens: Box<Tokens>,
        user: UserId,
        role: Role,
        seconds: i64,
    },
}

impl Server {
    /// The server of the settings. Without a token, calls are made as `user`, with tokens of the
    /// local installation that are good for so many seconds.
    pub(super) async fn new(
        remote: Remote,
        signing: &Signing,
        database: &Database,
        (user, role, seconds): (UserId, Role, i64),
    ) -> Result<Self, Failure> {
        let credentials = if let Some(token) = remote.token {
            Credentials::Given(token)
        } else {
            let tokens = Box::new(database::local_tokens(signing, database).await?);
            Credentials::Made { tokens, user, role, seconds }
        };
        let client = builder(&remote.url).build();
        let client = client.map_err(|error| Failure::new(format!("no HTTP client could be made: {error}")))?;
        Ok(Self { client, base: remote.url, credentials })
    }

    /// The URL of a path of the API.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// The URL of a path of the API whose last part is a name of somebody's choice.
    pub(super) fn url_of(&self, path: &str, name: &str) -> Result<Url, Failure> {
        let wrong = || Failure::usage(format!("{} cannot have a path. Check TIDINGS_URL.", self.base));
        let mut url = Url::parse(&self.url(path)).map_err(|_| wrong())?;
        url.path_segments_mut().map_err(|()| wrong())?.push(name);
        Ok(url)
    }

    pub(super) fn token(&self) -> Result<String, Failure> {
        match &self.credentials {
            Credentials::Given(token) => Ok(token.expose_secret().to_owned()),
            Credentials::Made { tokens, user, role, seconds } => mint(tokens, user, *role, *seconds),
        }
    }
}

/// A proxy of the environment is for other machines: it could not reach this one's loopback.
fn builder(url: &Url) -> ClientBuilder {
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) { builder.no_proxy() } else { builder }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// What is said of a refusal.
#[derive(Deserialize)]
pub(super) struct Problem {
    title: String,
    detail: Option<String>,
    #[serde(default)]
    errors: Vec<FieldProblem>,
}

#[derive(Deserialize)]
struct FieldProblem {
    field: String,
    detail: String,
}

/// What a server said when it refused, for people.
pub(super) async fn refusal(mut response: Response) -> Failure {
    let status = response.status();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_REFUSAL {
            break;
        }
    }
    let said = describe(&body);
    let hint = match status.as_u16() {
        401 => " The token is not one of that server: is TIDINGS_URL the server of this installation?",
        404 if said.is_none() => " Is that a Tidings server? Check TIDINGS_URL.",
        _ => "",
    };
    Failure::new(format!(
        "the server refused ({status}){}.{hint}",
        said.map(|said| format!(": {said}")).unwrap_or_default()
    ))
}

fn describe(body: &[u8]) -> Option<String> {
    serde_json::from_slice(body).ok().map(|problem: Problem| problem.describe())
}

impl Problem {
    /// The same for people, on one line.
    pub(super) fn describe(self) -> String {
        let fields = self.errors.iter().map(|error| format!("{}: {}", error.field, error.detail)).collect::<Vec<_>>();
        let detail = if fields.is_empty() { self.detail } else { Some(fields.join("; ")) };
        let text = detail.map_or_else(|| self.title.clone(), |detail| format!("{}: {detail}", self.title));
        printable(text.trim_end_matches('.'))
    }
}

/// What went wrong on the way, with its causes, which is where reqwest tells it.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_goes_past_the_proxy() {
        let here = [
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://a.localhost:1",
            "http://[::1]:8080",
            "http://127.9.9.9",
        ];
        for url in here {
            assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
        for url in ["https://example.org", "http://10.0.0.1", "http://localhost.example.org"] {
            assert!(!is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_its_own_words() {
        let cases = [
            (r#"{"title":"Not found","status":404}"#, Some("Not found")),
            (r#"{"title":"Forbidden","detail":"for admins\u001b[2J."}"#, Some(r"Forbidden: for admins\u{1b}[2J")),
            (
                r#"{"title":"Invalid","detail":"x","errors":[{"field":"title","code":"c","detail":"is empty"}]}"#,
                Some("Invalid: title: is empty"),
            ),
            ("<html>", None),
        ];
        for (body, expected) in cases {
            assert_eq!(describe(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
