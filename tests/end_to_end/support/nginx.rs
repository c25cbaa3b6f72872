//! nginx before the nodes of a test, with the configuration that `deploy/` has for everybody.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::Server;

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx.conf");
/// What it has for each node. Fewer nodes stand there more than once.
const NODES: [&str; 3] = ["127.0.0.1:8081", "127.0.0.1:8082", "127.0.0.1:8083"];
/// What stands around it, here only as much as it takes to run beside others.
const AROUND: &str = "daemon off; worker_processes 2; worker_rlimit_nofile 20000; pid FOLDER/pid; \
                      error_log FOLDER/error.log warn; events { worker_connections 16384; } http { access_log off; \
                      client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/f; \
                      uwsgi_temp_path FOLDER/u; scgi_temp_path FOLDER/s; include FOLDER/tidings.conf; }";
/// Not where tests have ports that come and go.
const HOST: &str = if cfg!(target_os = "linux") { "127.0.9.1" } else { "127.0.0.1" };

/// Ends with its value.
pub(crate) struct Nginx {
    child: Child,
    folder: TempDir,
    pub(crate) address: String,
}

impl Nginx {
    /// Before these nodes, with something in the configuration said differently. Returns once it listens.
    pub(crate) fn before(nodes: &[Server], changes: &[(&str, &str)]) -> Self {
        let address = TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap().to_string();
        let listen = format!("listen {address};");
        let ports = NODES.iter().zip(nodes.iter().cycle()).map(|(port, node)| (*port, node.address.as_str()));
        let changes = changes.iter().copied().chain([("listen 80;", listen.as_str())]).chain(ports);
        let mut configuration = fs::read_to_string(CONFIGURATION).unwrap();
        for (from, to) in changes {
            assert_eq!(configuration.matches(from).count(), 1, "{from:?} stands there once");
            configuration = configuration.replace(from, to);
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap(); // its workers are somebody else
        fs::write(folder.path().join("tidings.conf"), configuration).unwrap();
        let around = folder.path().join("nginx.conf");
        fs::write(&around, AROUND.replace("FOLDER", &folder.path().display().to_string())).unwrap();

        // Debian has it where not everybody looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("nginx");
        command.arg("-e").arg(folder.path().join("error.log")).arg("-c").arg(around).env("PATH", path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("nginx: {error}; `make test` installs it"));
        let mut nginx = Self { child, folder, address };
        while TcpStream::connect(&nginx.address).is_err() {
            assert!(nginx.child.try_wait().unwrap().is_none(), "nginx ended: {}", nginx.log());
            std::thread::yield_now(); // another process cannot wake us
        }
        nginx
    }

    /// What it has complained of.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It ends its workers then; killed, it would leave them.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
