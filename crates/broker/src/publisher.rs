//! Takes drafts from request handlers and commits them in groups.
//!
//! One transaction is in flight; what arrives meanwhile is the next group. Nobody waits for a group
//! to fill, so a lone draft is committed at once, and under load the cost of a commit (one fsync) is
//! shared by as many as came during the last one.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use tidings_models::{Committed, Draft, Log, Outcome, Position, StoreError};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use crate::{
    bus::Bus,
    error::Error,
    fresh::Fresh,
    sabotage::{self, Bug},
    tally::{Tally, Written},
};

/// Drafts that may wait for the next group. More are refused at once: an answer that would come too
/// late to be of use only makes the next ones later.
const QUEUE: usize = 4096;
/// A group takes no further draft once it holds so many events. Bounds how long a commit takes, and
/// with it the wait of everybody behind.
const GROUP_WEIGHT: usize = 256;

/// Where drafts are handed in. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {
    queue: mpsc::Sender<Job>,
    fresh: Arc<Fresh>,
    tally: Arc<Tally>,
}

struct Job {
    draft: Draft,
    done: oneshot::Sender<Result<Outcome, Error>>,
}

impl Publisher {
    /// A publisher, and the task that does its work. It ends when all publishers are gone.
    pub(crate) fn new(
        store: Arc<dyn Log>,
        bus: Arc<dyn Bus>,
        fresh: Arc<Fresh>,
        tally: Arc<Tally>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let publisher = Self { queue, fresh: Arc::clone(&fresh), tally: Arc::clone(&tally) };
        (publisher, run(jobs, store, bus, fresh, tally))
    }

    /// Stores a draft. When this returns an [`Outcome`], it is on disk. A caller that goes away does
    /// not stop what it handed in.
    pub async fn publish(&self, draft: Draft) -> Result<Outcome, Error> {
        self.hand_in(draft).await
    }

    /// The same, handed in before this returns: of two drafts of one caller, the one that is handed in first is
    /// first in the log. What is returned waits for the outcome.
    pub fn hand_in(&self, draft: Draft) -> impl Future<Output = Result<Outcome, Error>> + Send + use<> {
        let (done, outcome) = oneshot::channel();
        let handed_in = self.queue.try_send(Job { draft, done }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.tally.written.add(Written::Overloaded);
                Error::Overloaded
            }
            mpsc::error::TrySendError::Closed(_) => Error::Stopping,
        });
        async move {
            handed_in?;
            outcome.await.unwrap_or(Err(Error::Unknown))
        }
    }

    /// Up to here this process has written the log.
    pub(crate) fn newest(&self) -> Position {
        self.fresh.newest()
    }

    /// Drafts that wait for the next group.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

async fn run(
    mut jobs: mpsc::Receiver<Job>,
    store: Arc<dyn Log>,
    bus: Arc<dyn Bus>,
    fresh: Arc<Fresh>,
    tally: Arc<Tally>,
) {
    while let Some(first) = jobs.recv().await {
        let mut weight = first.draft.weight();
        let mut drafts = vec![first.draft];
        let mut waiting = vec![first.done];
        while weight < GROUP_WEIGHT
            && let Ok(job) = jobs.try_recv()
        {
            weight += job.draft.weight();
            drafts.push(job.draft);
            waiting.push(job.done);
        }
        if sabotage::is(Bug::BellInTransaction) {
            bus.ring();
        }
        let begun = Instant::now();
        let committed = store.commit(drafts).await;
        tally.commit.took(begun.elapsed());
        tally.full.store(matches!(committed, Err(StoreError::Full(_))), Relaxed);
        match committed {
            Ok(Committed { outcomes, events }) => {
                tally.written.add_each(outcomes.iter().flat_map(Written::each));
                tally.group_events.add(events.len() as u64);
                // Before it is answered: whoever opens a stream then is to find it.
                if sabotage::is(Bug::BellInTransaction) {
                } else if events.is_empty() {
                    bus.ring(); // there may be some that the store did not tell of
                } else {
                    fresh.offer(events);
                    bus.ring_others();
                }
                for (done, outcome) in waiting.into_iter().zip(outcomes) {
                    // An error means that the caller went away, which changes nothing.
                    let _ = done.send(Ok(outcome));
                }
            }
            Err(error) => {
                tracing::error!(error = %error, drafts = waiting.len(), "a group was not stored");
                tally.written.add_each(waiting.iter().map(|_| Written::Failed));
                let error = Arc::new(error);
                for done in waiting {
                    let _ = done.send(Err(Error::Store(Arc::clone(&error))));
                }
                bus.ring(); // it may have happened all the same
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bus::LocalBus, testing::FakeStore, testing::draft};

    #[tokio::test(start_paused = true)]
    async fn what_arrives_during_a_commit_is_the_next_group() {
        let store = Arc::new(FakeStore::default());
        store.set_commit_time(std::time::Duration::from_millis(10));
        let (publisher, task) = Publisher::new(
            Arc::clone(&store) as Arc<dyn Log>,
            Arc::new(LocalBus::default()),
            Arc::default(),
            Arc::default(),
        );
        let task = tokio::spawn(task);
        let callers: Vec<_> = (0..600)
            .map(|_| {
                let publisher = publisher.clone();
                tokio::spawn(async move { publisher.publish(draft("ann")).await })
            })
            .collect();
        for caller in callers {
            assert!(matches!(caller.await.unwrap(), Ok(Outcome::Stored(_))));
        }
        let groups = store.group_sizes();
        assert_eq!(groups.iter().sum::<usize>(), 600);
        assert!(groups.len() <= 4 && groups.iter().all(|size| *size <= 256), "{groups:?}");
        drop(publisher);
        task.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_handed_in_first_is_first_whoever_waits_first() {
        let store = Arc::new(FakeStore::default());
        let (publisher, task) = Publisher::new(
            Arc::clone(&store) as Arc<dyn Log>,
            Arc::new(LocalBus::default()),
            Arc::default(),
            Arc::default(),
        );
        tokio::spawn(task);
        let names = ["ann", "bob", "eve"];
        let waiting: Vec<_> = names.iter().map(|name| publisher.hand_in(draft(name))).collect();
        for outcome in waiting.into_iter().rev() {
            assert!(matches!(outcome.await, Ok(Outcome::Stored(_))));
        }
        let log = store.read_log(tidings_models::Position::START, 9).await.unwrap();
        let audiences: Vec<_> = log.iter().map(|event| event.audience.to_string()).collect();
        assert_eq!(audiences, names.map(|name| format!("user:{name}")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_that_fails_is_nobodys_success() {
        let store = Arc::new(FakeStore::default());
        let (publisher, task) = Publisher::new(
            Arc::clone(&store) as Arc<dyn Log>,
            Arc::new(LocalBus::default()),
            Arc::default(),
            Arc::default(),
        );
        tokio::spawn(task);
        store.fail(true);
        assert!(matches!(publisher.publish(draft("ann")).await, Err(Error::Store(_))));
        store.fail(false);
        assert!(matches!(publisher.publish(draft("ann")).await, Ok(Outcome::Stored(_))), "and it goes on");
    }
}
