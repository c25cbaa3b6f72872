//! A Redis or NATS server of its own for tests, on a free port of this machine. Ends with its value.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

/// Where it listens. While it is away a socket of somebody else could take its port on 127.0.0.1, or one that calls it
/// reach itself.
pub(crate) const HOST: &str = if cfg!(target_os = "linux") { "127.0.8.1" } else { "127.0.0.1" };

pub(crate) struct Program {
    name: &'static str,
    port: u16,
    /// Certificate and key, if it speaks TLS.
    certified: Option<[String; 2]>,
    child: Child,
}

impl Program {
    /// Starts it, and waits until it listens.
    pub(crate) fn start(name: &'static str) -> Self {
        Self::start_as(name, None)
    }

    /// The same for who speaks TLS, by a certificate and its key.
    #[allow(dead_code, reason = "the crates that share this file do not all speak TLS with it")]
    pub(crate) fn start_certified(name: &'static str, certificate: String, key: String) -> Self {
        Self::start_as(name, Some([certificate, key]))
    }

    fn start_as(name: &'static str, certified: Option<[String; 2]>) -> Self {
        let port = TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap().port();
        let child = spawn(name, port, certified.as_ref());
        Self { name, port, certified, child }
    }

    /// Starts it after [`Program::kill`].
    #[allow(dead_code, reason = "the crates that share this file do not all disturb it")]
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.name, self.port, self.certified.as_ref());
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

fn spawn(name: &str, port: u16, certified: Option<&[String; 2]>) -> Child {
    let mut command = Command::new(name);
    let number = port.to_string();
    match name {
        "redis-server" => command.args(["--bind", HOST, "--save", "", "--appendonly", "no"]),
        _ => command.args(["--addr", HOST, "--port", &number]),
    };
    match (name, certified) {
        ("redis-server", None) => command.args(["--port", &number]),
        ("redis-server", Some([certificate, key])) => {
            command.args(["--port", "0", "--tls-port", &number, "--tls-auth-clients", "no"]);
            command.args(["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate])
        }
        (_, None) => &mut command,
        (_, Some([certificate, key])) => command.args(["--tls", "--tlscert", certificate, "--tlskey", key]),
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
