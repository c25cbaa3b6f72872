//! A server in a process of its own.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
};

use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_middleware::Tokens;
use tidings_models::{
    Clock as _, Cursors, Log as _, Role, Store as _, SystemClock, SystemRandom, UserId, store::SqliteStore,
};

use super::{Authority, PATIENCE, Stream, until};

const SECRET: &str = "a secret of at least thirty-two bytes, for tests";
/// Not for the server: kept beside its environment, so that it is so after a restart too.
const LOG_TO_FILE: &str = "log to a file";
const LOG_FILE: &str = "server.log";

/// A server in a process of its own. Ends with the test.
pub(crate) struct Server {
    child: Child,
    env: Vec<(String, String)>,
    folder: Arc<TempDir>,
    scheme: &'static str,
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

    /// Like [`Server::start_with`], with a certificate of `authority`. It logs to a file, see [`Server::log`].
    pub(crate) async fn start_certified(authority: &Authority, env: &[(&str, &str)]) -> Self {
        let (certificate, key) = (authority.path("cert.pem"), authority.path("key.pem"));
        let tls = [("TIDINGS_TLS_CERT_FILE", &certificate[..]), ("TIDINGS_TLS_KEY_FILE", &key), (LOG_TO_FILE, "1")];
        let env = tls.iter().chain(env).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let client = |address: &str| authority.client(address);
        Self::known_to(client, Arc::new(tempfile::tempdir().unwrap()), env, "127.0.0.1:0").await
    }

    /// Like [`Server::start_with`], for a server that is to be killed under its clients.
    ///
    /// It listens on a loopback address of its own: while it is away, a socket of another test could
    /// take its port on 127.0.0.1, and a client that calls a port nobody listens on can even reach
    /// itself. And it logs to a file, see [`Server::log`].
    pub(crate) async fn start_apart(env: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let listen = if cfg!(target_os = "linux") {
            format!("127.0.7.{}:0", NEXT.fetch_add(1, Ordering::Relaxed))
        } else {
            "127.0.0.1:0".into()
        };
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let mut env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        env.push((LOG_TO_FILE.into(), "1".into()));
        Self::on(folder, env, &listen).await
    }

    async fn on(folder: Arc<TempDir>, env: Vec<(String, String)>, listen: &str) -> Self {
        Self::known_to(|_| Client::builder().no_proxy().timeout(PATIENCE), folder, env, listen).await
    }

    async fn known_to(
        client: impl FnOnce(&str) -> ClientBuilder,
        folder: Arc<TempDir>,
        env: Vec<(String, String)>,
        listen: &str,
    ) -> Self {
        let child = Self::spawn(&folder, &env, listen);
        let Ok((child, scheme, address)) = announced(child).await else {
            panic!("the server ended before it listened")
        };
        let client = client(&address).build().unwrap();
        let server = Self { child, env, folder, scheme, address, client };
        server.is_ready().await;
        server
    }

    fn spawn(folder: &TempDir, env: &[(String, String)], listen: &str) -> Child {
        let mut command = Self::command_in(folder, &["serve"]);
        command.env("TIDINGS_LISTEN", listen);
        command.envs(env.iter().filter(|(name, _)| name != LOG_TO_FILE).cloned());
        if env.iter().any(|(name, _)| name == "TIDINGS_JWT_SECRET_FILE") {
            command.env_remove("TIDINGS_JWT_SECRET");
        }
        if env.iter().any(|(name, _)| name == LOG_TO_FILE) {
            let log = File::options().create(true).append(true).open(folder.path().join(LOG_FILE)).unwrap();
            command.stderr(log);
        }
        command.stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn is_ready(&self) {
        until("ready", || async {
            let answer = self.plain(Method::GET, "/readyz").send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
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
        let _ = self.child.kill(); // it may have ended already
        self.child.wait().unwrap();
    }

    /// Loses the database, as a disk might.
    pub(crate) fn remove_database(&self) {
        for name in ["log.db", "log.db-wal", "log.db-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(name));
        }
    }

    /// Starts it again where it was.
    pub(crate) async fn start_again(mut self) -> Self {
        self.kill();
        Self::on(Arc::clone(&self.folder), self.env.clone(), &self.address).await
    }

    /// Starts it again where it was, with other settings.
    pub(crate) async fn start_again_with(mut self, env: &[(&str, &str)]) -> Self {
        self.kill();
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::on(Arc::clone(&self.folder), env, &self.address).await
    }

    /// The same as often as it takes, as whoever supervises it does: while its database is away it ends again. Gives how
    /// often it did, and does not wait until it is ready.
    pub(crate) async fn start_until_it_stays(mut self) -> (Self, u64) {
        self.kill();
        for failed in 0.. {
            let child = Self::spawn(&self.folder, &self.env, &self.address);
            match announced(child).await {
                Ok((child, ..)) => {
                    self.child = child;
                    return (self, failed);
                }
                Err(mut child) => {
                    child.wait().unwrap();
                }
            }
        }
        unreachable!()
    }

    /// Whether it is gone, though nobody killed it.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Asks the process to stop, and gives its exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        self.ended().await
    }

    /// Waits until the process has ended, and gives its exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let child = &mut self.child;
        let status = until("the end of the process", || std::future::ready(child.try_wait().unwrap())).await;
        status.code()
    }

    /// Sends a signal, `STOP` for example, to the process.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success(), "the process is there");
    }

    /// Where its database is, and its log.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a server that was started apart has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join(LOG_FILE)).unwrap_or_default()
    }

    /// Memory of the process, in KiB (`VmRSS` of proc(5)). `None` where there is no `/proc`.
    pub(crate) fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// The store that the server works on, for looking behind its back.
    pub(crate) async fn store(&self) -> SqliteStore {
        let url = format!("sqlite://{}/log.db", self.folder().display());
        SqliteStore::open(&url, SystemClock.now(), &SystemRandom).await.unwrap()
    }

    /// What opens its cursors. Clients cannot; those who judge what clients got can.
    pub(crate) async fn cursors(&self) -> Arc<Cursors> {
        let store = self.store().await;
        let cursors = Arc::clone(store.cursors());
        store.close().await;
        cursors
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
        self.client.request(method, format!("{}://{}{path}", self.scheme, self.address))
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

/// The scheme and the address that the server says it listens with, or the process that has ended before. To wait for
/// that takes a thread: a server may take its time.
async fn announced(child: Child) -> Result<(Child, &'static str, String), Child> {
    tokio::task::spawn_blocking(move || listening(child)).await.unwrap()
}

/// What else it prints is read and left.
fn listening(mut child: Child) -> Result<(Child, &'static str, String), Child> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).unwrap() == 0 {
            return Err(child);
        }
        if let Some((before, rest)) = line.split_once("://") {
            let scheme = if before.ends_with("https") { "https" } else { "http" };
            let address: String = rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect();
            thread::spawn(move || std::io::copy(&mut lines.by_ref(), &mut std::io::sink()));
            return Ok((child, scheme, address));
        }
    }
}
