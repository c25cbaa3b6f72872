//! What the tests share: a server of their own, a way to ask it, and a reader of streams.

mod authority;
mod bells;
mod dice;
pub(crate) mod issuer;
mod key_server;
mod nginx;
mod proxy;
mod server;
mod socket;
mod sse;

use std::{future::Future, time::Duration};

use tokio::sync::{Mutex, MutexGuard};

pub(crate) use authority::{Authority, NAME};
pub(crate) use bells::Bells;
pub(crate) use dice::Dice;
pub(crate) use key_server::KeyServer;
pub(crate) use nginx::Nginx;
pub(crate) use proxy::Proxy;
pub(crate) use server::{Server, json};
pub(crate) use socket::{Message, Socket};
pub(crate) use sse::{Event, Stream};

/// Nothing here takes longer than this unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again until the answer is `Some`.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// Waits for its turn among the tests that take the whole machine. Together they would only measure
/// each other.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
