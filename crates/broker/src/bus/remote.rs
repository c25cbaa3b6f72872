//! A bell that other nodes hear.
//!
//! A subscription can be dead and look alive: its server was stopped, a box on the way forgot the connection, a
//! reconnect forgot to subscribe. So each node rings itself every now and then, over the line like all others, and takes
//! a line on which it does not hear itself for broken. Whenever a line is made anew, it counts as a bell: what
//! was rung meanwhile was not heard.

use std::time::Duration;

use async_trait::async_trait;
use tidings_models::Random;
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout},
};

use super::{Bus, Hear, Heard, Line, LineError, Speak};
use crate::sync::Mutex;

/// How often, and how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// How often a node rings itself.
    test_every: Duration,
    /// How long it may take to hear that, to connect, or to say something. Bounds how long a dead line looks alive.
    patience: Duration,
    /// How soon a line is made anew after it broke; twice as long each time,
    first_retry: Duration,
    /// up to this. Keeps nodes from calling a server that is away without end.
    longest_retry: Duration,
}

const TIMES: Times = Times {
    test_every: Duration::from_secs(10),
    patience: Duration::from_secs(5),
    first_retry: Duration::from_millis(250),
    longest_retry: Duration::from_secs(5),
};

/// Bells that come within this time are one: however many somebody forges, the log is read some two hundred times a
/// second at most.
const PACE: Duration = Duration::from_millis(5);

/// A bell on a line.
pub struct RemoteBus {
    line: Box<dyn Line>,
    /// Who rings: tells own bells from those of others.
    node: String,
    /// Somebody rang.
    heard: Notify,
    /// To be said to others.
    to_say: Notify,
    times: Times,
    trouble: Mutex<Option<String>>,
}

impl RemoteBus {
    /// A bell that rings once it runs.
    #[must_use]
    pub fn new(line: Box<dyn Line>, random: &dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        let node = format!("{:016x}", u64::from_be_bytes(bytes));
        let trouble = Mutex::new(Some("it is not connected yet".to_owned()));
        Self { line, node, heard: Notify::new(), to_say: Notify::new(), times: TIMES, trouble }
    }

    /// The same in a hurry, for tests that are not in virtual time.
    #[cfg(test)]
    pub(super) fn in_a_hurry(self) -> Self {
        let millis = Duration::from_millis;
        let times = Times {
            test_every: millis(500),
            patience: millis(3000),
            first_retry: millis(20),
            longest_retry: millis(200),
        };
        Self { times, ..self }
    }

    /// Rings and hears over one connection, until that breaks. Nothing waits in here but for all at once: what is heard
    /// is taken as fast as it comes, or a node's own test would stand behind the bells of others.
    async fn talk(&self, speak: &mut dyn Speak, hear: &mut dyn Hear, test: u64) -> LineError {
        let Times { test_every, patience, .. } = self.times;
        let mut tests = interval(test_every);
        tests.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut words = Words { node: &self.node, test };
        let mut silent_at: Option<Instant> = None;
        // When a bell that was heard is passed on, and when the next one may be.
        let mut owed: Option<Instant> = None;
        let mut paced = Instant::now();
        loop {
            let said = tokio::select! {
                biased;
                () = at(owed) => {
                    (owed, paced) = (None, Instant::now() + PACE);
                    self.heard.notify_one();
                    Ok(())
                }
                heard = hear.hear() => match heard.map(|heard| words.mean(&heard)) {
                    Ok(Meaning::Bell) => {
                        owed.get_or_insert_with(|| paced.max(Instant::now()));
                        Ok(())
                    }
                    Ok(Meaning::OwnTest) => {
                        silent_at = None;
                        self.note(None);
                        Ok(())
                    }
                    Ok(Meaning::Nothing) => Ok(()),
                    Err(error) => Err(error),
                },
                () = self.to_say.notified() => self.say(speak, &words.bell()).await,
                _ = tests.tick(), if silent_at.is_none() => {
                    words.test += 1;
                    silent_at = Some(Instant::now() + patience);
                    self.say(speak, &words.own_test()).await
                }
                () = at(silent_at) => Err("it is silent: what is said on it is not heard".into()),
            };
            if let Err(error) = said {
                return error;
            }
        }
    }

    async fn say(&self, speak: &mut dyn Speak, words: &str) -> Result<(), LineError> {
        let said = timeout(self.times.patience, speak.say(words)).await;
        said.unwrap_or_else(|_| Err("it takes nothing".into()))
    }

    /// Remembers how it goes, and logs when that changes.
    fn note(&self, trouble: Option<String>) {
        let mut last = self.trouble.lock();
        if trouble != *last {
            let line = self.line.name();
            if let Some(trouble) = &trouble {
                tracing::warn!(line, trouble, "the bus does not ring; new events are found by polling");
            } else {
                tracing::info!(line, "the bus rings");
            }
            *last = trouble;
        }
    }
}

#[async_trait]
impl Bus for RemoteBus {
    fn ring(&self) {
        self.heard.notify_one();
        self.ring_others();
    }

    fn ring_others(&self) {
        self.to_say.notify_one();
    }

    async fn heard(&self) {
        self.heard.notified().await;
    }

    async fn run(&self) {
        let Times { patience, first_retry, longest_retry, .. } = self.times;
        let mut retry = first_retry;
        let mut test = 0;
        loop {
            let connected = timeout(patience, self.line.connect()).await;
            let error = match connected {
                Ok(Ok((mut speak, mut hear))) => {
                    self.heard.notify_one(); // whatever was rung before was not heard
                    let began = Instant::now();
                    let error = self.talk(&mut *speak, &mut *hear, test).await;
                    test += 1 << 32; // what the line before has said is not taken for a test of this one
                    if began.elapsed() > patience + longest_retry {
                        retry = first_retry; // it was good for a while
                    }
                    error
                }
                Ok(Err(error)) => error,
                Err(_) => "it does not answer".into(),
            };
            self.note(Some(error.to_string()));
            sleep(retry).await;
            retry = (retry * 2).min(longest_retry);
        }
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.lock().clone()
    }
}

/// Returns at a time; never, if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// What nodes say: who they are, and for a test which one.
struct Words<'a> {
    node: &'a str,
    test: u64,
}

/// What something on a line means to a node.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// Look into the log.
    Bell,
    /// The line is good.
    OwnTest,
    /// It is its own bell, or the test of another.
    Nothing,
}

impl Words<'_> {
    fn bell(&self) -> String {
        self.node.to_owned()
    }

    fn own_test(&self) -> String {
        format!("{} {}", self.node, self.test)
    }

    fn mean(&self, heard: &Heard) -> Meaning {
        match heard {
            Heard::Words(words) if *words == self.own_test() => Meaning::OwnTest,
            Heard::Words(words) if words == self.node || words.contains(' ') => Meaning::Nothing,
            Heard::Words(_) | Heard::Gap => Meaning::Bell,
        }
    }
}

#[cfg(test)]
mod tests;
