//! The tasks of a broker, and the news that one of them is gone.

use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

/// The broker's tasks. None of them ends by itself: one that did has panicked.
pub struct Tasks(JoinSet<&'static str>);

impl Tasks {
    pub(crate) fn new() -> Self {
        Self(JoinSet::new())
    }

    pub(crate) fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(async move {
            task.await;
            name
        });
    }

    /// Returns when a task has ended, with what happened. The process cannot serve without it.
    pub async fn failed(&mut self) -> String {
        match self.0.join_next().await {
            Some(Ok(name)) => format!("the {name} ended"),
            Some(Err(error)) => format!("a task failed: {error}"),
            None => "there are no tasks".into(),
        }
    }

    /// Ends all tasks. To be called when no handler is left that could publish.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

/// Panics when a task of another thread has panicked, in the same words. That its thread ends is no
/// failure.
pub(crate) async fn watch_over(mut watched: mpsc::UnboundedReceiver<JoinHandle<()>>) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            Some(task) = watched.recv() => {
                tasks.spawn(task);
            }
            Some(ended) = tasks.join_next() => {
                if let Ok(Err(error)) = ended && let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tidings_models::{Draft, Effect, Flags, Log, Mark, Timestamp};
    use tokio::time::timeout;

    use super::*;
    use crate::{
        Broker, Error, Settings, Start, Stream, Transport,
        bus::LocalBus,
        testing::{Counting, FakeStore, VirtualClock, event, pos, until, user},
    };

    const LONG: Duration = Duration::from_mins(1);

    async fn start(store: &Arc<FakeStore>) -> (Arc<Broker>, Tasks) {
        let store = Arc::clone(store) as Arc<dyn Log>;
        let (bus, clock, random) =
            (Arc::new(LocalBus::default()), Arc::<VirtualClock>::default(), Arc::<Counting>::default());
        Broker::start(store, None, bus, clock, random, Settings::default()).await.unwrap()
    }

    /// A task that is gone is noticed: the node must not go on with what it has, and grow stale.
    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_told_of() {
        let (broker, mut tasks) = start(&Arc::default()).await;
        let mark = Mark::UpTo(pos(1), Flags::default());
        let impossible = Draft::Mark { user: user("ann"), mark, key: None, at: Timestamp::from_millis(0) };
        // The store of these tests panics at it. The caller does not know whether it was stored.
        assert!(matches!(broker.publisher().publish(impossible).await, Err(Error::Unknown)));
        let told = tasks.failed().await;
        assert!(told.contains("panicked") && told.contains("no marks here"), "{told}");
    }

    /// A hub of another thread that panics takes the node with it as well; a thread that ends does not.
    #[tokio::test(start_paused = true)]
    async fn a_hub_of_a_thread_that_panics_is_told_of() {
        let store = Arc::<FakeStore>::default();
        store.add("everyone");
        let (broker, mut tasks) = start(&store).await;
        drop(broker.local());
        assert!(timeout(LONG, tasks.failed()).await.is_err(), "its thread has ended, that is all");

        let local = broker.local();
        let opened = local.open((user("ann"), until(3_600_000)), Start::Unread, Transport::Sse).await;
        let _stream: Stream = opened.unwrap();
        // Makes the hub read ann's inbox, and the store of these tests panics at a notification that is none.
        store.put(tidings_models::Event { effect: Effect::Recounts, ..event(2, "everyone", "{}") });
        let told = timeout(LONG, tasks.failed()).await.unwrap();
        assert!(told.contains("panicked"), "{told}");
    }
}
