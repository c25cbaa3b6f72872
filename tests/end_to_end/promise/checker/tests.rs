//! The checker finds what must not be: a short history in which all is well, spoilt in one place each.

use super::*;
use crate::promise::history::{Change, Content, Counts, Event, Record, State};

fn notification(position: i64, seq: i64, audience: &str, counts: Counts) -> Record {
    let (id, title) = (position.unsigned_abs().into(), format!("n{position}"));
    event(position, seq, audience, Content::Notification { id, title }, counts)
}

fn event(position: i64, seq: i64, audience: &str, content: Content, counts: Counts) -> Record {
    Record::Event(Event { position, audience: audience.into(), seq, content, counts, digest: position.unsigned_abs() })
}

fn read(position: i64, seq: i64, up_to: i64, counts: Counts) -> Record {
    let change = Change { up_to: Some(up_to), read: Some(true), ..Change::default() };
    event(position, seq, "user:ann", Content::Changed(change), counts)
}

fn item(position: i64, audience: &str, read: bool) -> Item {
    let (id, title) = (position.unsigned_abs().into(), format!("n{position}"));
    Item { position, audience: audience.into(), id, title, seen: read, read, archived: false }
}

fn state(reset: Option<&str>, position: i64, counts: Counts, items: Vec<Item>) -> Record {
    Record::State(State { reset: reset.map(str::to_owned), position, counts, items, more: false })
}

fn published(position: i64, users: Option<&[&str]>) -> Published {
    let users = users.map(|users| users.iter().map(|user| (*user).to_owned()).collect());
    Published { title: format!("n{position}"), id: position.unsigned_abs().into(), users, attempts: 1 }
}

/// Two to ann, one to everyone, read by ann up to the second; on two of her devices, of which the
/// second was away, and came back too late for some of it.
fn good() -> Evidence {
    let first = vec![
        state(None, 0, (0, 0), vec![]),
        Record::Opened(0),
        notification(1, 1, "user:ann", (1, 1)),
        notification(2, 1, "everyone", (2, 2)),
        Record::Opened(2),
        notification(3, 2, "user:ann", (1, 1)), // replayed, with the counts of its end
        read(4, 3, 2, (1, 1)),
        Record::Place(4, Some((1, 1))),
    ];
    let second = vec![
        state(None, 0, (0, 0), vec![]),
        Record::Opened(0),
        notification(1, 1, "user:ann", (1, 1)),
        Record::Opened(1),
        state(
            Some("expired"),
            3,
            (3, 3),
            vec![item(3, "user:ann", false), item(2, "everyone", false), item(1, "user:ann", false)],
        ),
        Record::Place(3, Some((3, 3))),
        read(4, 3, 2, (1, 1)),
    ];
    let history = |client: &str, records| History { client: client.into(), user: "ann".into(), records };
    let items = vec![item(3, "user:ann", false), item(2, "everyone", true), item(1, "user:ann", true)];
    let log = [(1, "user:ann", 1), (2, "everyone", 1), (3, "user:ann", 2), (4, "user:ann", 3)];
    let log = log.map(|(position, audience, seq)| Logged { position, audience: audience.into(), seq });
    Evidence {
        published: vec![published(1, Some(&["ann"])), published(2, None), published(3, Some(&["ann", "bob"]))],
        histories: vec![history("first", first), history("second", second)],
        inboxes: [("ann".to_owned(), Inbox { counts: (1, 1), items })].into(),
        log: log.to_vec(),
        ..Evidence::default()
    }
}

#[test]
fn what_is_well_is_not_blamed() {
    let (figures, wrong) = check(&good());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((figures.lost, figures.delivered, figures.log), (0, 6, 4));
    assert_eq!(figures.resets, [("expired".to_owned(), 1)].into());
}

/// Spoils what was good, and looks for the promise that this breaks.
fn breaks(promise: &str, spoil: impl FnOnce(&mut Evidence)) {
    let mut evidence = good();
    spoil(&mut evidence);
    let (_, wrong) = check(&evidence);
    assert!(wrong.iter().any(|what| what.contains(promise)), "{promise} is not among {wrong:#?}");
}

#[test]
fn every_promise_can_be_found_broken() {
    breaks("I1", |evidence| drop(evidence.histories[0].records.remove(2)));
    breaks("I1", |evidence| drop(evidence.histories[0].records.remove(5)));
    breaks("lost", |evidence| drop(evidence.histories[0].records.remove(3)));
    breaks("I1", |evidence| evidence.published.push(published(9, Some(&["ann"]))));
    breaks("I2", |evidence| evidence.histories[0].records.swap(2, 3));
    breaks("I2", |evidence| {
        let again = evidence.histories[0].records[2].clone();
        evidence.histories[0].records.insert(3, again);
    });
    breaks("I3", |evidence| evidence.histories[0].records.push(Record::Place(2, None)));
    breaks("I3", |evidence| evidence.histories[0].records.push(state(Some("expired"), 2, (0, 0), vec![])));
    breaks("I4", |evidence| evidence.histories[0].records.push(notification(5, 1, "user:bob", (1, 1))));
    breaks("I4", |evidence| evidence.unknown_until = [("ann".to_owned(), 2)].into());
    breaks("I5", |evidence| evidence.histories[0].records.push(notification(5, 9, "user:ann", (2, 2))));
    breaks("I5", |evidence| drop(evidence.log.remove(2)));
    breaks("I6", |evidence| evidence.log[1].audience = "user:ann".into());
    breaks("I6", |evidence| {
        let Record::Event(event) = &mut evidence.histories[1].records[2] else { unreachable!() };
        event.digest += 1;
    });
    breaks("I7", |evidence| drop(evidence.inboxes.get_mut("ann").unwrap().items.remove(1)));
    breaks("I7", |evidence| {
        let Record::State(state) = &mut evidence.histories[1].records[4] else { unreachable!() };
        state.reset = Some("ahead".into());
    });
    breaks("I8", |evidence| evidence.published[0].id = 77);
    breaks("I8", |evidence| {
        let inbox = evidence.inboxes.get_mut("ann").unwrap();
        inbox.items.push(Item { position: 5, ..inbox.items[0].clone() });
    });
    breaks("I9", |evidence| evidence.inboxes.get_mut("ann").unwrap().counts = (2, 1));
    breaks("I9", |evidence| evidence.inboxes.get_mut("ann").unwrap().items[0].read = true);
    breaks("I9", |evidence| {
        let Record::Event(event) = &mut evidence.histories[0].records[2] else { unreachable!() };
        event.counts = (7, 7);
    });
}

/// Who goes back by choice may meet a node that is not as far: its counts are those of where that stands.
#[test]
fn counts_of_a_node_that_is_behind_are_those_of_its_place() {
    for (counts, several, well) in
        [((3, 3), true, true), ((2, 2), true, true), ((3, 3), false, false), ((9, 9), true, false)]
    {
        let mut evidence = good();
        evidence.several = several;
        let again = [Record::Opened(1), notification(2, 1, "everyone", counts)];
        let rest = [notification(3, 2, "user:ann", (1, 1)), read(4, 3, 2, (1, 1))];
        let records = &mut evidence.histories[0].records;
        records[5] = notification(3, 2, "user:ann", (3, 3));
        records.extend(again.into_iter().chain(rest));
        let (_, wrong) = check(&evidence);
        assert_eq!(wrong.is_empty(), well, "{counts:?}: {wrong:#?}");
    }
}

#[test]
fn what_was_deleted_is_not_missed() {
    let mut evidence = good();
    evidence.deleted.insert(("ann".into(), 2));
    let change = Change { ids: vec![2], deleted: true, ..Change::default() };
    for history in &mut evidence.histories {
        history.records.push(event(5, 4, "user:ann", Content::Changed(change.clone()), (1, 1)));
    }
    evidence.inboxes.get_mut("ann").unwrap().items.remove(1);
    let (_, wrong) = check(&evidence);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
