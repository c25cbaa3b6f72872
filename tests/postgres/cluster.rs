//! A PostgreSQL of its own for tests: made in a temporary folder, reached by a socket in there and by nothing else, and
//! ended with the process that started it, however that ends. No server of anybody else is ever asked.

use std::{
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering::Relaxed},
    },
};

/// Runs the server, and ends it as soon as nobody holds the other end of the input any more. Ids are of this shell's
/// own child alone.
const KEEP: &str = r#"
"$1/postgres" -D "$2/data" >> "$2/log" 2>&1 &
server=$!
cat > /dev/null
kill -INT $server 2> /dev/null
wait $server
rm -rf "$2"
"#;

/// Nothing here is worth what makes it outlive the machine.
const SETTINGS: &str = "listen_addresses = ''\nfsync = off\nfull_page_writes = off\nmax_connections = 300\n\
                        shared_buffers = 32MB\nmax_wal_size = 256MB\n";

pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// Whom it runs as: PostgreSQL refuses root.
    owner: Option<(u32, u32)>,
    keepers: Mutex<Vec<Child>>,
    made: AtomicUsize,
    /// Names the socket, too.
    port: AtomicU16,
}

impl Cluster {
    /// Makes one and starts it.
    #[allow(dead_code, reason = "the benchmark has it otherwise")]
    pub(crate) fn start() -> Self {
        Self::start_in(&std::env::temp_dir(), SETTINGS)
    }

    /// The same below a folder, with other settings.
    pub(crate) fn start_in(parent: &Path, settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("tidings-postgres-").tempdir_in(parent).unwrap().keep();
        let programs = programs();
        let owner = unprivileged();
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let (keepers, made, port) = (Mutex::default(), AtomicUsize::default(), AtomicU16::new(5432));
        let cluster = Self { programs, folder, owner, keepers, made, port };
        // Names are ordered by the language here, where the server can: so nothing passes that relies on their bytes.
        if cluster.initdb(&["--locale-provider=icu", "--icu-locale=en"]).is_err() {
            cluster.initdb(&["--no-locale"]).unwrap();
        }
        cluster.configure(&format!("{settings}unix_socket_directories = '{}'\n", cluster.folder.display()));
        cluster.start_again();
        cluster
    }

    /// Adds settings. They hold from the next start on, before those that were there.
    fn configure(&self, settings: &str) {
        let file = self.folder.join("data/postgresql.conf");
        let before = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, before + settings).unwrap();
    }

    /// From the next start on: listens on 127.0.0.1 as well, for who speaks TLS alone.
    #[allow(dead_code, reason = "the crates that share this file do not all speak TLS with it")]
    pub(crate) fn certify(&self, certificate: &str, key: &str) {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        self.port.store(port, Relaxed);
        for (from, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let file = self.folder.join("data").join(name);
            std::fs::copy(from, &file).unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
            if let Some((user, group)) = self.owner {
                chown(&file, Some(user), Some(group)).unwrap();
            }
        }
        self.configure(&format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\n"));
        let who = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
        std::fs::write(self.folder.join("data/pg_hba.conf"), who).unwrap();
    }

    /// The port of one that is certified.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn port(&self) -> u16 {
        self.port.load(Relaxed)
    }

    /// Starts it again as a standby of nobody: it can be read, and never written.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn stand_by(&self) {
        self.kill();
        std::fs::write(self.folder.join("data/standby.signal"), "").unwrap();
        self.start_again();
    }

    fn initdb(&self, locale: &[&str]) -> Result<(), String> {
        let data = self.folder.join("data");
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=trust", "--encoding=UTF8", "--no-sync", "--username=tidings", "--pgdata"]).arg(&data);
        let done = initdb.args(locale).output().unwrap();
        if done.status.success() {
            return Ok(());
        }
        let _ = std::fs::remove_dir_all(data);
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }

    /// Starts it after [`Cluster::kill`].
    pub(crate) fn start_again(&self) {
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEP, "sh"]).arg(&self.programs).arg(&self.folder);
        self.lower(&mut keeper).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.keepers.lock().unwrap().push(keeper.spawn().unwrap());
        // Each look takes some milliseconds, so this is not in haste.
        while !self.command("pg_isready").output().unwrap().status.success() {}
    }

    /// Sends a signal, `STOP` for example, to all of its processes, and gives their ids.
    #[allow(dead_code, reason = "the crates that share this file do not all disturb it")]
    pub(crate) fn signal(&self, name: &str) -> Vec<String> {
        let server = self.server();
        let mut all = children(&server);
        all.insert(0, server);
        // Some may be gone with the first.
        Command::new("kill").arg(format!("-{name}")).args(&all).stderr(Stdio::null()).status().unwrap();
        all
    }

    /// The id of its first process.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn server(&self) -> String {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_owned()
    }

    /// Kills it with everything that it was doing.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn kill(&self) {
        self.signal("STOP"); // or it starts another process meanwhile, which keeps it from being started again
        let all = self.signal("KILL");
        while all.iter().any(|id| Path::new("/proc").join(id).join("exe").exists()) {}
    }

    /// Starts it as a standby after [`Cluster::kill`], and promotes it.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn promote(&self) {
        let data = self.folder.join("data");
        std::fs::write(data.join("standby.signal"), "").unwrap();
        if let Some((user, group)) = self.owner {
            chown(data.join("standby.signal"), Some(user), Some(group)).unwrap();
        }
        self.start_again();
        let promoted = self.command("pg_ctl").arg("promote").arg("--pgdata").arg(data).output().unwrap();
        assert!(promoted.status.success(), "{}", String::from_utf8_lossy(&promoted.stderr));
    }

    /// The path of its socket.
    #[allow(dead_code, reason = "the same")]
    pub(crate) fn socket(&self) -> String {
        self.folder.join(format!(".s.PGSQL.{}", self.port.load(Relaxed))).display().to_string()
    }

    /// Makes a database, empty or as a copy of another, and gives its URL.
    pub(crate) fn database(&self, like: &str) -> String {
        let name = format!("test{}", self.made.fetch_add(1, Relaxed));
        self.named_database(&name, like)
    }

    /// The same by a name.
    pub(crate) fn named_database(&self, name: &str, like: &str) -> String {
        let made = self.command("createdb").args(["--template", like, name]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        format!("postgres://tidings@localhost/{name}?host={}", self.folder.display())
    }

    /// One of its programs, to be run as its owner beside it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env("PGHOST", &self.folder).env("PGPORT", self.port.load(Relaxed).to_string());
        command.env("PGUSER", "tidings").env("PGDATABASE", "postgres");
        self.lower(&mut command);
        command
    }

    fn lower<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match self.owner {
            Some((user, group)) => command.uid(user).gid(group).current_dir("/"),
            None => command,
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for mut keeper in self.keepers.lock().unwrap().drain(..) {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder); // the keeper may not be let, outside of /tmp
    }
}

/// The ids of the processes that a process has started.
fn children(parent: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let child = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let of = stat.rsplit(')').next()?.split_whitespace().nth(1)?;
        (of == parent).then(|| entry.file_name().to_string_lossy().into_owned())
    };
    processes.filter_map(child).collect()
}

/// Where the programs of the newest PostgreSQL are.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| {
        let version: u32 = entry.file_name().to_string_lossy().parse().unwrap_or_default();
        (version, entry.path().join("bin"))
    });
    if let Some((_, newest)) = debian.filter(|(_, folder)| folder.join("initdb").exists()).max() {
        return newest;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    found.expect("PostgreSQL is missing. On Debian: apt-get install postgresql")
}

/// Somebody else to be, for root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if String::from_utf8_lossy(&id).trim() != "0" {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let user = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = user.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(ids("postgres").or_else(|| ids("nobody")).expect("somebody who is not root"))
}
