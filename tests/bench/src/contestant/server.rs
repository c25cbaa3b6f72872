//! A server process: started, waited for, and ended with its value.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::log_file;
use crate::{
    failure::{Failure, Result},
    process::{descendants, is_alive},
};

/// How long a server may take to start, or to stop.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub(super) folder: TempDir,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts it. What it says goes to its log.
    pub(super) fn start(mut command: Command, folder: TempDir, address: SocketAddr) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log_file(folder.path()))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(Failure::at(format!("starting {program}")))?;
        let mut server = Self { child, folder, address };
        server.wait()?;
        Ok(server)
    }

    /// Waits until it takes connections.
    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_err() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let state = ended.map_or("does not listen".to_owned(), |status| format!("ended with {status}"));
                return Err(Failure::new(format!("the server {state}; it said:\n{}", self.log())));
            }
            pause();
        }
        Ok(())
    }

    /// Waits until a path is answered with 200, and the answer says this.
    pub(super) fn until_ok(&self, path: &str, says: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ok(path, says).unwrap_or(false) {
            if Instant::now() > deadline {
                let log = self.log();
                return Err(Failure::new(format!(
                    "{path} is not answered with 200 and {says}; the server said:\n{log}"
                )));
            }
            pause();
        }
        Ok(())
    }

    fn is_ok(&self, path: &str, says: &str) -> io::Result<bool> {
        let mut socket = TcpStream::connect_timeout(&self.address, Duration::from_secs(1))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200 ") && answer.contains(says))
    }

    /// The process, and those that it made.
    pub(super) fn processes(&self) -> Vec<u32> {
        let mut all = vec![self.child.id()];
        all.extend(descendants(self.child.id()));
        all
    }

    /// The end of what it has said.
    pub(super) fn log(&self) -> String {
        let log = std::fs::read_to_string(log_file(self.folder.path())).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    /// Ends the process, and what it made: a master that is killed leaves its workers behind.
    fn drop(&mut self) {
        let all = self.processes();
        let _ = self.child.kill(); // it may have ended already
        let _ = self.child.wait();
        for process in all.iter().skip(1) {
            if let Some(pid) = i32::try_from(*process).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL); // likewise
            }
        }
        // Their memory and their port must be free before the next server is measured.
        let deadline = Instant::now() + PATIENCE;
        while all.iter().any(|process| is_alive(*process)) && Instant::now() < deadline {
            pause();
        }
    }
}

/// A loopback port that nobody has at the moment.
pub(super) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

#[expect(clippy::disallowed_methods, reason = "another process cannot wake us: its state is asked for")]
fn pause() {
    thread::sleep(Duration::from_millis(5));
}
