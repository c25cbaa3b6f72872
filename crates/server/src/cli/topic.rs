//! `tidings topic`: topics, and who belongs to them. What it changes is told to open streams, so the server does it.

use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use tidings_models::{Recipients, TopicName, UserId};

use super::{
    http::{AsAdmin, Server},
    output,
    patience::Patience,
};
use crate::{failure::Failure, printable::printable};

const TOPICS: &str = "api/v1/admin/topics";
/// Somebody waits at the terminal.
const PATIENCE: Patience = Patience { tries: 3, pause: Duration::from_secs(1), longest: Duration::from_secs(10) };
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(crate) struct Topic {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all topics
    List(List),
    /// Make a topic, or change it: it is then what is given here
    Put(Put),
    /// Remove a topic that has no members
    Remove(Named),
    /// List who belongs to a topic
    Members(Named),
    /// Let users belong to a topic
    Add(Membership),
    /// Let users belong to a topic no longer
    Drop(Membership),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    admin: AsAdmin,
}

#[derive(Debug, Args)]
struct Put {
    #[command(flatten)]
    named: Named,
    /// What people read instead of its name
    #[arg(long)]
    title: Option<String>,
    /// Users join and leave by themselves
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Args)]
struct Named {
    /// Its name: a-z, 0-9, '.', '_' and '-'
    #[arg(value_name = "NAME", value_parser = TopicName::parse)]
    topic: TopicName,
    #[command(flatten)]
    admin: AsAdmin,
}

#[derive(Debug, Args)]
struct Membership {
    #[command(flatten)]
    named: Named,
    /// Who
    #[arg(required = true, value_name = "USER", value_parser = UserId::parse)]
    users: Vec<UserId>,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    topic: String,
    title: Option<String>,
    open: bool,
    members: u64,
}

#[derive(Deserialize)]
struct Added {
    added: usize,
}

impl Topic {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::List(list) => list.run().await,
            Action::Put(put) => put.run().await,
            Action::Remove(named) => named.remove().await,
            Action::Members(named) => named.members().await,
            Action::Add(membership) => membership.add().await,
            Action::Drop(membership) => membership.drop().await,
        }
    }
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let server = self.admin.server().await?;
        let url = Url::parse(&server.url(TOPICS)).map_err(|error| Failure::new(error.to_string()))?;
        let mut topics = Vec::new();
        all(&server, &url, |topic: Listed| {
            topics.push(topic);
            Ok(())
        })
        .await?;
        output::line(&format!("{:<24} {:<8} {:<8} {}", "TOPIC", "MEMBERS", "JOINING", "TITLE"))?;
        for Listed { topic, title, open, members } in topics {
            let (topic, title) = (printable(&topic), printable(&title.unwrap_or_default()));
            let joining = if open { "open" } else { "managed" };
            output::line(format!("{topic:<24} {members:<8} {joining:<8} {title}").trim_end())?;
        }
        Ok(())
    }
}

impl Put {
    async fn run(self) -> Result<(), Failure> {
        let topic = self.named.topic;
        let server = self.named.admin.server().await?;
        let body = json!({"title": self.title, "open": self.open});
        let answer = call(&server, Method::PUT, of(&server, &topic)?, Some(body)).await?;
        let done = if answer.status() == reqwest::StatusCode::CREATED { "made" } else { "changed" };
        output::note(&format!("The topic {} is {done}.", topic.as_str()));
        Ok(())
    }
}

impl Named {
    async fn remove(self) -> Result<(), Failure> {
        let server = self.admin.server().await?;
        call(&server, Method::DELETE, of(&server, &self.topic)?, None::<()>).await?;
        output::note(&format!("The topic {} is removed.", self.topic.as_str()));
        Ok(())
    }

    async fn members(self) -> Result<(), Failure> {
        let server = self.admin.server().await?;
        let url = members_of(&server, &self.topic)?;
        all(&server, &url, |user: String| output::line(&printable(&user))).await
    }
}

impl Membership {
    async fn add(self) -> Result<(), Failure> {
        let topic = self.named.topic;
        let server = self.named.admin.server().await?;
        let mut new = 0;
        for users in self.users.chunks(Recipients::MAX_USERS) {
            let body = Some(json!({ "users": users }));
            let answer = call(&server, Method::POST, members_of(&server, &topic)?, body).await?;
            let Added { added } = read(answer).await?;
            new += added;
        }
        output::note(&format!("{new} of {} are new in {}.", self.users.len(), topic.as_str()));
        Ok(())
    }

    async fn drop(self) -> Result<(), Failure> {
        let topic = self.named.topic;
        let server = self.named.admin.server().await?;
        for user in &self.users {
            let url = server.url_of(&format!("{TOPICS}/{}/members", topic.as_str()), user.as_str())?;
            call(&server, Method::DELETE, url, None::<()>).await?;
        }
        output::note(&format!("They belong to {} no longer.", topic.as_str()));
        Ok(())
    }
}

fn of(server: &Server, topic: &TopicName) -> Result<Url, Failure> {
    server.url_of(TOPICS, topic.as_str())
}

fn members_of(server: &Server, topic: &TopicName) -> Result<Url, Failure> {
    server.url_of(&format!("{TOPICS}/{}", topic.as_str()), "members")
}

/// Shows each item of a list, page by page.
async fn all<T: DeserializeOwned>(
    server: &Server,
    list: &Url,
    mut show: impl FnMut(T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    loop {
        let mut url = list.clone();
        if let Some(after) = &after {
            url.query_pairs_mut().append_pair("after", after);
        }
        let page: Page<T> = read(call(server, Method::GET, url, None::<()>).await?).await?;
        page.items.into_iter().try_for_each(&mut show)?;
        if page.next.is_none() {
            return Ok(());
        }
        after = page.next;
    }
}

/// All of these may be repeated: done twice is done once.
async fn call(server: &Server, method: Method, url: Url, body: Option<impl Serialize>) -> Result<Response, Failure> {
    let request = || -> RequestBuilder {
        let request = server.client.request(method.clone(), url.clone()).timeout(TIMEOUT);
        match &body {
            Some(body) => request.json(body),
            None => request,
        }
    };
    PATIENCE.send(server, request).await
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Failure> {
    answer.json().await.map_err(|_| Failure::new("the server's answer is not one of Tidings. Check TIDINGS_URL."))
}
