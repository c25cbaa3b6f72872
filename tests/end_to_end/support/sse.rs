//! A strict reader of server-sent events (WHATWG HTML, section 9.2.6) over a bare socket.

use std::{collections::VecDeque, io};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::PATIENCE;

/// A dispatched event, or a block that only moved the id.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Option<String>,
    pub(crate) retry: Option<u64>,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.data.as_deref().unwrap()).unwrap()
    }

    pub(crate) fn title(&self) -> String {
        self.json()["payload"]["title"].as_str().unwrap().to_owned()
    }
}

/// An open stream.
pub(crate) struct Stream {
    socket: TcpStream,
    /// What has come and is not decoded: chunked coding (RFC 9112, section 7.1).
    raw: Vec<u8>,
    text: String,
    events: VecDeque<Event>,
    pub(crate) head: String,
    /// What is still to come, of an answer that says how long it is.
    left: Option<usize>,
    ended: bool,
}

impl Stream {
    pub(crate) async fn open(address: &str, token: &str, query: &str, last_event_id: Option<&[u8]>) -> Self {
        Self::try_open(address, token, query, last_event_id).await.expect("an answer")
    }

    /// The same without a token: by what stands in the query.
    pub(crate) async fn bare(address: &str, query: &str) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        Self::ask(socket, address, "", query, None).await.expect("an answer")
    }

    /// The same, of a server that may be away.
    pub(crate) async fn try_open(
        address: &str,
        token: &str,
        query: &str,
        last_event_id: Option<&[u8]>,
    ) -> io::Result<Self> {
        Self::over(TcpStream::connect(address).await?, address, token, query, last_event_id).await
    }

    /// The same, over a socket with settings of its own.
    pub(crate) async fn over(
        socket: TcpStream,
        address: &str,
        token: &str,
        query: &str,
        last_event_id: Option<&[u8]>,
    ) -> io::Result<Self> {
        let credentials = format!("authorization: Bearer {token}\r\n");
        Self::ask(socket, address, &credentials, query, last_event_id).await
    }

    async fn ask(
        mut socket: TcpStream,
        address: &str,
        credentials: &str,
        query: &str,
        last_event_id: Option<&[u8]>,
    ) -> io::Result<Self> {
        let mut request = format!(
            "GET /api/v1/stream{query} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n{credentials}"
        )
        .into_bytes();
        if let Some(id) = last_event_id {
            request.extend([b"last-event-id: ", id, b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        socket.write_all(&request).await?;
        let mut stream = Self {
            socket,
            raw: Vec::new(),
            text: String::new(),
            events: VecDeque::new(),
            head: String::new(),
            left: None,
            ended: false,
        };
        while stream.head.is_empty() {
            if !stream.fill().await {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = find(&stream.raw, b"\r\n\r\n") {
                stream.head = String::from_utf8(stream.raw.drain(..end + 4).collect()).unwrap().to_lowercase();
            }
        }
        let length = stream.head.lines().find_map(|line| line.strip_prefix("content-length: "));
        stream.left = length.map(|length| length.trim().parse().unwrap());
        Ok(stream)
    }

    /// The next block. `None` once the server has ended the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if !self.decode() {
                if self.ended {
                    return None;
                }
                self.ended = !self.fill().await;
            }
        }
    }

    /// The next event that is not a heartbeat or `retry:`.
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.data.is_some() {
                return event;
            }
        }
    }

    /// The names of the events up to and with one of this name.
    pub(crate) async fn up_to(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.event().await;
            let last = event.name == name;
            events.push(event);
            if last {
                return events;
            }
        }
    }

    /// The titles of the next `count` notifications, whether they come before `ready` or right after: what
    /// was just acknowledged may not have been dispatched yet.
    pub(crate) async fn titles(&mut self, count: usize) -> Vec<String> {
        let mut titles = Vec::new();
        while titles.len() < count {
            let event = self.event().await;
            if event.name == "notification" {
                titles.push(event.title());
            }
        }
        titles
    }

    /// Opened and caught up: what came before `ready`, and `ready`.
    pub(crate) async fn ready(&mut self) -> Vec<Event> {
        self.up_to("ready").await
    }

    async fn fill(&mut self) -> bool {
        self.raw.reserve(16 * 1024);
        let read = tokio::time::timeout(PATIENCE, self.socket.read_buf(&mut self.raw)).await;
        let read = read.expect("something in time").unwrap_or(0);
        read > 0
    }

    /// Takes one chunk, if one is whole.
    fn decode(&mut self) -> bool {
        let chunked = self.head.contains("transfer-encoding: chunked");
        if !chunked {
            let text = String::from_utf8(std::mem::take(&mut self.raw)).unwrap();
            self.left = self.left.map(|left| left - text.len());
            self.ended |= self.left == Some(0);
            return self.take(&text);
        }
        let Some(line) = find(&self.raw, b"\r\n") else { return false };
        let size = usize::from_str_radix(std::str::from_utf8(&self.raw[..line]).unwrap(), 16).unwrap();
        if self.raw.len() < line + 2 + size + 2 {
            return false;
        }
        let chunk = self.raw[line + 2..line + 2 + size].to_vec();
        self.raw.drain(..line + 2 + size + 2);
        self.ended |= size == 0;
        self.take(std::str::from_utf8(&chunk).expect("a chunk ends on a character"))
    }

    fn take(&mut self, text: &str) -> bool {
        self.text.push_str(text);
        while let Some(end) = self.text.find("\n\n") {
            let block: String = self.text.drain(..end + 2).collect();
            self.events.push_back(parse(&block));
        }
        !text.is_empty()
    }
}

fn parse(block: &str) -> Event {
    assert!(!block.contains('\r'), "we never send CR: {block:?}");
    let mut event = Event { name: "message".into(), ..Event::default() };
    for line in block.lines().filter(|line| !line.is_empty()) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match field {
            "event" => event.name = value,
            "id" => event.id = Some(value),
            "retry" => event.retry = Some(value.parse().unwrap()),
            "data" => {
                assert!(event.data.is_none(), "one line of data: {block:?}");
                event.data = Some(value);
            }
            "" => {} // a comment
            other => panic!("a field that nobody sends: {other:?}"),
        }
    }
    event
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
