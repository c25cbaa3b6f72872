//! A bus over a line that does as the test says, in virtual time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tidings_models::SystemRandom;
use tokio::sync::broadcast;

use super::*;

/// How a line behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Good,
    /// It cannot be had.
    Down,
    /// It never answers when it is connected to.
    Mute,
    /// It takes what is said, and nobody hears it.
    Deaf,
    /// It takes nothing that is said.
    Stuck,
}

/// A line between all who connect to it.
#[derive(Clone)]
struct Wire(Arc<Shared>);

struct Shared {
    manner: Mutex<Manner>,
    words: broadcast::Sender<Heard>,
    connected: AtomicUsize,
}

impl Wire {
    fn new() -> Self {
        let (words, _) = broadcast::channel(1024);
        Self(Arc::new(Shared { manner: Mutex::new(Manner::Good), words, connected: AtomicUsize::new(0) }))
    }

    fn be(&self, manner: Manner) {
        *self.0.manner.lock() = manner;
    }

    fn is(&self) -> Manner {
        *self.0.manner.lock()
    }

    fn connections(&self) -> usize {
        self.0.connected.load(Ordering::Relaxed)
    }

    fn forge(&self, heard: Heard) {
        let _ = self.0.words.send(heard);
    }

    /// A node on it, which runs.
    fn node(&self) -> Arc<RemoteBus> {
        let bus = Arc::new(RemoteBus::new(Box::new(self.clone()), &SystemRandom));
        let running = Arc::clone(&bus);
        tokio::spawn(async move { running.run().await });
        bus
    }
}

#[async_trait]
impl Line for Wire {
    fn name(&self) -> &'static str {
        "a wire"
    }

    async fn connect(&self) -> Result<(Box<dyn Speak>, Box<dyn Hear>), LineError> {
        match self.is() {
            Manner::Down => return Err("down".into()),
            Manner::Mute => std::future::pending().await,
            _ => {}
        }
        self.0.connected.fetch_add(1, Ordering::Relaxed);
        Ok((Box::new(self.clone()), Box::new(Ear { wire: self.clone(), words: self.0.words.subscribe() })))
    }
}

#[async_trait]
impl Speak for Wire {
    async fn say(&mut self, words: &str) -> Result<(), LineError> {
        match self.is() {
            Manner::Down => return Err("down".into()),
            Manner::Stuck | Manner::Mute => std::future::pending().await,
            Manner::Deaf => {}
            Manner::Good => self.forge(Heard::Words(words.to_owned())),
        }
        Ok(())
    }
}

struct Ear {
    wire: Wire,
    words: broadcast::Receiver<Heard>,
}

#[async_trait]
impl Hear for Ear {
    async fn hear(&mut self) -> Result<Heard, LineError> {
        let heard = self.words.recv().await?;
        if self.wire.is() == Manner::Down { Err("down".into()) } else { Ok(heard) }
    }
}

async fn hears(bus: &RemoteBus, within: Duration) -> bool {
    timeout(within, bus.heard()).await.is_ok()
}

const SOON: Duration = Duration::from_millis(20);

/// Two nodes that have heard the bell of their own beginning.
async fn two(wire: &Wire) -> (Arc<RemoteBus>, Arc<RemoteBus>) {
    let (one, other) = (wire.node(), wire.node());
    for bus in [&one, &other] {
        assert!(hears(bus, SOON).await, "what was rung before was not heard");
    }
    sleep(SOON).await;
    while hears(&one, SOON).await || hears(&other, SOON).await {}
    assert_eq!((one.trouble(), other.trouble()), (None, None));
    (one, other)
}

#[tokio::test(start_paused = true)]
async fn others_hear_it_and_who_rings_knows_already() {
    let wire = Wire::new();
    let (one, other) = two(&wire).await;
    one.ring_others();
    assert!(hears(&other, SOON).await && !hears(&one, SOON).await);
    one.ring();
    assert!(hears(&other, SOON).await && hears(&one, SOON).await);
    assert!(!hears(&other, Duration::from_mins(5)).await, "that nodes ring themselves is nobody else's business");
}

#[tokio::test(start_paused = true)]
async fn many_bells_are_one_or_two() {
    let wire = Wire::new();
    let (one, other) = two(&wire).await;
    for _ in 0..1000 {
        one.ring_others();
    }
    let mut heard = 0;
    while hears(&other, SOON).await {
        heard += 1;
    }
    assert!((1..=2).contains(&heard), "{heard}");
}

/// Whoever forges bells has the log read; so often, and no more. Nor do they make a line look dead.
#[tokio::test(start_paused = true)]
async fn a_flood_of_bells_is_slowed_down_and_breaks_nothing() {
    let wire = Wire::new();
    let (one, other) = two(&wire).await;
    let rings = Arc::new(AtomicUsize::new(0));
    let (counted, bus) = (Arc::clone(&rings), Arc::clone(&one));
    tokio::spawn(async move {
        loop {
            bus.heard().await;
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let began = Instant::now();
    let connections = wire.connections();
    for _ in 0..3000 {
        for _ in 0..100 {
            wire.forge(Heard::Words("nonsense".into()));
        }
        sleep(Duration::from_millis(10)).await;
        assert_eq!((one.trouble(), other.trouble()), (None, None));
    }
    let most = began.elapsed().as_millis() / PACE.as_millis() + 1;
    let rings = rings.load(Ordering::Relaxed) as u128;
    assert!(rings > 1000 && rings <= most, "{rings} of {most}");
    assert_eq!(wire.connections(), connections, "the line stays");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_lost_is_a_bell() {
    let wire = Wire::new();
    let (one, _) = two(&wire).await;
    wire.forge(Heard::Gap);
    assert!(hears(&one, SOON).await);
}

#[test]
fn what_is_said_means_something_to_others_alone() {
    let words = Words { node: "0a", test: 7 };
    for (heard, meaning) in [
        ("0a 7", Meaning::OwnTest),
        ("0a 6", Meaning::Nothing),
        ("0a", Meaning::Nothing),
        ("0b 7", Meaning::Nothing),
        ("0b", Meaning::Bell),
        ("", Meaning::Bell),
    ] {
        assert_eq!(words.mean(&Heard::Words(heard.into())), meaning, "{heard}");
    }
    assert_eq!(words.mean(&Heard::Gap), Meaning::Bell);
}

/// However a line fails, it is noticed within seconds, and rings again soon after it is good.
#[tokio::test(start_paused = true)]
async fn a_line_that_fails_is_noticed_and_heals() {
    for manner in [Manner::Down, Manner::Mute, Manner::Deaf, Manner::Stuck] {
        let wire = Wire::new();
        let (one, other) = two(&wire).await;
        wire.be(manner);
        one.ring_others();
        sleep(TIMES.test_every + 2 * TIMES.patience).await;
        assert!(one.trouble().is_some() && other.trouble().is_some(), "{manner:?}");
        while hears(&other, Duration::ZERO).await {}
        wire.be(Manner::Good);
        sleep(TIMES.longest_retry + TIMES.patience + SOON).await;
        assert_eq!((one.trouble(), other.trouble()), (None, None), "{manner:?}");
        assert!(hears(&other, SOON).await, "{manner:?}: it looks for what it has missed");
        while hears(&other, SOON).await {}
        one.ring_others();
        assert!(hears(&other, SOON).await, "{manner:?}");
    }
}

/// A server that is away is not called more often than every few seconds.
#[tokio::test(start_paused = true)]
async fn a_line_that_stays_broken_is_tried_now_and_then() {
    let wire = Wire::new();
    wire.be(Manner::Deaf);
    let bus = wire.node();
    sleep(Duration::from_mins(10)).await;
    let tries = wire.connections();
    assert!((30..=130).contains(&tries), "{tries}");
    assert!(bus.trouble().unwrap().contains("silent"));
}
