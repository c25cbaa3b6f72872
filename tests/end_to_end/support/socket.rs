//! A client of the WebSocket: one that knows the protocol by itself.

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tidings_models::Role;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Error, client::IntoClientRequest as _, http, protocol},
};

use super::{PATIENCE, Server};

/// A message of the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    pub(crate) event: String,
    pub(crate) id: Option<String>,
    #[serde(rename = "ref")]
    pub(crate) reference: Option<String>,
    pub(crate) retry_ms: Option<u64>,
    /// To the letter.
    pub(crate) data: Box<RawValue>,
    /// All of it.
    #[serde(skip)]
    pub(crate) text: String,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.data.get()).unwrap()
    }

    pub(crate) fn title(&self) -> String {
        self.json()["payload"]["title"].as_str().unwrap().to_owned()
    }
}

/// A handshake that was answered with something else.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
}

/// An open WebSocket.
pub(crate) struct Socket {
    inner: WebSocketStream<Box<dyn Carrier>>,
    pub(crate) head: http::HeaderMap,
}

/// What a WebSocket goes over.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Carrier for T {}

/// What comes.
enum Came {
    Message(Message),
    Pong(Vec<u8>),
    Closed(u16, String),
}

impl Socket {
    /// As a page opens one that has a bearer, which pages have not: with our subprotocol.
    pub(crate) async fn open(server: &Server, token: &str, query: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &bearer[..]), ("sec-websocket-protocol", "tidings.v1")];
        Self::shake(server, query, &headers).await.expect("a WebSocket")
    }

    /// The same of a user with a token of an hour.
    pub(crate) async fn of(server: &Server, user: &str, query: &str) -> Self {
        Self::open(server, &Server::token(user, Role::User), query).await
    }

    /// Opens one with these headers, or is refused.
    pub(crate) async fn shake(server: &Server, query: &str, headers: &[(&str, &str)]) -> Result<Self, Refusal> {
        Self::at(&server.address, query, headers).await
    }

    /// The same, of whatever stands before a server.
    pub(crate) async fn at(address: &str, query: &str, headers: &[(&str, &str)]) -> Result<Self, Refusal> {
        Self::over(TcpStream::connect(address).await.unwrap(), address, query, headers).await
    }

    /// The same, over a socket with settings of its own.
    pub(crate) async fn over(
        socket: TcpStream,
        address: &str,
        query: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Refusal> {
        let mut request = format!("ws://{address}/api/v1/ws{query}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        match timeout(PATIENCE, client_async(request, Box::new(socket) as Box<dyn Carrier>))
            .await
            .expect("an answer in time")
        {
            Ok((inner, answer)) => Ok(Self { inner, head: answer.headers().clone() }),
            Err(Error::Http(answer)) => {
                Err(Refusal { status: answer.status().as_u16(), headers: answer.headers().clone() })
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// After a handshake that another client has made.
    pub(crate) async fn after(answer: reqwest::Response) -> Self {
        let head = answer.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let carrier: Box<dyn Carrier> = Box::new(answer.upgrade().await.unwrap());
        let inner = WebSocketStream::from_raw_socket(carrier, protocol::Role::Client, None).await;
        Self { inner, head }
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_raw(tungstenite::Message::text(message.to_string())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: tungstenite::Message) {
        self.inner.send(message).await.unwrap();
    }

    /// The same, to a server that may not be listening any more.
    pub(crate) async fn try_send_raw(&mut self, message: tungstenite::Message) -> bool {
        self.inner.send(message).await.is_ok()
    }

    async fn came(&mut self) -> Came {
        let next = timeout(PATIENCE, self.inner.next()).await.expect("something in time");
        match next.expect("a last frame before the end").expect("a frame") {
            tungstenite::Message::Text(text) => {
                let message: Message = serde_json::from_str(&text).expect("a message");
                Came::Message(Message { text: text.to_string(), ..message })
            }
            tungstenite::Message::Pong(payload) => Came::Pong(payload.to_vec()),
            tungstenite::Message::Close(frame) => {
                let frame = frame.expect("a reason");
                Came::Closed(frame.code.into(), frame.reason.to_string())
            }
            other => panic!("what nobody sends: {other:?}"),
        }
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Message {
        match self.came().await {
            Came::Message(message) => message,
            Came::Pong(_) => panic!("a pong that nobody asked for"),
            Came::Closed(code, why) => panic!("closed: {code} {why}"),
        }
    }

    /// The messages up to and with one of this name.
    pub(crate) async fn up_to(&mut self, name: &str) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().await;
            let last = message.event == name;
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    /// The next message of this name.
    pub(crate) async fn the(&mut self, name: &str) -> Message {
        self.up_to(name).await.pop().unwrap()
    }

    /// Opened and caught up: what came before `ready`, and `ready`.
    pub(crate) async fn ready(&mut self) -> Vec<Message> {
        self.up_to("ready").await
    }

    /// What is asked is answered with.
    pub(crate) async fn ask(&mut self, message: &Value, answer: &str) -> Message {
        self.send(message).await;
        self.the(answer).await
    }

    /// A ping of the protocol, and its answer.
    pub(crate) async fn ping(&mut self, payload: &'static [u8]) -> Vec<u8> {
        self.send_raw(tungstenite::Message::Ping(payload.into())).await;
        loop {
            match self.came().await {
                Came::Pong(payload) => return payload,
                Came::Message(_) => {}
                Came::Closed(code, why) => panic!("closed: {code} {why}"),
            }
        }
    }

    /// Reads to the end: the last message, and how the server closed. Then nothing comes any more.
    pub(crate) async fn closed(&mut self) -> (Option<Message>, u16, String) {
        let mut last = None;
        loop {
            match self.came().await {
                Came::Message(message) => last = Some(message),
                Came::Pong(_) => {}
                Came::Closed(code, why) => {
                    let more = timeout(PATIENCE, self.inner.next()).await.expect("an end in time");
                    assert!(!matches!(more, Some(Ok(_))), "after the last frame: {more:?}");
                    return (last, code, why);
                }
            }
        }
    }

    /// The reason of its goodbye, and the code that it was closed with.
    pub(crate) async fn goodbye(&mut self) -> (String, u16) {
        let (last, code, why) = self.closed().await;
        let last = last.expect("a last message");
        assert_eq!(last.event, "goodbye");
        let data = last.json();
        assert_eq!(data["reason"], why);
        assert!(data["retry_ms"].is_u64());
        (why, code)
    }
}
