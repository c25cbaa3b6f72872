//! From starting the binary to being ready, and what it then takes.
//!
//! The first start makes the database and the first account, whose password is hashed slowly on purpose; the
//! second finds them. Ready is a 200 of `/readyz`, asked for every millisecond on a connection of its own.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Sizes, Value, Values};
use crate::{
    contestant::Servers,
    disk::Folder,
    failure::{Failure, Result},
    report::spread,
    scenario::float,
    stamp::Clock,
};

/// How often it is started, for one value.
const TIMES: usize = 5;
const EVERY: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(20);
/// How long memory is looked at once it is ready: what starts late shows within it.
const SETTLE: Duration = Duration::from_secs(1);

pub(super) fn run(servers: &Servers, sizes: &Sizes, _: Clock) -> Result<Values> {
    let program = servers.tidings.canonicalize().map_err(Failure::at(servers.tidings.display()))?;
    let times = if sizes.tiny { 1 } else { TIMES };
    let mut rounds = [Round::default(), Round::default()];
    for _ in 0..times {
        let folder = Folder::new(&servers.folder)?;
        for round in &mut rounds {
            let (ready, memory) = once(&program, &folder, servers)?;
            round.ready.push(ready.as_secs_f64() * 1000.);
            round.memory.push(memory);
        }
    }
    let value = |at, metric, unit, value| ("tidings", Value { scenario: "start", at, metric, unit, value });
    let mut values = vec![value(1., "binary", "MB", float(fs::metadata(&program)?.len()) / 1e6)];
    for (round, at) in rounds.iter().zip([1., 2.]) {
        values.push(value(at, "ready", "ms", median(&round.ready)));
        values.push(value(at, "memory", "MB", median(&round.memory)));
    }
    Ok(values)
}

#[derive(Default)]
struct Round {
    ready: Vec<f64>,
    memory: Vec<f64>,
}

fn median(runs: &[f64]) -> f64 {
    spread(runs).map_or(f64::NAN, |spread| spread.median)
}

/// One start: how long until it was ready, and the most memory in the second after that, in MB.
fn once(program: &std::path::Path, folder: &Folder, servers: &Servers) -> Result<(Duration, f64)> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .env_clear()
        .env("TIDINGS_LISTEN", address.to_string())
        .env("TIDINGS_DATABASE_URL", format!("sqlite://{}/log.db", folder.0.display()))
        .env("TIDINGS_LOG", "warn")
        .envs(servers.tidings_env.iter().cloned())
        .current_dir(&folder.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begin = Instant::now();
    let mut server = Running(command.spawn().map_err(Failure::at(program.display()))?);
    while !is_ready(address) {
        let ended = server.0.try_wait()?;
        if ended.is_some() || begin.elapsed() > PATIENCE {
            return Err(Failure::new("the server does not become ready"));
        }
        pause();
    }
    let ready = begin.elapsed();
    let mut most: f64 = 0.;
    while begin.elapsed() < ready + SETTLE {
        most = most.max(resident(server.0.id())?);
        pause();
    }
    server.stop()?;
    Ok((ready, most))
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200 "))
    };
    ask().unwrap_or(false) // nobody listens yet
}

#[expect(clippy::disallowed_methods, reason = "another process cannot wake us: its state is asked for")]
fn pause() {
    thread::sleep(EVERY);
}

/// Resident memory, in MB.
fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: Option<f64> = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    Ok(kib.ok_or_else(|| Failure::new("no VmRSS"))? * 1.024 / 1000.)
}

/// A server that ends with its value.
struct Running(Child);

impl Running {
    /// Ends it as a service manager does, so that the next start finds everything in order.
    fn stop(&mut self) -> Result<()> {
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::new("no process"))?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).map_err(Failure::at("stopping"))?;
        let deadline = Instant::now() + PATIENCE;
        while self.0.try_wait()?.is_none() {
            if Instant::now() > deadline {
                return Err(Failure::new("the server does not stop"));
            }
            pause();
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it may have ended already
        let _ = self.0.wait();
    }
}
