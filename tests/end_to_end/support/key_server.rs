//! The address of an identity provider's keys, on loopback: it answers as it is told, and keeps count.
//!
//! The tests of single crates include this file too.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Ends with the test.
pub(crate) struct KeyServer {
    address: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    answer: Mutex<Vec<u8>>,
    /// The first lines of the requests.
    requests: Mutex<Vec<String>>,
}

impl KeyServer {
    /// One that publishes this set.
    pub(crate) async fn start(json: &str) -> Self {
        Self::start_at("127.0.0.1:0", json).await
    }

    pub(crate) async fn start_at(address: &str, json: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        let server = Self { address, shared, task };
        server.publish(json);
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys.json?tenant=x", self.address)
    }

    pub(crate) fn publish(&self, json: &str) {
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", json.len());
        self.answer(head + json);
    }

    /// Answers with these bytes, and then says nothing more.
    pub(crate) fn answer(&self, bytes: impl Into<Vec<u8>>) {
        *self.shared.answer.lock().unwrap() = bytes.into();
    }

    /// The first lines of all requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn fetches(&self) -> usize {
        self.requests().len()
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket, Arc::clone(&shared)));
    }
}

async fn answer(mut socket: TcpStream, shared: Arc<Shared>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let first = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
    shared.requests.lock().unwrap().push(first);
    let bytes = shared.answer.lock().unwrap().clone();
    let _ = socket.write_all(&bytes).await; // who asked may have heard enough
    let _ = socket.read_u8().await; // until they go
}
