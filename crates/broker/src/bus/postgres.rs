//! Bells over the database itself.

use async_trait::async_trait;
use tidings_models::store::{BellListener, BellRope, Bells};

use super::{Hear, Heard, Line, LineError, Speak};

/// A channel of the PostgreSQL database that the nodes share.
pub struct PostgresLine(Bells);

impl PostgresLine {
    /// Who rings on the same channel of the same database belongs together.
    #[must_use]
    pub fn new(bells: Bells) -> Self {
        Self(bells)
    }
}

#[async_trait]
impl Line for PostgresLine {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    async fn connect(&self) -> Result<(Box<dyn Speak>, Box<dyn Hear>), LineError> {
        let (rope, listener) = self.0.connect().await?;
        Ok((Box::new(rope), Box::new(listener)))
    }
}

#[async_trait]
impl Speak for BellRope {
    async fn say(&mut self, words: &str) -> Result<(), LineError> {
        Ok(self.ring(words).await?)
    }
}

#[async_trait]
impl Hear for BellListener {
    async fn hear(&mut self) -> Result<Heard, LineError> {
        let words = self.heard().await?.ok_or("the connection was closed")?;
        Ok(Heard::Words(words))
    }
}
