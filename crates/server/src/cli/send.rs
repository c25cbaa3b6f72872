//! `tidings send`: one notification from the command line.

use std::time::Duration;

use clap::{ArgGroup, Args};
use reqwest::{StatusCode, header};
use serde::{Deserialize, Serialize};
use tidings_models::{Level, Random as _, Role, SystemRandom, UserId};
use tokio::time::sleep;

use super::{
    http::{self, Server},
    output,
};
use crate::{
    config::{Database, Remote, Signing},
    failure::Failure,
    printable::{hex, printable},
};

/// Who sends, where no token says so.
const SENDER: &str = "tidings-cli";
/// How long a token that is made for sending is good.
const TOKEN_SECONDS: i64 = 60;
/// How often a server that cannot be reached is tried.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause that a server is granted.
const LONGEST_PAUSE: u64 = 10;
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("recipients").required(true).args(["to", "everyone"]))]
pub(crate) struct Send {
    /// To whom; may be given several times
    #[arg(long, value_name = "USER", value_parser = UserId::parse)]
    to: Vec<UserId>,
    /// To everyone
    #[arg(long)]
    everyone: bool,
    /// What it is about, in one line
    #[arg(long)]
    title: String,
    /// More about it
    #[arg(long)]
    body: Option<String>,
    /// How it is meant: info, success, warning or error
    #[arg(long, default_value = "info", value_parser = level)]
    level: Level,
    /// Where it leads: http(s), or a path on the same site
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// What kind it is, for filtering
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
    /// It cannot be muted, and its toast stays until it is closed
    #[arg(long)]
    critical: bool,
    #[command(flatten)]
    remote: Remote,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    database: Database,
}

fn level(text: &str) -> Result<Level, String> {
    Level::parse(text).ok_or_else(|| format!("{text:?} is none of info, success, warning, error"))
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum To<'a> {
    Users(&'a [UserId]),
    Everyone(bool),
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the name that the API gives it")]
struct Body<'a> {
    to: To<'a>,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    level: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    critical: bool,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

impl Send {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let sender = UserId::parse(SENDER).map_err(|error| Failure::new(error.to_string()))?;
        let body = serde_json::to_string(&self.request()).map_err(|error| Failure::new(error.to_string()))?;
        let server =
            Server::new(self.remote, &self.signing, &self.database, (sender, Role::Admin, TOKEN_SECONDS)).await?;
        output::line(&printable(&deliver(&server, body).await?))
    }

    fn request(&self) -> Body<'_> {
        Body {
            to: if self.everyone { To::Everyone(true) } else { To::Users(&self.to) },
            title: &self.title,
            body: self.body.as_deref(),
            level: self.level,
            link: self.link.as_deref(),
            category: self.category.as_deref(),
            critical: self.critical,
        }
    }
}

/// Hands it in and tells its id. All tries go under one key, so it is sent once even when an answer
/// was lost.
async fn deliver(server: &Server, body: String) -> Result<String, Failure> {
    let mut key = [0; 16];
    SystemRandom.fill(&mut key);
    let key = hex(&key);
    let mut attempt = 1;
    loop {
        let request = server
            .client
            .post(server.url("api/v1/admin/notifications"))
            .timeout(TIMEOUT)
            .bearer_auth(server.token()?)
            .header("idempotency-key", &key)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.clone());
        let (trouble, pause) = match request.send().await {
            Ok(response) if response.status().is_success() => {
                let created: Created = response
                    .json()
                    .await
                    .map_err(|_| Failure::new("the server's answer is not one of Tidings. Check TIDINGS_URL."))?;
                return Ok(created.id);
            }
            Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                let pause = retry_after(response.headers()).unwrap_or(PAUSE * attempt);
                (http::refusal(response).await.to_string(), pause)
            }
            Ok(response) => return Err(http::refusal(response).await),
            Err(error) => {
                let url = server.url("");
                (format!("{url} cannot be reached: {}. Does the server run?", http::causes(&error)), PAUSE * attempt)
            }
        };
        if attempt == TRIES {
            return Err(Failure::new(trouble));
        }
        attempt += 1;
        sleep(pause).await;
    }
}

fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_PAUSE)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use serde_json::json;

    use crate::{cli::Command, config::Cli};

    fn body(args: &[&str]) -> serde_json::Value {
        let Command::Send(send) = Cli::try_parse_from([&["tidings", "send"], args].concat()).unwrap().command else {
            panic!("not send")
        };
        serde_json::to_value(send.request()).unwrap()
    }

    #[test]
    fn what_is_sent() {
        assert_eq!(
            body(&["--to", "alice", "--to", "bob", "--title", "Hi"]),
            json!({"to": {"users": ["alice", "bob"]}, "title": "Hi", "level": "info"})
        );
        let all = [
            "--everyone",
            "--title",
            "x",
            "--body",
            "y",
            "--level",
            "error",
            "--link",
            "/z",
            "--category",
            "c",
            "--critical",
        ];
        assert_eq!(
            body(&all),
            json!({"to": {"everyone": true}, "title": "x", "body": "y", "level": "error", "link": "/z", "category": "c", "critical": true})
        );
    }

    #[test]
    fn recipients_are_either_named_or_everyone() {
        for bad in [&["--title", "x"][..], &["--title", "x", "--to", "a", "--everyone"], &["--to", "a"]] {
            assert!(Cli::try_parse_from([&["tidings", "send"], bad].concat()).is_err(), "{bad:?}");
        }
    }
}
