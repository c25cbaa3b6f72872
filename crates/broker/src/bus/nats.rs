//! Bells over NATS: published to a subject, which each node subscribes to.

use std::path::PathBuf;

use async_nats::{Client, ConnectOptions, Event, ServerAddr, Subscriber};
use async_trait::async_trait;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::{Hear, Heard, Line, LineError, Speak};

/// Events of a connection that may wait to be looked at: what they say is known from the first.
const EVENTS: usize = 16;
/// Bells that may wait. More are dropped by the client, which says so: that is a gap.
const BELLS: usize = 1024;

/// A NATS server, or several of a cluster.
pub struct NatsLine {
    servers: Vec<ServerAddr>,
    /// User and password, or a token alone: kept apart, as the client logs addresses.
    credentials: Option<(String, Option<String>)>,
    authority: Option<PathBuf>,
    subject: String,
}

impl NatsLine {
    /// The servers of a URL (`nats://…`, or `tls://…`; several are separated by commas). `authority`: a file in PEM of who
    /// vouches for them, if it is none of those that this machine trusts. Who rings on the same subject belongs together.
    pub fn new(urls: &str, subject: String, authority: Option<PathBuf>) -> Result<Self, LineError> {
        let mut line = Self { servers: Vec::new(), credentials: None, authority, subject };
        for url in urls.split(',') {
            let server: ServerAddr = url.trim().parse()?;
            if let Some(user) = server.username() {
                line.credentials = Some((user.to_owned(), server.password().map(str::to_owned)));
            }
            let mut bare = server.into_inner();
            if bare.set_username("").and_then(|()| bare.set_password(None)).is_err() {
                return Err("it has no host".into());
            }
            line.servers.push(ServerAddr::from_url(bare)?);
        }
        Ok(line)
    }
}

#[async_trait]
impl Line for NatsLine {
    fn name(&self) -> &'static str {
        "NATS"
    }

    async fn connect(&self) -> Result<(Box<dyn Speak>, Box<dyn Hear>), LineError> {
        let (tell, events) = mpsc::channel(EVENTS);
        let options = ConnectOptions::new().name("tidings").subscription_capacity(BELLS).event_callback(move |event| {
            let tell = tell.clone();
            async move {
                let _ = tell.try_send(event); // full: one that waits says enough
            }
        });
        let options = match self.authority.clone() {
            None => options,
            Some(file) => options.add_root_certificates(file).require_tls(true),
        };
        let options = match self.credentials.clone() {
            None => options,
            Some((user, Some(password))) => options.user_and_password(user, password),
            Some((token, None)) => options.token(token),
        };
        let client = options.connect(self.servers.clone()).await?;
        let subscriber = client.subscribe(self.subject.clone()).await?;
        client.flush().await?;
        Ok((Box::new(Mouth { client, subject: self.subject.clone() }), Box::new(Ear { subscriber, events })))
    }
}

struct Mouth {
    client: Client,
    subject: String,
}

#[async_trait]
impl Speak for Mouth {
    async fn say(&mut self, words: &str) -> Result<(), LineError> {
        self.client.publish(self.subject.clone(), words.to_owned().into()).await?;
        Ok(self.client.flush().await?)
    }
}

struct Ear {
    subscriber: Subscriber,
    events: mpsc::Receiver<Event>,
}

#[async_trait]
impl Hear for Ear {
    async fn hear(&mut self) -> Result<Heard, LineError> {
        loop {
            tokio::select! {
                message = self.subscriber.next() => {
                    let message = message.ok_or("the subscription has ended")?;
                    return Ok(Heard::Words(String::from_utf8_lossy(&message.payload).into_owned()));
                }
                Some(event) = self.events.recv() => match event {
                    Event::SlowConsumer(_) => return Ok(Heard::Gap),
                    Event::Disconnected | Event::Closed | Event::ServerError(_) => return Err(event.to_string().into()),
                    // It was made by `connect`; the rest changes nothing for who listens.
                    _ => {}
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_stands_apart_from_what_the_client_logs() {
        let line = |urls: &str| NatsLine::new(urls, "x".into(), None).unwrap();
        let pair = line("nats://u:planted@a:4222, nats://b:4222");
        assert_eq!(pair.credentials, Some(("u".into(), Some("planted".into()))));
        assert_eq!(line("nats://planted@a").credentials, Some(("planted".into(), None)));
        assert_eq!(line("nats://a").credentials, None);
        for line in [pair, line("nats://planted@a")] {
            assert!(!format!("{:?}", line.servers).contains("planted"), "{:?}", line.servers);
        }
    }
}
