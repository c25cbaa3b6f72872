//! Looks after what nobody would notice from within: hubs that stand still, and a node that is cut off.
//!
//! A node that shares its database with others and cannot reach it any more does not know what they write. Its streams
//! would go on to say that they are alive, and be given nothing. For a while that is the lesser evil: a database that
//! starts again, or fails over, is away for all nodes, and streams that stay need not come back by the thousand. After
//! [`CUT_OFF`] they are told to come back, so that a load balancer takes them to a node that knows more.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{follower::Status, frame::GoodbyeReason, hubs::Hubs};

/// How long the log may be out of reach before streams are told to come back: longer than a database takes to start
/// again.
pub(crate) const CUT_OFF: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks within which all streams are told: they do not go to another node in the same second.
const SLICES: usize = 4;
/// Streams that are told at once in any case: so few need no spreading.
const SMALLEST_SLICE: usize = 50;

/// Looks for as long as the process lives. `shared`: other nodes write to the log as well.
pub(crate) async fn run(hubs: Arc<Hubs>, status: Arc<Status>, shared: bool) {
    // How many streams are told with each look, while the node is cut off.
    let mut slice = None;
    loop {
        sleep(LOOK_EVERY).await;
        status.note_hubs(hubs.position(), hubs.feed.position());
        if !shared || status.silent() <= CUT_OFF {
            slice = None;
            continue;
        }
        let slice = *slice.get_or_insert_with(|| {
            let (_, streams) = hubs.census.figures();
            tracing::warn!(streams, "cut off from the database: streams are told to come back");
            streams.div_ceil(SLICES).max(SMALLEST_SLICE)
        });
        hubs.end_some(slice, GoodbyeReason::Overloaded);
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::Log;
    use tokio::time::{Instant, timeout};

    use super::*;
    use crate::{
        Broker, Error, Frame, Goodbye, Health, OpenError, Settings, Start, Tasks,
        bus::LocalBus,
        testing::{Counting, FakeNodes, FakeStore, VirtualClock, until, user},
    };

    async fn start(store: &Arc<FakeStore>, shared: bool) -> (Arc<Broker>, Tasks) {
        let store = Arc::clone(store) as Arc<dyn Log>;
        let (bus, clock, random) =
            (Arc::new(LocalBus::default()), Arc::<VirtualClock>::default(), Arc::<Counting>::default());
        let nodes = shared.then(|| Arc::new(FakeNodes::default()) as Arc<dyn tidings_models::store::Nodes>);
        Broker::start(store, nodes, bus, clock, random, Settings::default()).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn streams_of_a_shared_log_are_told_to_come_back_and_others_stay() {
        for shared in [true, false] {
            let store = Arc::<FakeStore>::default();
            store.add("everyone");
            let (broker, _tasks) = start(&store, shared).await;
            let open = || broker.open((user("ann"), until(3_600_000)), Start::Unread);
            let mut stream = open().await.unwrap();
            stream.next().await.unwrap();
            store.fail(true);
            let begun = Instant::now();
            let told = timeout(Duration::from_mins(2), async {
                loop {
                    if let [Frame::Goodbye(Goodbye { reason, .. })] = stream.next().await.unwrap()[..] {
                        return reason;
                    }
                }
            });
            let told = told.await.ok();
            assert!(matches!(broker.parts().database, Health::Bad(_)));
            if shared {
                assert_eq!(told, Some(GoodbyeReason::Overloaded));
                let took = begun.elapsed();
                assert!(took + LOOK_EVERY > CUT_OFF && took < CUT_OFF + 5 * LOOK_EVERY, "{took:?}");
                assert!(matches!(open().await.err(), Some(OpenError::Failed(Error::CutOff))));
            } else {
                assert_eq!(told, None, "there is nobody else to go to");
            }
            store.fail(false);
            sleep(Duration::from_secs(3)).await;
            assert_eq!(broker.health(), Health::Good);
            assert!(open().await.is_ok());
        }
    }
}
