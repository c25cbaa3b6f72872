//! A hub as one writes it with Gin, in Go: see `gin/main.go`. Built with Debian's package of Gin, so that nothing is
//! downloaded. Keeps nothing, neither on disk nor in memory: who is away has missed it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    Contestant, Render, get_stream, payload, post,
    server::{Server, free_address},
    user_name,
};
use crate::{
    failure::{Failure, Result},
    load::http::To,
};

const SOURCE: &str = include_str!("../../gin/main.go");
/// Where Debian puts the sources of Go libraries.
const PATH: &str = "/usr/share/gocode";

struct Gin(Server);

/// Builds the hub, unless it is there already.
pub(super) fn build(folder: &Path) -> Result<PathBuf> {
    let compiler = compiler()?;
    let sources = folder.join("gin-hub");
    fs::create_dir_all(&sources)?;
    let program = absolute(&sources.join("gin-hub")); // the compiler works in another folder
    fs::write(sources.join("main.go"), SOURCE)?;
    let built = Command::new(compiler)
        .args(["build", "-o"])
        .arg(&program)
        .arg("main.go")
        .current_dir(&sources)
        .env("GO111MODULE", "off")
        .env("GOPATH", PATH)
        .env("GOCACHE", absolute(folder).join("go-cache"))
        .env("GOFLAGS", "")
        .env("GOTOOLCHAIN", "local")
        .output()
        .map_err(Failure::at(format!("starting {compiler}")))?;
    if built.status.success() {
        Ok(program)
    } else {
        Err(Failure::new(format!("the Gin hub does not build:\n{}", String::from_utf8_lossy(&built.stderr))))
    }
}

/// The Go compiler that belongs to the library, or another one.
pub(super) fn compiler() -> Result<&'static str> {
    let has_gin = Path::new(PATH).join("src/github.com/gin-gonic/gin").is_dir();
    ["/usr/lib/go/bin/go", "/usr/bin/go", "/usr/local/go/bin/go"]
        .into_iter()
        .find(|path| has_gin && Path::new(path).is_file())
        .ok_or_else(|| Failure::new("Go or Gin is not installed (Debian: golang-go, golang-github-gin-gonic-gin-dev)"))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

pub(super) fn start(program: &Path, folder: TempDir) -> Result<impl Contestant + use<>> {
    let address = free_address()?;
    let mut command = Command::new(program);
    command.arg(address.to_string()).env("GIN_MODE", "release");
    Ok(Gin(Server::start(command, folder, address)?))
}

impl Contestant for Gin {
    fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn processes(&self) -> Vec<u32> {
        self.0.processes()
    }

    fn open(&self, user: u32, _last_event_id: Option<&[u8]>) -> Vec<u8> {
        get_stream(&format!("/stream?user={}", user_name(user)), "", None)
    }

    fn render(&self) -> Render {
        Arc::new(|to, stamp, out| {
            let path = match to {
                To::Everyone => "/publish".to_owned(),
                To::User(user) => format!("/publish?user={}", user_name(user)),
            };
            post(&path, "", &payload(stamp), out);
        })
    }

    fn log(&self) -> String {
        self.0.log()
    }
}
