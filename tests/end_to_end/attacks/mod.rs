//! What is tried against a server that is on a network, and what it makes of it. `docs/security.md` names the tests.

mod audit;
mod forms;
mod framing;
mod ids;
mod log_lines;
mod origins;
mod redirects;
mod secrets;
mod takeover;

use std::fmt::Write as _;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    access::Visitor,
    session::add,
    support::{PATIENCE, Server, json as answer_json, until},
};

const PASSWORD: &str = "correct horse";
const EVIL: &str = "https://evil.example";

/// Every byte of a text as `%XX`: whatever it is, it may stand in a URL.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02x}").unwrap();
        encoded
    })
}

/// Sends bytes as they are, and gives what comes back until the server closes.
async fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(&server.address).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is cut off may end with an error; what came before it counts.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("closed");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The answer as a whole: its status, its headers and its body.
async fn whole(answer: Response) -> String {
    let head = format!("{} {:?}\n", answer.status(), answer.headers());
    head + &answer.text().await.unwrap()
}
