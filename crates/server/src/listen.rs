//! The socket that the server listens on.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};

use crate::failure::Failure;

/// Connections that may wait to be accepted: what a fleet that reconnects at once needs. The system
/// may allow fewer (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;
/// What the kernel may hold for one connection that does not read, in bytes; Linux doubles it.
/// Without it, a stream nobody reads takes megabytes of memory that no counter of ours sees.
/// Accepted sockets inherit it.
const SEND_BUFFER: usize = 32 * 1024;

/// An address that was taken. Who calls is refused until it is listened on: a load balancer then takes another node.
pub(crate) struct Taken(Socket, SocketAddr);

/// Takes an address, or says why it cannot be had.
pub(crate) fn take(address: SocketAddr, stall: Duration) -> Result<Taken, Failure> {
    bind(address, stall).map(|socket| Taken(socket, address)).map_err(|error| cannot(address, &error))
}

impl Taken {
    /// What was taken, with its port.
    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        let address = self.0.local_addr().map(|address| address.as_socket());
        address.ok().flatten().ok_or_else(|| Failure::new(format!("{} has no address of its own.", self.1)))
    }

    /// Listens from now on.
    pub(crate) fn listen(self) -> Result<TcpListener, Failure> {
        self.0.listen(BACKLOG).map_err(|error| cannot(self.1, &error))?;
        Ok(self.0.into())
    }
}

fn cannot(address: SocketAddr, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there. Stop it, or take another port",
        io::ErrorKind::PermissionDenied => "ports below 1024 are for the administrator. Take another port",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address. Take another one",
        _ => "take another address",
    };
    Failure::new(format!("cannot listen on {address} ({error}): {hint}, with TIDINGS_LISTEN or --listen."))
}

fn bind(address: SocketAddr, stall: Duration) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of a server that has just stopped linger for a minute; they do not matter.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    // RFC 5482: ends a connection whose other side takes nothing, or is gone without a word. Nothing
    // else would: what is to be written waits in the kernel, and nobody asks again. Inherited too.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(stall))?;
    #[cfg(not(target_os = "linux"))]
    let _ = stall;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_mins(1);

    fn listen(address: SocketAddr, stall: Duration) -> Result<TcpListener, Failure> {
        take(address, stall)?.listen()
    }

    #[test]
    fn who_calls_before_it_is_listened_on_is_refused() {
        let taken = take("127.0.0.1:0".parse().unwrap(), STALL).unwrap();
        let address = taken.address().unwrap();
        assert!(std::net::TcpStream::connect(address).is_err());
        let listener = taken.listen().unwrap();
        assert_eq!(listener.local_addr().unwrap(), address);
        assert!(std::net::TcpStream::connect(address).is_ok());
    }

    #[test]
    fn a_taken_port_is_told_with_what_to_do() {
        let first = listen("127.0.0.1:0".parse().unwrap(), STALL).unwrap();
        let message = listen(first.local_addr().unwrap(), STALL).unwrap_err().to_string();
        assert!(message.contains("another program") && message.contains("TIDINGS_LISTEN"), "{message}");
        assert!(listen("192.0.2.1:0".parse().unwrap(), STALL).unwrap_err().to_string().contains("no such address"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn accepted_connections_have_the_bounded_buffer() {
        let listener = listen("127.0.0.1:0".parse().unwrap(), STALL).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        let accepted = Socket::from(accepted);
        assert_eq!(accepted.send_buffer_size().unwrap(), 2 * SEND_BUFFER);
        assert_eq!(accepted.tcp_user_timeout().unwrap(), Some(STALL));
    }
}
