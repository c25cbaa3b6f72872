//! Nchan, the module of nginx.
//!
//! A channel for each user and one for everyone; each stream is subscribed to its own and to that of everyone, as the
//! streams of Tidings are. One worker process for each core. Messages stay in shared memory, so that clients that
//! come back get what they missed; nothing is on disk, and nobody is asked who they are.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    Contestant, Render, Wish, get_stream, payload, post,
    server::{Server, free_address},
    user_name,
};
use crate::{
    failure::{Failure, Result},
    load::http::To,
};

pub(super) const PROGRAMS: [&str; 2] = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"];
const MODULES: [&str; 2] = ["/usr/lib/nginx/modules/ngx_nchan_module.so", "/usr/local/lib/nginx/ngx_nchan_module.so"];

struct Nchan(Server);

/// The program and the module.
pub(super) fn find() -> Result<(&'static Path, &'static Path)> {
    let first = |names: [&'static str; 2]| names.into_iter().map(Path::new).find(|path| path.is_file());
    first(PROGRAMS)
        .zip(first(MODULES))
        .ok_or_else(|| Failure::new("nginx or its module Nchan is not installed (Debian: nginx, libnginx-mod-nchan)"))
}

pub(super) fn start(wish: Wish, folder: TempDir) -> Result<impl Contestant> {
    let (program, module) = find()?;
    let address = free_address()?;
    let configuration: PathBuf = folder.path().join("nginx.conf");
    fs::write(&configuration, text(module, address, folder.path(), wish))?;
    let mut command = Command::new(program);
    command.arg("-p").arg(folder.path()).arg("-e").arg("stderr").arg("-c").arg(&configuration);
    Ok(Nchan(Server::start(command, folder, address)?))
}

fn text(module: &Path, address: SocketAddr, folder: &Path, wish: Wish) -> String {
    let (module, folder, remembered) = (module.display(), folder.display(), wish.remembered);
    // Workers lose the rights of root unless told otherwise, and then may not write to the folder.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    format!(
        r"load_module {module};
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 2;
events {{ worker_connections 32768; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  nchan_shared_memory_size 1024M;
  server {{
    listen {address} backlog=4096;
    location = /publish {{
      nchan_publisher;
      nchan_channel_id $arg_id;
      nchan_store_messages on;
      nchan_message_buffer_length {remembered};
      nchan_message_timeout 1h;
    }}
    location = /subscribe {{
      nchan_subscriber eventsource;
      nchan_channel_id all $arg_u;
      nchan_subscriber_first_message newest;
      nchan_message_buffer_length {remembered};
    }}
  }}
}}
"
    )
}

impl Contestant for Nchan {
    fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn processes(&self) -> Vec<u32> {
        self.0.processes()
    }

    fn open(&self, user: u32, last_event_id: Option<&[u8]>) -> Vec<u8> {
        get_stream(&format!("/subscribe?u={}", user_name(user)), "", last_event_id)
    }

    fn render(&self) -> Render {
        Arc::new(|to, stamp, out| {
            let path = match to {
                To::Everyone => "/publish?id=all".to_owned(),
                To::User(user) => format!("/publish?id={}", user_name(user)),
            };
            post(&path, "", &payload(stamp), out);
        })
    }

    fn log(&self) -> String {
        self.0.log()
    }
}
