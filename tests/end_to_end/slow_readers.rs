//! Readers that are slow, or never read at all: they cost little, and nobody else anything.

mod memory;
mod stall;
mod wal;

use std::net::SocketAddr;

use serde_json::{Value, json};
use tidings_models::Role;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
};

use crate::support::Server;

/// About the largest that a notification gets: 8 KiB of text and 12 KiB of data.
pub(crate) const LARGE: usize = 20 * 1024;

/// A notification of that size.
fn large(to: &Value, title: &str) -> Value {
    let data = "d".repeat(LARGE - 8 * 1024);
    json!({"to": to, "title": title, "body": "b".repeat(8 * 1024), "data": data})
}

async fn send_large(server: &Server, to: &Value, title: &str) -> Value {
    let request = server.as_admin(reqwest::Method::POST, "/admin/notifications").json(&large(to, title));
    crate::support::json(request.send().await.unwrap(), 201).await
}

/// A socket that takes as little as the system lets it.
async fn narrow(server: &Server) -> TcpStream {
    let address: SocketAddr = server.address.parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

/// Opens a stream that nobody reads, as long as it is held.
async fn unread(server: &Server, user: &str, last_event_id: Option<&str>) -> TcpStream {
    let mut socket = narrow(server).await;
    let (address, token) = (&server.address, Server::token(user, Role::User));
    let last = last_event_id.map_or(String::new(), |id| format!("last-event-id: {id}\r\n"));
    let request = format!(
        "GET /api/v1/stream HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\nauthorization: Bearer {token}\r\n{last}\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}
