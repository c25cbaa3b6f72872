//! How much one address or user may take, and what that is to the others.

mod connections;
mod heads;
mod rates;
mod sign_in;
mod streams;

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder, Response};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::support::{PATIENCE, Server, json};

/// Another address of this machine.
const ELSEWHERE: &str = "127.0.0.2";

/// A request without credentials, from one of the addresses of this machine.
fn from(server: &Server, address: &str, method: Method, path: &str) -> RequestBuilder {
    let client = Client::builder().no_proxy().timeout(PATIENCE).local_address(Some(address.parse().unwrap()));
    client.build().unwrap().request(method, format!("http://{}{path}", server.address))
}

async fn connect_from(server: &Server, address: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    socket.connect(server.address.parse().unwrap()).await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Several at once, where next to nothing is left of a quota: one is refused at least. On a busy machine some of it may
/// have come back meanwhile, and lets others in.
pub(crate) async fn one_refused(requests: impl Iterator<Item = RequestBuilder>) -> Response {
    let answers = join_all(requests.map(|request| async { request.send().await.unwrap() })).await;
    answers.into_iter().find(|answer| answer.status() == 429).expect("one that is refused")
}

/// The same, and it is told why.
async fn one_limited(requests: impl Iterator<Item = RequestBuilder>) {
    assert_eq!(json(one_refused(requests).await, 429).await["code"], "rate_limited");
}

/// Sends what there is to send byte by byte, twice a second, until the server closes: what it said.
async fn trickle(socket: &mut TcpStream, bytes: impl Iterator<Item = u8>) -> String {
    let mut bytes = bytes;
    let mut answer = Vec::new();
    let trickling = async {
        loop {
            if let Some(byte) = bytes.next()
                && socket.write_all(&[byte]).await.is_err()
            {
                return;
            }
            let read = tokio::time::timeout(Duration::from_millis(500), socket.read_buf(&mut answer)).await;
            if let Ok(Ok(0) | Err(_)) = read {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, trickling).await.expect("the connection is closed");
    String::from_utf8(answer).unwrap()
}
