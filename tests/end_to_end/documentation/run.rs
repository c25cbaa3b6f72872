//! Performing examples.

use reqwest::header::HeaderName;
use tidings_models::Role;

use super::{
    example::{self, Event, Exchange, Message},
    matching::Names,
};
use crate::{
    support::{self, PATIENCE, Server, Socket, Stream},
    whole_inbox::after,
};

/// A page that is being read aloud.
pub(super) struct Run<'a> {
    server: &'a Server,
    names: Names,
    /// The stream that was opened last.
    stream: Option<Stream>,
    /// The WebSocket that was opened last.
    socket: Option<Socket>,
}

impl<'a> Run<'a> {
    pub(super) fn new(server: &'a Server, given: Vec<(&'static str, String)>) -> Self {
        let mut names = Names::default();
        for (name, value) in given {
            names.set(name, value);
        }
        Self { server, names, stream: None, socket: None }
    }

    /// Sends a request, and compares the answer.
    pub(super) async fn exchange(&mut self, example: &Exchange) {
        self.names.set("SOON", after(2000));
        self.names.set("BRIEF", Server::token_for("alice", Role::User, 4));
        let line = example.line;
        if example.answer_headers.iter().any(|(_, value)| value == "text/event-stream") {
            return self.open(example).await;
        }
        if example.status.starts_with("101") {
            return self.shake(example).await;
        }
        let mut request = self.server.plain(example.method.parse().unwrap(), &self.names.fill(&example.target));
        for (name, value) in &example.headers {
            request = request.header(name, self.names.fill(value));
        }
        if !example.body.is_empty() {
            request = request.body(self.names.fill(&example.body));
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        assert_eq!(status.to_string(), example.status, "line {line}: {text}");
        let same =
            if example.answer.is_empty() && text.is_empty() { Ok(()) } else { self.names.json(&example.answer, &text) };
        same.unwrap_or_else(|what| panic!("line {line}: {what}"));
        for (name, printed) in &example.answer_headers {
            let name: HeaderName = name.parse().unwrap();
            let came = headers.get(&name).unwrap_or_else(|| panic!("line {line}: no {name}")).to_str().unwrap();
            self.names.text(printed, came).unwrap_or_else(|what| panic!("line {line}: {name}: {what}"));
        }
    }

    /// Opens a stream, and reads the events that are printed.
    async fn open(&mut self, example: &Exchange) {
        let line = example.line;
        let header = |name: &str| {
            let value = example.headers.iter().find(|(its, _)| its.eq_ignore_ascii_case(name));
            value.map(|(_, value)| self.names.fill(value))
        };
        let token = header("authorization").unwrap_or_else(|| panic!("line {line}: who opens it?"));
        let token = token.trim_start_matches("Bearer ");
        let target = self.names.fill(&example.target);
        let query = target.trim_start_matches("/api/v1/stream");
        let last = header("last-event-id");
        let stream = Stream::open(&self.server.address, token, query, last.as_deref().map(str::as_bytes)).await;
        assert!(stream.head.starts_with("http/1.1 200 ok"), "line {line}: {}", stream.head);
        for (name, printed) in &example.answer_headers {
            let lines = format!("{name}: {printed}").to_lowercase();
            assert!(stream.head.contains(&lines), "line {line}: {lines} in {}", stream.head);
        }
        self.stream = Some(stream);
        self.events(line, &example::events(&example.answer)).await;
    }

    /// Opens a WebSocket. What makes it one the client knows by itself.
    async fn shake(&mut self, example: &Exchange) {
        let line = example.line;
        let ours =
            |name: &str| !["connection", "upgrade", "sec-websocket-version", "sec-websocket-key"].contains(&name);
        let headers = example.headers.iter().map(|(name, value)| (name.to_lowercase(), self.names.fill(value)));
        let headers: Vec<_> = headers.filter(|(name, _)| ours(name)).collect();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let target = self.names.fill(&example.target);
        let query = target.trim_start_matches("/api/v1/ws");
        let socket = Socket::shake(self.server, query, &headers).await;
        let socket = socket.unwrap_or_else(|refusal| panic!("line {line}: {refusal:?}"));
        for (name, printed) in &example.answer_headers {
            assert_eq!(socket.head[name.to_lowercase()], printed[..], "line {line}: {name}");
        }
        self.socket = Some(socket);
    }

    /// Sends what is printed, and reads until each that is printed has come. It is closed after that.
    pub(super) async fn messages(&mut self, line: usize, messages: &[Message]) {
        let mut socket = self.socket.take().expect("a WebSocket is open");
        for message in messages {
            match message {
                Message::Sent(text) => socket.send(&serde_json::from_str(&self.names.fill(text)).unwrap()).await,
                Message::Got(printed) => loop {
                    let came = socket.next().await;
                    let mut names = self.names.clone();
                    match names.json(printed, &came.text) {
                        Ok(()) => break self.names = names,
                        // A page shows what it speaks of.
                        Err(_) if came.event == "ping" => {}
                        Err(what) => panic!("line {line}: {what}\n{}", came.text),
                    }
                },
            }
        }
    }

    /// Reads events until those that are printed have come, in their order. Others may come in between: a
    /// page shows what it speaks of.
    pub(super) async fn events(&mut self, line: usize, events: &[Event]) {
        for event in events {
            let mut others = Vec::new();
            let reading = self.until(event, &mut others);
            let came = tokio::time::timeout(PATIENCE, reading).await.unwrap_or(false);
            assert!(came, "line {line}: there was no {event:#?}\nbut {others:#?}");
        }
    }

    /// Whether the event that is printed has come. `false`: the stream has ended.
    async fn until(&mut self, printed: &Event, others: &mut Vec<String>) -> bool {
        let stream = self.stream.as_mut().expect("a stream is open");
        while let Some(came) = stream.next().await {
            let mut names = self.names.clone();
            match same(&mut names, printed, &came) {
                Ok(()) => {
                    self.names = names;
                    return true;
                }
                Err(what) => others.push(format!("{}: {what}", came.name)),
            }
        }
        false
    }
}

fn same(names: &mut Names, printed: &Event, came: &support::Event) -> Result<(), String> {
    let name = came.data.as_ref().map(|_| came.name.as_str());
    if printed.name.as_deref() != name {
        return Err("another name".into());
    }
    let retry = came.retry.map(|retry| retry.to_string());
    for (printed, came) in [(&printed.id, &came.id), (&printed.retry, &retry)] {
        match (printed, came) {
            (None, None) => {}
            (Some(printed), Some(came)) => names.text(printed, came)?,
            _ => return Err(format!("{came:?} is not {printed:?}")),
        }
    }
    match (&printed.data, &came.data) {
        (None, None) => Ok(()),
        (Some(printed), Some(came)) => names.json(printed, came),
        _ => Err("with data, or without".into()),
    }
}
