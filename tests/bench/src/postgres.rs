//! A PostgreSQL of the benchmark's own, as it comes: every commit waits for the disk. And what it can do without us.

#[allow(clippy::unwrap_used, clippy::expect_used, reason = "shared with tests: what it cannot do ends the run")]
#[path = "../../postgres/cluster.rs"]
mod cluster;

use std::{
    fs,
    io::{Seek as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Stdio,
    time::Duration,
};

use self::cluster::Cluster;
use crate::{
    failure::{Failure, Result},
    process::{Cpu, descendants},
};

/// Beside what it comes with. No port, as it is reached by its socket, and room for many publishers.
const SETTINGS: &str = "listen_addresses = ''\nmax_connections = 300\n";
/// The longest folder whose sockets have names that the system takes: they are in it, with 40 bytes more.
const LONGEST_FOLDER: usize = 60;
/// The content of a row.
const ROW_BYTES: usize = 300;
/// The program that measures it: part of PostgreSQL.
const TOOL: &str = "pgbench";

pub(crate) struct Postgres(Cluster);

/// An empty database, which goes with its value.
pub(crate) struct Database<'a> {
    postgres: &'a Postgres,
    pub(crate) url: String,
}

impl Postgres {
    /// Starts one with its files in this folder. Or where temporary files are, if the name is too long or nobody else
    /// can reach it: it does not run as root.
    pub(crate) fn start(folder: &Path) -> Self {
        let temporary = std::env::temp_dir();
        let fits = is_open(folder) && folder.as_os_str().len() <= LONGEST_FOLDER;
        Self(Cluster::start_in(if fits { folder } else { &temporary }, SETTINGS))
    }

    pub(crate) fn database(&self) -> Database<'_> {
        Database { postgres: self, url: self.0.database("template0") }
    }

    /// The CPU time of all of its processes.
    pub(crate) fn cpu(&self) -> Result<Cpu> {
        const TRIES: u32 = 100;
        let server = self.0.server().parse().map_err(Failure::at("the id of PostgreSQL"))?;
        let look = || Cpu::of(&[vec![server], descendants(server)].concat());
        // A process may end between being found and being looked at.
        (1..TRIES).find_map(|_| look().ok()).map_or_else(look, Ok)
    }
}

impl Database<'_> {
    /// Rows a second that go in without us: so many with each commit, on so many connections, into a table that has nothing
    /// but a key beside them. The statement is prepared, and the rows stand in it: there is nothing to send.
    pub(crate) fn inserts(&self, rows: usize, connections: usize, time: Duration) -> Result<f64> {
        let row = format!("('{}')", "x".repeat(ROW_BYTES));
        let script = format!("INSERT INTO plain (payload) VALUES {};\n", vec![row.as_str(); rows].join(", "));
        self.run(
            "psql",
            &["--command", "CREATE TABLE IF NOT EXISTS plain (id bigserial PRIMARY KEY, payload text)"],
            "",
        )?;
        let seconds = time.as_secs_f64().ceil().max(1.0).to_string();
        let connections = connections.to_string();
        let load = ["--no-vacuum", "--protocol=prepared", "--file=-", "--jobs=2", "--client", &connections];
        let said = self.run(TOOL, &[&load[..], &["--time", &seconds]].concat(), &script)?;
        let rate = transactions(&said).ok_or_else(|| Failure::new(format!("{TOOL} said:\n{said}")))?;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        Ok(rate * rows as f64)
    }

    /// What one of its programs says about this database.
    fn run(&self, program: &str, arguments: &[&str], input: &str) -> Result<String> {
        let mut text = tempfile::tempfile()?; // it may be more than a pipe takes
        text.write_all(input.as_bytes())?;
        text.rewind()?;
        let mut command = self.postgres.0.command(program);
        let done = command.args(arguments).env("PGDATABASE", self.name()).stdin(Stdio::from(text)).output()?;
        if !done.status.success() {
            return Err(Failure::new(format!("{program}: {}", String::from_utf8_lossy(&done.stderr))));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    fn name(&self) -> &str {
        name(&self.url).unwrap_or_default()
    }
}

impl Drop for Database<'_> {
    /// What it leaves behind must not be written to the disk while the next is measured.
    fn drop(&mut self) {
        let name = self.name().to_owned();
        let _ = self.postgres.0.command("dropdb").args(["--force", &name]).output(); // it goes with its server anyway
    }
}

/// The name in `postgres://user@host/name?…`.
fn name(url: &str) -> Option<&str> {
    url.split(['/', '?']).nth(3)
}

/// Transactions a second, of what pgbench says at its end.
fn transactions(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}

/// Whether everybody may pass through to a folder.
fn is_open(folder: &Path) -> bool {
    let open = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0);
    !rustix::process::geteuid().is_root() || folder.ancestors().all(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgbench_is_understood() {
        let said = "number of failed transactions: 0 (0.000%)\nlatency average = 0.5 ms\n\
                    tps = 12345.678901 (without initial connection time)\n";
        assert_eq!(transactions(said), Some(12_345.678_901));
        assert_eq!(transactions("pgbench: error"), None);
    }

    #[test]
    fn a_database_has_a_name() {
        assert_eq!(name("postgres://tidings@localhost/test7?host=/tmp/x"), Some("test7"));
    }
}
