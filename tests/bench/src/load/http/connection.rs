//! One keep-alive connection of a publisher.

use std::{
    io::{self, ErrorKind, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;

use super::Promise;
use crate::{
    failure::{Failure, Result},
    load::answer,
};

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: TcpStream,
    /// What the socket did not take yet.
    unsent: Vec<u8>,
    /// The answer so far.
    pub(super) answer: Vec<u8>,
    under_way: Option<(u64, Promise)>,
}

impl Connection {
    pub(super) fn open(target: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(target)?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, unsent: Vec::new(), answer: Vec::new(), under_way: None })
    }

    pub(super) fn send(&mut self, request: &[u8], due: u64, promise: Promise) -> Result<()> {
        self.under_way = Some((due, promise));
        self.unsent.extend_from_slice(request);
        self.flush()
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            match self.socket.write(&self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(error) => return Err(Failure::at("sending a request")(error)),
            }
        }
        Ok(())
    }

    /// Status, time and promise of the request, once its answer is whole.
    pub(super) fn answered(&mut self) -> Option<(u16, u64, Promise)> {
        let status = answer::whole(&self.answer)?;
        let (due, promise) = self.under_way.take()?;
        Some((status, due, promise))
    }
}
