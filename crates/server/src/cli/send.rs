//! `tidings send`: one notification from the command line.

use std::time::Duration;

use clap::{ArgGroup, Args};
use reqwest::header;
use serde::{Deserialize, Serialize};
use tidings_models::{Level, Random as _, SystemRandom, Timestamp, TopicName, UserId};

use super::{
    http::{AsAdmin, Server},
    output,
    patience::Patience,
};
use crate::{
    failure::Failure,
    printable::{hex, printable},
};

/// Somebody waits at the terminal.
const PATIENCE: Patience = Patience { tries: 3, pause: Duration::from_secs(1), longest: Duration::from_secs(10) };
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("recipients").required(true).args(["to", "topic", "everyone"]))]
pub(crate) struct Send {
    /// To whom; may be given several times
    #[arg(long, value_name = "USER", value_parser = UserId::parse)]
    to: Vec<UserId>,
    /// To the members of a topic
    #[arg(long, value_name = "NAME", value_parser = TopicName::parse)]
    topic: Option<TopicName>,
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
    /// It takes the place of the one before with the same key
    #[arg(long, value_name = "KEY")]
    group_key: Option<String>,
    /// When it is to be made, if not now: 2030-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    deliver_at: Option<Timestamp>,
    /// When it leaves all inboxes: 2030-01-31T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires_at: Option<Timestamp>,
    #[command(flatten)]
    admin: AsAdmin,
}

fn level(text: &str) -> Result<Level, String> {
    Level::parse(text).ok_or_else(|| format!("{text:?} is none of info, success, warning, error"))
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| format!("{text:?} is not a time like 2030-01-31T08:00:00Z"))
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum To<'a> {
    Users(&'a [UserId]),
    Topic(&'a TopicName),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    group_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

impl Send {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = serde_json::to_string(&self.request()).map_err(|error| Failure::new(error.to_string()))?;
        let server = self.admin.server().await?;
        output::line(&printable(&deliver(&server, body).await?))
    }

    fn request(&self) -> Body<'_> {
        let to = match &self.topic {
            Some(topic) => To::Topic(topic),
            None if self.everyone => To::Everyone(true),
            None => To::Users(&self.to),
        };
        Body {
            to,
            title: &self.title,
            body: self.body.as_deref(),
            level: self.level,
            link: self.link.as_deref(),
            category: self.category.as_deref(),
            critical: self.critical,
            group_key: self.group_key.as_deref(),
            deliver_at: self.deliver_at,
            expires_at: self.expires_at,
        }
    }
}

/// Hands it in and tells its id. All tries go under one key, so it is sent once even when an answer
/// was lost.
async fn deliver(server: &Server, body: String) -> Result<String, Failure> {
    let mut key = [0; 16];
    SystemRandom.fill(&mut key);
    let key = hex(&key);
    let url = server.url("api/v1/admin/notifications");
    let request = || {
        let request = server.client.post(&url).timeout(TIMEOUT).header("idempotency-key", &key);
        request.header(header::CONTENT_TYPE, "application/json").body(body.clone())
    };
    let answer = PATIENCE.send(server, request).await?;
    let created = answer.json().await;
    let Created { id } =
        created.map_err(|_| Failure::new("the server's answer is not one of Tidings. Check TIDINGS_URL."))?;
    Ok(id)
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
        let times = ["--deliver-at", "2030-01-31T08:00:00+01:00", "--expires-at", "2030-02-01T00:00:00Z"];
        let topic = [&["--topic", "deploys", "--title", "x", "--group-key", "g"][..], &times].concat();
        assert_eq!(
            body(&topic),
            json!({"to": {"topic": "deploys"}, "title": "x", "level": "info", "group_key": "g",
                "deliver_at": "2030-01-31T07:00:00.000Z", "expires_at": "2030-02-01T00:00:00.000Z"})
        );
    }

    #[test]
    fn recipients_are_either_named_or_everyone() {
        for bad in [
            &["--title", "x"][..],
            &["--title", "x", "--to", "a", "--everyone"],
            &["--title", "x", "--to", "a", "--topic", "t"],
            &["--title", "x", "--topic", "T"],
            &["--title", "x", "--to", "a", "--deliver-at", "tomorrow"],
            &["--to", "a"],
        ] {
            assert!(Cli::try_parse_from([&["tidings", "send"], bad].concat()).is_err(), "{bad:?}");
        }
    }
}
