//! The socket of a stream, after it was taken over from the HTTP server.
//!
//! Events are written to it by the hub at once, as long as it takes them whole. What is left of one that
//! it took in part is sent first, by the stream's own task.

use std::{cell::RefCell, io};

use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use parking_lot::Mutex;
use tidings_broker::{Delivery, Sink};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::frames::{chunk::Chunk, sse};

/// Most that is handed over at once, in bytes. What the socket does not take of it waits in memory: this
/// bounds what a reader that stands still costs.
const MAX_WRITE: usize = 64 * 1024;
/// Most that a client may send while it listens, in bytes. There is nothing that it could have to say.
const MAX_HEARD: usize = 64 * 1024;

thread_local! {
    // Where events become bytes. Of a thread and not of a stream: it is used for an instant.
    static CHUNK: RefCell<Chunk> = RefCell::default();
}

/// The socket of a stream.
pub(super) struct Wire {
    socket: TcpStream,
    state: Mutex<State>,
    /// There is something left to send, or the socket is gone.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// What the socket did not take of the last write.
    rest: Bytes,
    sent: u64,
    broken: bool,
}

impl Wire {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, state: Mutex::default(), changed: Notify::new() }
    }

    /// Bytes that were written.
    pub(super) fn sent(&self) -> u64 {
        self.state.lock().sent
    }

    /// Sends the rest of what was handed over, once there is one.
    pub(super) async fn finish(&self) -> io::Result<()> {
        self.changed.notified().await;
        self.flush().await
    }

    /// Sends all of `bytes`, after what is left of before. Fails when that takes until some time.
    pub(super) async fn send(&self, bytes: Bytes, until: Instant) -> io::Result<()> {
        let sending = async {
            self.flush().await?;
            self.state.lock().rest = bytes;
            self.flush().await
        };
        timeout_at(until, sending).await.map_err(io::Error::from)?
    }

    /// Nothing is lost when this is not waited for to its end.
    async fn flush(&self) -> io::Result<()> {
        while !self.state.lock().write_rest(&self.socket)? {
            self.socket.writable().await?;
        }
        Ok(())
    }

    /// Returns when the client has gone, or says more than it may. Fails when its connection broke.
    pub(super) async fn gone(&self) -> io::Result<()> {
        let mut heard = 0;
        while heard <= MAX_HEARD {
            self.socket.readable().await?;
            match self.hear() {
                Ok(0) => break,
                Ok(count) => heard += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn hear(&self) -> io::Result<usize> {
        self.socket.try_read(&mut [0; 1024])
    }
}

impl State {
    /// Whether all of the rest is sent.
    fn write_rest(&mut self, socket: &TcpStream) -> io::Result<bool> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        while !self.rest.is_empty() {
            match socket.try_write(&self.rest) {
                Ok(count) => {
                    drop(self.rest.split_to(count));
                    self.sent += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.rest = Bytes::new(); // an idle stream keeps no buffer
        Ok(true)
    }
}

impl Sink for Wire {
    fn offer(&self, events: &[Delivery<'_>]) -> bool {
        let mut state = self.state.lock();
        if !state.rest.is_empty() || state.broken {
            return false;
        }
        CHUNK.with_borrow_mut(|chunk| {
            chunk.clear();
            for event in events {
                sse::event(chunk.content(), event.entry, event.own);
                if chunk.content().len() > MAX_WRITE {
                    return false; // at once: the rest may be as much again for each of many streams
                }
            }
            let bytes = chunk.framed();
            match self.socket.try_write(bytes) {
                Ok(count) => {
                    state.sent += count as u64;
                    if let Some(rest) = bytes.get(count..).filter(|rest| !rest.is_empty()) {
                        state.rest = Bytes::copy_from_slice(rest);
                        self.changed.notify_one();
                    }
                    true
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
                Err(_) => {
                    state.broken = true;
                    self.changed.notify_one();
                    false
                }
            }
        })
    }
}

#[cfg(test)]
mod tests;
