//! A Redis or NATS server of its own for tests, on a free port of this machine. Ends with its value.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

/// Where it listens. While it is away a socket of somebody else could take its port on 127.0.0.1, or one that calls it
/// reach itself.
const HOST: &str = if cfg!(target_os = "linux") { "127.0.8.1" } else { "127.0.0.1" };

pub(crate) struct Program {
    name: &'static str,
    port: u16,
    child: Child,
}

impl Program {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(name: &'static str) -> Self {
        let port = TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap().port();
        Self { name, port, child: spawn(name, port) }
    }

    /// Starts it after [`Program::kill`].
    #[allow(dead_code, reason = "the crates that share this file do not all disturb it")]
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.name, self.port);
    }

    #[allow(dead_code, reason = "the same")]
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal, `STOP` for example.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address())
    }

    pub(crate) fn address(&self) -> String {
        format!("{HOST}:{}", self.port)
    }
}

fn spawn(name: &str, port: u16) -> Child {
    let mut command = Command::new(name);
    let number = port.to_string();
    match name {
        "redis-server" => command.args(["--bind", HOST, "--save", "", "--appendonly", "no", "--port", &number]),
        _ => command.args(["--addr", HOST, "--port", &number]),
    };
    // Debian has servers where not everybody looks.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}; `make test` installs it"));
    while TcpStream::connect((HOST, port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "{name} ended");
        std::thread::yield_now(); // another process cannot wake us
    }
    child
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill(); // one that is stopped ends too
        let _ = self.child.wait();
    }
}
