//! What carries bells from node to node.

use async_trait::async_trait;

/// Why a line is of no use at the moment.
pub type LineError = Box<dyn std::error::Error + Send + Sync>;

/// A way to other nodes: whatever is said on it is heard by all who listen, the speaker too, or is lost.
#[async_trait]
pub trait Line: Send + Sync + 'static {
    /// What it is called, for people.
    fn name(&self) -> &'static str;

    /// Connects anew, and listens from then on.
    async fn connect(&self) -> Result<(Box<dyn Speak>, Box<dyn Hear>), LineError>;
}

/// The end that is spoken into.
#[async_trait]
pub trait Speak: Send {
    /// Says some words. That they were taken does not mean that anybody hears them.
    async fn say(&mut self, words: &str) -> Result<(), LineError>;
}

/// The end that is listened to.
#[async_trait]
pub trait Hear: Send {
    /// What is heard next. Fails when the line is dead.
    async fn hear(&mut self) -> Result<Heard, LineError>;
}

/// Something on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Words of a node, or of anybody else.
    Words(String),
    /// Something may have been lost.
    Gap,
}
