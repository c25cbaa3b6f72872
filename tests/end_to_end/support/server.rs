//! A server in a process of its own.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_middleware::Tokens;
use tidings_models::{Clock as _, Role, SystemClock, UserId};

use super::{PATIENCE, Stream, until};

const SECRET: &str = "a secret of at least thirty-two bytes, for tests";

/// A server in a process of its own. Ends with the test.
pub(crate) struct Server {
    child: Child,
    env: Vec<(String, String)>,
    folder: Arc<TempDir>,
    pub(crate) address: String,
    pub(crate) client: Client,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(env: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::on(folder, env, "127.0.0.1:0").await
    }

    async fn on(folder: Arc<TempDir>, env: Vec<(String, String)>, listen: &str) -> Self {
        let mut command = Self::command_in(&folder, &["serve"]);
        command.env("TIDINGS_LISTEN", listen).envs(env.clone());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let address = announced(&mut child);
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let server = Self { child, env, folder, address, client };
        until("ready", || async {
            let answer = server.client.get(format!("http://{}/readyz", server.address)).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        server
    }

    /// The binary with the environment of a server in this folder.
    fn command_in(folder: &TempDir, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(args)
            .env_clear()
            .env("TIDINGS_DATABASE_URL", format!("sqlite://{}/log.db", folder.path().display()))
            .env("TIDINGS_JWT_SECRET", SECRET)
            .env("TIDINGS_LOG", "warn")
            .current_dir(folder.path())
            .stdin(Stdio::null());
        command
    }

    /// The binary, on the database of this server.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        Self::command_in(&self.folder, args)
    }

    /// Ends the process without a word, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub(crate) async fn start_again(mut self) -> Self {
        self.kill();
        Self::on(Arc::clone(&self.folder), self.env.clone(), &self.address).await
    }

    /// Asks the process to stop, and gives its exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        let child = &mut self.child;
        let status = until("the end of the process", || std::future::ready(child.try_wait().unwrap())).await;
        status.code()
    }

    pub(crate) fn token(name: &str, role: Role) -> String {
        Self::token_for(name, role, 3600)
    }

    pub(crate) fn token_for(name: &str, role: Role, seconds: i64) -> String {
        let now = SystemClock.now();
        let tokens = Tokens::new(&SECRET.into()).unwrap();
        tokens.mint(&UserId::parse(name).unwrap(), role, now, now.plus_millis(seconds * 1000)).unwrap()
    }

    /// A request without credentials.
    pub(crate) fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// A request of a user.
    pub(crate) fn as_user(&self, name: &str, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, &format!("/api/v1{path}")).bearer_auth(Self::token(name, Role::User))
    }

    /// A request of an admin.
    pub(crate) fn as_admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, &format!("/api/v1{path}")).bearer_auth(Self::token("root", Role::Admin))
    }

    /// The JSON of a user's GET.
    pub(crate) async fn get(&self, name: &str, path: &str) -> Value {
        json(self.as_user(name, Method::GET, path).send().await.unwrap(), 200).await
    }

    /// The JSON of a user's change.
    pub(crate) async fn change(&self, name: &str, method: Method, path: &str, body: Value) -> Value {
        json(self.as_user(name, method, path).json(&body).send().await.unwrap(), 200).await
    }

    /// Creates a notification and gives its JSON.
    pub(crate) async fn notify(&self, to: Value, title: &str) -> Value {
        let body = json!({ "to": to, "title": title });
        json(self.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap(), 201).await
    }

    /// Opens a user's stream.
    pub(crate) async fn stream(&self, name: &str, query: &str, last_event_id: Option<&str>) -> Stream {
        Stream::open(&self.address, &Self::token(name, Role::User), query, last_event_id.map(str::as_bytes)).await
    }

    /// Live figures.
    pub(crate) async fn overview(&self) -> Value {
        json(self.as_admin(Method::GET, "/admin/overview").send().await.unwrap(), 200).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The JSON of an answer that has this status.
pub(crate) async fn json(answer: Response, status: u16) -> Value {
    let got = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The address that the server says it listens on. What else it prints is read and left.
fn announced(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the server ended before it listened");
        if let Some((_, rest)) = line.split_once("http://") {
            let address: String = rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect();
            thread::spawn(move || std::io::copy(&mut lines.by_ref(), &mut std::io::sink()));
            return address;
        }
    }
}
