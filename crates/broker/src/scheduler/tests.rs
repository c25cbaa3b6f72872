//! What is due, over virtual time.

use tokio::{task::JoinHandle, time::Instant};

use super::*;
use crate::{
    bus::LocalBus,
    testing::{FakeStore, NEVER, VirtualClock},
};

/// How fast the time goes by.
const STEP: Duration = Duration::from_millis(10);

struct Setup {
    store: Arc<FakeStore>,
    clock: Arc<VirtualClock>,
    /// The publisher and the scheduler, which never end.
    tasks: [JoinHandle<()>; 2],
}

impl Setup {
    fn new() -> Self {
        let (store, clock) = (Arc::<FakeStore>::default(), Arc::<VirtualClock>::default());
        let log = Arc::clone(&store) as Arc<dyn Log>;
        let (publisher, publishing) =
            Publisher::new(Arc::clone(&log), Arc::new(LocalBus::default()), Arc::default(), Arc::default());
        let scheduling = run(log, publisher, Arc::clone(&clock) as Arc<dyn Clock>);
        Self { store, clock, tasks: [tokio::spawn(publishing), tokio::spawn(scheduling)] }
    }

    /// Returns once so much is left of what is due, with the time.
    async fn left(&self, count: usize) -> i64 {
        while self.store.due().len() > count {
            assert!(self.tasks.iter().all(|task| !task.is_finished()));
            tokio::time::advance(STEP).await;
        }
        self.clock.now().as_millis()
    }

    /// Returns at some time.
    async fn at(&self, millis: i64) {
        while self.clock.now().as_millis() < millis {
            tokio::time::advance(STEP).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_done_at_its_time() {
    let setup = Setup::new();
    let times = [700, 4000, 4000, 4000, 9999];
    for at in times {
        setup.store.schedule(Timestamp::from_millis(at));
    }
    let latest = i64::try_from((LOOK_EVERY + 5 * STEP).as_millis()).unwrap(); // a look may take some steps
    for (at, left) in [(700, 4), (4000, 1), (9999, 0)] {
        let done = setup.left(left).await;
        assert!((at..at + latest).contains(&done), "{at} at {done}");
    }
    setup.at(20_000).await;
    let looks = setup.store.looks();
    assert!(looks <= 20_000 / 500 + times.len() + 1, "it looks from time to time: {looks}");
}

#[tokio::test(start_paused = true)]
async fn what_a_store_that_fails_does_not_do_is_asked_for_again() {
    let setup = Setup::new();
    setup.store.fail(true); // the look fails
    setup.store.schedule(Timestamp::from_millis(1000));
    setup.at(3000).await;
    assert_eq!(setup.store.due().len(), 1);
    setup.store.fail(false);
    assert!(setup.left(0).await < 3600);

    setup.store.set_commit_time(Duration::from_secs(2));
    setup.store.schedule(Timestamp::from_millis(5000));
    setup.at(6000).await; // the look was well, and the commit is under way
    setup.store.fail(true);
    setup.at(8000).await;
    assert_eq!(setup.store.due().len(), 1);
    setup.store.fail(false);
    assert!(setup.left(0).await < 11_000);
}

/// A store that contradicts itself costs no more than one that has nothing to do.
#[tokio::test(start_paused = true)]
async fn what_is_due_for_ever_is_not_asked_for_without_a_pause() {
    let setup = Setup::new();
    setup.store.schedule(NEVER);
    let begun = Instant::now();
    setup.at(10_000).await;
    assert!(setup.store.looks() <= 25, "{} in {:?}", setup.store.looks(), begun.elapsed());
}
