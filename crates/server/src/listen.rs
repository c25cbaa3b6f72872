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

/// Takes an address, or says why it cannot be had.
pub(crate) fn listen(address: SocketAddr, stall: Duration) -> Result<TcpListener, Failure> {
    bind(address, stall).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => "another program listens there. Stop it, or take another port",
            io::ErrorKind::PermissionDenied => "ports below 1024 are for the administrator. Take another port",
            io::ErrorKind::AddrNotAvailable => "this machine has no such address. Take another one",
            _ => "take another address",
        };
        Failure::new(format!("cannot listen on {address} ({error}): {hint}, with TIDINGS_LISTEN or --listen."))
    })
}

fn bind(address: SocketAddr, stall: Duration) -> io::Result<TcpListener> {
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
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Duration = Duration::from_mins(1);

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
