//! Bells over Redis: published to a channel, which each node subscribes to.

use async_trait::async_trait;
use futures_util::StreamExt as _;
use redis::{
    AsyncConnectionConfig, Client, TlsCertificates,
    aio::{MultiplexedConnection, PubSubSink, PubSubStream},
    cmd,
};

use super::{Hear, Heard, Line, LineError, Speak};

/// A Redis server, or another that speaks its protocol.
pub struct RedisLine {
    client: Client,
    channel: String,
}

impl RedisLine {
    /// The server of a URL (`redis://…`, or `rediss://…` by TLS). `authority`: who vouches for it, as PEM, if it is none of
    /// those that this machine trusts. Who rings on the same channel belongs together.
    pub fn new(url: &str, channel: String, authority: Option<&[u8]>) -> Result<Self, LineError> {
        let client = match authority {
            None => Client::open(url)?,
            Some(pem) => {
                Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) })?
            }
        };
        Ok(Self { client, channel })
    }
}

#[async_trait]
impl Line for RedisLine {
    fn name(&self) -> &'static str {
        "Redis"
    }

    async fn connect(&self) -> Result<(Box<dyn Speak>, Box<dyn Hear>), LineError> {
        let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
        sink.subscribe(&self.channel).await?;
        // How long an answer may take is bounded by who waits for it.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok((
            Box::new(Mouth { connection, channel: self.channel.clone() }),
            Box::new(Ear { stream, _subscription: sink }),
        ))
    }
}

struct Mouth {
    connection: MultiplexedConnection,
    channel: String,
}

#[async_trait]
impl Speak for Mouth {
    async fn say(&mut self, words: &str) -> Result<(), LineError> {
        cmd("PUBLISH").arg(&self.channel).arg(words).exec_async(&mut self.connection).await?;
        Ok(())
    }
}

struct Ear {
    stream: PubSubStream,
    _subscription: PubSubSink,
}

#[async_trait]
impl Hear for Ear {
    async fn hear(&mut self) -> Result<Heard, LineError> {
        let message = self.stream.next().await.ok_or("the connection was closed")?;
        Ok(Heard::Words(String::from_utf8_lossy(message.get_payload_bytes()).into_owned()))
    }
}
