//! What comes before anything is spoken within.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;
use crate::support::PATIENCE;

/// What the server says until it closes.
async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut said)).await.expect("it is closed");
    read.map_or_else(|_| Vec::new(), |_| said)
}

async fn health(authority: &Authority, server: &Server) -> u16 {
    let client = authority.client(&server.address).build().unwrap();
    client.get(format!("https://{}/healthz", server.address)).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn plain_http_is_closed_without_harm() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[]).await;
    for _ in 0..3 {
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let said = rest(&mut socket).await;
        assert!(!said.starts_with(b"HTTP"), "{said:?}");
        assert_eq!(health(&authority, &server).await, 200);
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_closed_and_holds_nobody_up() {
    let authority = Authority::new();
    let env = [("TIDINGS_WORKERS", "1"), ("TIDINGS_CONNECTIONS_PER_ADDRESS", "100")];
    let server = Server::start_certified(&authority, &env).await;
    let begun = Instant::now();
    let mut sockets = Vec::new();
    for n in 0..60 {
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        if n % 2 == 0 {
            socket.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap(); // the beginning of a hello
        }
        sockets.push(socket);
    }
    assert_eq!(health(&authority, &server).await, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "it was answered while all of them were waited for");
    for socket in &mut sockets {
        assert_eq!(rest(socket).await, b"");
    }
    assert!(begun.elapsed() > Duration::from_secs(4), "they had their time");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[cfg(target_os = "linux")] // elsewhere 127.0.0.1 is the only address of its kind
#[tokio::test]
async fn an_address_has_as_many_connections_as_without_tls() {
    let authority = Authority::new();
    let server = Server::start_certified(&authority, &[("TIDINGS_CONNECTIONS_PER_ADDRESS", "10")]).await;
    let elsewhere = || authority.client(&server.address).local_address(Some("127.0.0.2".parse().unwrap())).build();
    let url = format!("https://{}/healthz", server.address);
    let mut clients = Vec::new();
    for _ in 0..10 {
        let client = elsewhere().unwrap();
        assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
        clients.push(client);
    }
    assert!(elsewhere().unwrap().get(&url).send().await.is_err(), "one too many");
    assert_eq!(health(&authority, &server).await, 200, "others have their own");
    drop(clients.pop());
    crate::support::until("a place is free", async || elsewhere().unwrap().get(&url).send().await.ok()).await;
}
