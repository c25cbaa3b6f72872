//! The floor: what the sockets alone cost.
//!
//! A server of ours with two threads, which reads just enough of a request to know what it is, keeps sockets, and
//! writes the same bytes to them. No runtime, no JSON, no users beyond a number, nothing kept. No server that does
//! something can be cheaper; how near one comes says how much of its cost is its own.

mod worker;

use std::{
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::Arc,
    thread,
};

use mio::{Poll, Waker};
use tempfile::TempDir;

use self::worker::{Inbox, WAKER, Worker};
use super::{
    Contestant, Render, get_stream, payload, post,
    server::{Server, free_address},
};
use crate::{
    failure::{Failure, Result},
    load::http::To,
};

const THREADS: usize = 2;

struct Floor(Server);

pub(super) fn start(folder: TempDir) -> Result<impl Contestant> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor").arg(address.to_string());
    Ok(Floor(Server::start(command, folder, address)?))
}

impl Contestant for Floor {
    fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn processes(&self) -> Vec<u32> {
        self.0.processes()
    }

    fn open(&self, user: u32, _last_event_id: Option<&[u8]>) -> Vec<u8> {
        get_stream(&format!("/stream/{user}"), "", None)
    }

    fn render(&self) -> Render {
        Arc::new(|to, stamp, out| {
            let path = match to {
                To::Everyone => "/publish".to_owned(),
                To::User(user) => format!("/publish/{user}"),
            };
            post(&path, "", &payload(stamp), out);
        })
    }

    fn log(&self) -> String {
        self.0.log()
    }
}

/// The server itself, in a process of its own. Ends with the process.
pub(crate) fn serve(listen: SocketAddr) -> Result<()> {
    crate::process::raise_file_limit();
    let listener = socket2::Socket::new(socket2::Domain::for_address(listen), socket2::Type::STREAM, None)?;
    listener.set_reuse_address(true)?;
    listener.bind(&listen.into())?;
    listener.listen(4096)?;
    listener.set_nonblocking(true)?;
    let listener: TcpListener = listener.into();

    let polls: Vec<Poll> = (0..THREADS).map(|_| Poll::new()).collect::<std::io::Result<_>>()?;
    let inboxes = polls
        .iter()
        .map(|poll| Ok(Inbox::new(Waker::new(poll.registry(), WAKER)?)))
        .collect::<std::io::Result<Arc<[_]>>>()?;
    let threads = polls
        .into_iter()
        .enumerate()
        .map(|(index, poll)| {
            let worker = Worker::new(poll, listener.try_clone()?, Arc::clone(&inboxes), index)?;
            Ok(thread::spawn(move || worker.run()))
        })
        .collect::<std::io::Result<Vec<_>>>()?;
    for thread in threads {
        thread.join().map_err(|_| Failure::new("a thread of the floor panicked"))??;
    }
    Ok(())
}
