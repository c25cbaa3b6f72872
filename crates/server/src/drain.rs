//! Stopping without a stampede.
//!
//! ```text
//! not ready --> new connections refused; goodbye, some streams at a time --> wait for them to close --> stop the server
//! |<- notice ->|<---------------- half of the time ------------------->|<----- a quarter ------>|<---- a quarter ---->|
//! ```
//!
//! A load balancer that asks whether a node is ready needs time to notice; until then the node serves as ever. After
//! that a connection that is refused goes to another node, by any load balancer and whatever is asked, as nothing of it
//! was sent. One that is accepted stays: a balancer that counts connections would send those who were just told to leave
//! to the one node that has few. A node that is alone serves until the end instead: nobody else would.
//!
//! Every goodbye carries a random delay, and the goodbyes are spread over time besides, so that
//! thousands of clients do not come to the next server in the same second.

use std::time::Duration;

use tidings_broker::Broker;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Time between two slices of goodbyes.
const TICK: Duration = Duration::from_millis(100);
/// Streams that are ended at once in any case: so few need no spreading.
const SMALLEST_SLICE: usize = 50;

/// How the time for stopping is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// For load balancers to notice.
    pub(crate) notice: Duration,
    /// There are others, who serve meanwhile.
    pub(crate) others: bool,
    /// For saying goodbye.
    pub(crate) goodbyes: Duration,
    /// For streams to close after that.
    pub(crate) closing: Duration,
    /// For requests that are still under way when the server stops, in whole seconds.
    pub(crate) requests: u64,
}

impl Plan {
    pub(crate) fn of(seconds: u64) -> Self {
        let whole = Duration::from_secs(seconds);
        Self {
            notice: Duration::ZERO,
            others: false,
            goodbyes: whole / 2,
            closing: whole / 4,
            requests: (seconds / 4).max(1),
        }
    }

    /// How many streams to end with each tick, for all to be told in time.
    fn slice(self, streams: usize) -> usize {
        let ticks = usize::try_from(self.goodbyes.as_millis() / TICK.as_millis()).unwrap_or(usize::MAX);
        streams.div_ceil(ticks.max(1)).max(SMALLEST_SLICE)
    }
}

/// Ends all streams of a broker. Returns when they have closed or their time is over: what is left
/// then does not read, and is cut when the server stops.
pub(crate) async fn streams(broker: &Broker, plan: Plan) {
    let open = broker.figures().streams;
    let slice = plan.slice(open);
    tracing::info!(streams = open, "stopping: streams are told to come back later");
    let mut next = Instant::now();
    while broker.end_some(slice) > 0 {
        next += TICK;
        sleep_until(next).await;
    }
    let closed = async {
        while broker.figures().streams > 0 {
            sleep(TICK).await;
            broker.end_some(usize::MAX); // who came over a connection that was there
        }
    };
    if timeout(plan.closing, closed).await.is_err() {
        tracing::warn!(streams = broker.figures().streams, "streams that do not read are cut");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_fits_its_time() {
        for seconds in [2, 3, 10, 60, 300] {
            let plan = Plan::of(seconds);
            let all = plan.goodbyes + plan.closing + Duration::from_secs(plan.requests);
            assert!(all <= Duration::from_secs(seconds) + Duration::from_millis(500), "{plan:?}");
        }
    }

    #[test]
    fn thousands_are_spread_and_a_few_are_not() {
        let plan = Plan::of(10);
        for (streams, slice) in [(0, 50), (49, 50), (2500, 50), (5000, 100), (50_000, 1000)] {
            assert_eq!(plan.slice(streams), slice, "{streams}");
        }
    }
}
