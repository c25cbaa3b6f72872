//! Bells over NATS: published to a subject, which each node subscribes to.

use async_nats::{Client, ConnectOptions, Event, Subscriber};
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
    url: String,
    subject: String,
}

impl NatsLine {
    /// The servers of a URL (`nats://…`; several are separated by commas). Who rings on the same subject belongs
    /// together.
    #[must_use]
    pub fn new(url: &str, subject: String) -> Self {
        Self { url: url.to_owned(), subject }
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
        let servers: Vec<&str> = self.url.split(',').map(str::trim).collect();
        let client = options.connect(servers).await?;
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
