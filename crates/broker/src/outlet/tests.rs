//! One outlet, filled and emptied by hand.

use super::*;
use crate::testing::{entry, pos};

fn push(outlet: &Outlet, positions: &[i64]) {
    let entries: Vec<_> = positions.iter().map(|position| entry(*position, "everyone")).collect();
    let events: Vec<_> = entries.iter().map(|entry| Delivery { entry, own: Own::default() }).collect();
    outlet.push(&events, Instant::now());
}

fn taken(outlet: &Outlet) -> Vec<i64> {
    let mut taken = Vec::new();
    assert_eq!(outlet.take(usize::MAX, &mut taken), Next::Entries);
    taken.iter().map(|(entry, _)| entry.position().get()).collect()
}

#[test]
fn a_full_queue_is_forgotten_whole() {
    let outlet = Outlet::holding(QUEUE);
    for position in 1..=128 {
        push(&outlet, &[position]);
    }
    let mut taken = Vec::new();
    assert_eq!(outlet.take(1, &mut taken), Next::Entries);
    assert_eq!(taken.len(), 1, "no more than asked for");
    push(&outlet, &[129, 130]);
    push(&outlet, &[131]);
    assert_eq!(outlet.take(usize::MAX, &mut taken), Next::Overflow);
    assert_eq!(taken.len(), 1, "nothing from the middle");
    outlet.reopen();
    push(&outlet, &[132]);
    assert_eq!(outlet.take(usize::MAX, &mut taken), Next::Entries);
    assert_eq!(taken[1].0.position().get(), 132);
}

/// Takes so many events.
struct Room(Mutex<(usize, Vec<i64>)>);

impl Sink for Room {
    fn offer(&self, events: &[Delivery<'_>]) -> bool {
        let (room, taken) = &mut *self.0.lock();
        let fits = events.len() <= *room;
        if fits {
            *room -= events.len();
            taken.extend(events.iter().map(|event| event.entry.position().get()));
        }
        fits
    }
}

#[test]
fn events_go_straight_to_a_connection_that_takes_them() {
    let outlet = Outlet::holding(QUEUE);
    let room = Arc::new(Room(Mutex::new((3, Vec::new()))));
    let sink = Arc::clone(&room) as Arc<dyn Sink>;
    push(&outlet, &[1]);
    outlet.pass_on(&sink, pos(0));
    assert_eq!(outlet.resume(None), None, "something waits");
    assert_eq!(taken(&outlet), [1]);

    outlet.pass_on(&sink, pos(2));
    push(&outlet, &[1, 2]);
    push(&outlet, &[2, 3]);
    push(&outlet, &[4, 5, 6]);
    push(&outlet, &[7]);
    assert_eq!(room.0.lock().1, [3], "neither what it has, nor what comes after something that it does not take");
    let passed = outlet.resume(None).unwrap();
    assert_eq!((passed.place, passed.sent), (pos(3), 1));
    assert_eq!(taken(&outlet), [4, 5, 6, 7]);

    let expired = Outlet::holding(QUEUE);
    expired.expires(Expires { at: Instant::now(), time: Timestamp::from_millis(0) });
    expired.pass_on(&sink, pos(7));
    push(&expired, &[8]);
    assert_eq!(room.0.lock().1, [3], "nothing after the end of a token");

    outlet.pass_on(&sink, pos(7));
    outlet.end(GoodbyeReason::Shutdown);
    push(&outlet, &[8]);
    assert_eq!(room.0.lock().1, [3], "nothing after a goodbye");
}
