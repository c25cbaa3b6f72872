//! What happens when a token names a key that is not known: its issuer may have a new one.
//!
//! Anybody can make up such a token. So whoever fetches the keys is asked once in a while, and
//! however many requests come meanwhile, they wait for that one answer, or are refused at once.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, timeout},
};

/// How long nobody is asked again. Keeps a stranger with made-up names from having us call the provider over and over.
const PAUSE: Duration = Duration::from_mins(1);
/// How long a request waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Requests that may wait at a time. Those beyond it are refused: they would hold their connections
/// for as long as the provider takes.
const MAX_WAITING: usize = 256;

/// The way from requests to whoever fetches the keys, and back.
pub struct Wanted {
    state: Mutex<State>,
    ask: Notify,
    rounds: watch::Sender<()>,
    places: Semaphore,
}

#[derive(Default)]
struct State {
    /// Somebody was asked, or is fetching of their own accord.
    under_way: bool,
    /// When a request asked last.
    asked: Option<Instant>,
}

impl Default for Wanted {
    fn default() -> Self {
        let (rounds, _) = watch::channel(());
        Self { state: Mutex::default(), ask: Notify::new(), rounds, places: Semaphore::new(MAX_WAITING) }
    }
}

impl Wanted {
    /// Has the keys fetched if that was not done lately, and waits for it. Tells whether they were
    /// fetched anew, whatever came of it.
    pub(super) async fn look_again(&self) -> bool {
        let Ok(_place) = self.places.try_acquire() else { return false };
        let Some(mut ended) = self.join() else { return false };
        timeout(PATIENCE, ended.changed()).await.is_ok_and(|ended| ended.is_ok())
    }

    /// The end of the fetch that is under way, or is begun for this. Seen under the same lock that ends
    /// it: none is missed.
    fn join(&self) -> Option<watch::Receiver<()>> {
        let mut state = self.state.lock();
        if !state.under_way {
            let now = Instant::now();
            if state.asked.is_some_and(|asked| now.duration_since(asked) < PAUSE) {
                return None;
            }
            *state = State { under_way: true, asked: Some(now) };
            self.ask.notify_one();
        }
        Some(self.rounds.subscribe())
    }

    /// Waits until a request wants the keys fetched.
    pub async fn asked(&self) {
        loop {
            self.ask.notified().await;
            // Otherwise a round that began of its own accord has answered it.
            if self.state.lock().under_way {
                return;
            }
        }
    }

    /// To be held while the keys are fetched: who wants them meanwhile waits for its end.
    pub fn round(&self) -> Round<'_> {
        self.state.lock().under_way = true;
        Round(self)
    }
}

/// A fetch that is under way. However it ends, nobody waits for it any more.
pub struct Round<'a>(&'a Wanted);

impl Drop for Round<'_> {
    fn drop(&mut self) {
        self.0.state.lock().under_way = false;
        self.0.rounds.send_replace(());
    }
}
