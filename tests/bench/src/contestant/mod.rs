//! The servers that are compared. Each starts fresh in a folder of its own, on loopback, and ends with its value.

mod floor;
mod gin;
mod nchan;
mod nodes;
mod server;
mod tidings;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

pub(crate) use self::{
    floor::serve as serve_floor,
    nodes::{Bus, Nodes},
};
use crate::{
    failure::{Failure, Result},
    load::{http::To, wire::Wire},
};

/// Writes the request that sends a stamp to somebody.
pub(crate) type Render = Arc<dyn Fn(To, &[u8], &mut Vec<u8>) + Send + Sync>;

/// A server that runs.
pub(crate) trait Contestant {
    fn address(&self) -> SocketAddr;

    /// Where streams and publishers connect to in turn, where that is more than one place.
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.address()]
    }

    /// All processes that do its work.
    fn processes(&self) -> Vec<u32>;

    /// The request that opens a user's stream, going on from an id.
    fn open(&self, user: u32, last_event_id: Option<&[u8]>) -> Vec<u8>;

    /// What sends an event.
    fn render(&self) -> Render;

    /// By which way its events come.
    fn wire(&self) -> Wire {
        Wire::Sse
    }

    /// Whether a stream says with an event `ready` that it is live. If not, it is live with the head of the answer.
    fn says_ready(&self) -> bool {
        false
    }

    /// For a user's own requests, of a server that keeps inboxes.
    fn inbox(&self) -> Option<&dyn Inbox> {
        None
    }

    /// What it has logged: for the person who wonders why it failed.
    fn log(&self) -> String;
}

/// What only a server with inboxes can be asked.
pub(crate) trait Inbox {
    /// The request that lists a user's newest notifications.
    fn list(&self, user: u32) -> Vec<u8>;
    /// The request that marks all of a user's notifications up to a cursor as read.
    fn mark(&self, user: u32, up_to: &[u8]) -> Vec<u8>;
    /// The request for a user's counts.
    fn counts(&self, user: u32) -> Vec<u8>;
    /// The request that looks for a text among a user's notifications.
    fn search(&self, user: u32, text: &str) -> Vec<u8>;
    /// The request that publishes one notification to each of these users.
    fn publish(&self, users: &[u32]) -> Vec<u8>;
    /// The request that publishes one notification to everyone.
    fn publish_to_all(&self) -> Vec<u8>;
}

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Tidings: accounts, inboxes, everything on disk before it is acknowledged.
    Tidings,
    /// Nchan, a module of nginx: a channel for each user, messages in memory.
    Nchan,
    /// A hub as one writes it with Gin, in Go: nothing is kept.
    Gin,
    /// What the sockets alone cost: writes shared bytes, keeps nothing, knows nobody.
    Floor,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tidings => "tidings",
            Self::Nchan => "nchan",
            Self::Gin => "gin",
            Self::Floor => "floor",
        }
    }

    /// Whether a client that was away gets what it missed.
    pub(crate) fn replays(self) -> bool {
        matches!(self, Self::Tidings | Self::Nchan)
    }

    /// What was measured, for the report.
    pub(crate) fn version(self, servers: &Servers) -> String {
        let said = |program: &str, argument: &str| {
            let output = Command::new(program).arg(argument).output().ok();
            // nginx says it to standard error
            let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
            String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
        };
        match self {
            Self::Tidings => said(&servers.tidings.to_string_lossy(), "--version"),
            Self::Nchan => format!("{}, module of the same distribution", said(nchan::PROGRAMS[0], "-v")),
            Self::Gin => gin::compiler().map(|compiler| said(compiler, "version")).unwrap_or_default(),
            Self::Floor => format!("of this benchmark, {}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// What is needed to start servers.
#[derive(Debug)]
pub(crate) struct Servers {
    /// The binary of Tidings.
    pub(crate) tidings: PathBuf,
    /// Variables for its environment, for trying settings out.
    pub(crate) tidings_env: Vec<(String, String)>,
    /// Where data goes while a server runs.
    pub(crate) folder: PathBuf,
    gin: Option<PathBuf>,
}

/// What a server is to be prepared for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Messages that a channel remembers, where there are channels.
    pub(crate) remembered: u32,
}

impl Servers {
    pub(crate) fn new(tidings: PathBuf, tidings_env: Vec<(String, String)>, folder: PathBuf) -> Self {
        Self { tidings, tidings_env, folder, gin: None }
    }

    /// Finds out whether a server can be started here, and builds what must be built. The error says what is missing.
    /// What is built stays in `built`, for the next run.
    pub(crate) fn prepare(&mut self, kind: Kind, built: &Path) -> Result<()> {
        match kind {
            Kind::Tidings if !self.tidings.is_file() => {
                Err(Failure::new(format!("there is no {}: `make build` makes it", self.tidings.display())))
            }
            Kind::Tidings | Kind::Floor => Ok(()),
            Kind::Nchan => nchan::find().map(drop),
            Kind::Gin => gin::build(built).map(|program| self.gin = Some(program)),
        }
    }

    fn folder_for(&self, kind: Kind) -> Result<tempfile::TempDir> {
        let made = tempfile::Builder::new().prefix(kind.name()).tempdir_in(&self.folder);
        made.map_err(Failure::at(self.folder.display()))
    }

    /// Starts a server with an empty data directory and waits until it answers.
    pub(crate) fn start(&self, kind: Kind, wish: Wish) -> Result<Box<dyn Contestant>> {
        let folder = self.folder_for(kind)?;
        Ok(match kind {
            Kind::Tidings => Box::new(tidings::start(&self.tidings, &self.tidings_env, Wire::Sse, folder)?),
            Kind::Nchan => Box::new(nchan::start(wish, folder)?),
            Kind::Gin => {
                let program = self.gin.as_deref().ok_or_else(|| Failure::new("the Gin hub is not built"))?;
                Box::new(gin::start(program, folder)?)
            }
            Kind::Floor => Box::new(floor::start(folder)?),
        })
    }
}

impl Servers {
    /// Starts Tidings, to be heard by this way, with this in its environment.
    pub(crate) fn start_by(&self, wire: Wire, env: &[(&str, &str)]) -> Result<Box<dyn Contestant>> {
        let also = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let env: Vec<_> = self.tidings_env.iter().cloned().chain(also).collect();
        Ok(Box::new(tidings::start(&self.tidings, &env, wire, self.folder_for(Kind::Tidings)?)?))
    }

    /// Starts so many nodes of Tidings on an empty database of PostgreSQL, and waits until they hear each other.
    pub(crate) fn start_nodes(&self, count: usize, database: &str, bus: Bus) -> Result<Nodes> {
        let (bus, url) = bus.start();
        let mut env = self.tidings_env.clone();
        env.push(("TIDINGS_DATABASE_URL".into(), database.into()));
        env.push(("TIDINGS_BUS_URL".into(), url));
        let nodes = (0..count).map(|_| {
            let node = tidings::start(&self.tidings, &env, Wire::Sse, self.folder_for(Kind::Tidings)?)?;
            Ok(Box::new(node) as Box<dyn Contestant>)
        });
        Ok(Nodes { nodes: nodes.collect::<Result<_>>()?, _bus: bus })
    }
}

/// The name of a user. All are of the same length, so that requests are too.
pub(crate) fn user_name(user: u32) -> String {
    format!("u{user:06}")
}

/// What is to be sent: a JSON object of 200 bytes with the stamp in it. Tidings takes the same, and `to` beside it.
fn payload(stamp: &[u8]) -> Vec<u8> {
    const LENGTH: usize = 200;
    let text = "The build of main failed after 3 minutes and 41 seconds: 2 of 1,284 tests did not pass. ";
    let mut payload = format!(r#"{{"title":"Build 4711 failed","body":"{text}"#).into_bytes();
    let tail = br#"","data":{"stamp":""#;
    let padding = LENGTH.saturating_sub(payload.len() + tail.len() + stamp.len() + 3);
    payload.extend(std::iter::repeat_n(b'.', padding));
    payload.extend_from_slice(tail);
    payload.extend_from_slice(stamp);
    payload.extend_from_slice(br#""}}"#);
    payload
}

/// A POST of JSON.
fn post(path: &str, headers: &str, body: &[u8], out: &mut Vec<u8>) {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(body);
}

/// A GET of a stream, with the headers that a browser's `EventSource` sends.
fn get_stream(path: &str, headers: &str, last_event_id: Option<&[u8]>) -> Vec<u8> {
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n{headers}"
    );
    let mut request = head.into_bytes();
    if let Some(id) = last_event_id {
        request.extend_from_slice(b"Last-Event-ID: ");
        request.extend_from_slice(id);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// A path that others may reach, if the server drops its rights.
fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::{Kind, Stamp};

    #[test]
    fn a_payload_is_json_of_two_hundred_bytes() {
        let payload = payload(&Stamp { kind: Kind::Broadcast, micros: 1, number: 2 }.bytes());
        assert_eq!(payload.len(), 200);
        serde_json::from_slice::<serde_json::Value>(&payload).unwrap();
    }
}
