//! A try of a line, for whoever wants to know whether it is any good before a node relies on it.

use std::time::Duration;

use tidings_models::Random;
use tokio::time::{Instant, timeout};

use super::{Heard, Line, LineError};

/// How long it may take in all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects, says something, and waits to hear it. How long the way there and back took.
pub async fn try_line(line: &dyn Line, random: &dyn Random) -> Result<Duration, LineError> {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    // As nodes test a line themselves: nobody takes it for a bell.
    let words = format!("{:016x} trial", u64::from_be_bytes(bytes));
    let trial = async {
        let (mut speak, mut hear) = line.connect().await?;
        let said = Instant::now();
        speak.say(&words).await?;
        while hear.hear().await? != Heard::Words(words.clone()) {}
        Ok(said.elapsed())
    };
    timeout(PATIENCE, trial).await.unwrap_or_else(|_| Err("what is said on it is not heard within five seconds".into()))
}
