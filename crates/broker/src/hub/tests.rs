//! One hub, without any task: entries are put in by hand.

use tidings_models::{Effect, Event, Kind, Timestamp, Window};

use super::*;
use crate::{
    census::Limits,
    sizes::Sizes,
    testing::{cursors, entry, event, lasting, page, pos, user},
};

struct Setup {
    feed: Arc<Feed>,
    census: Arc<Census>,
    hub: Arc<Hub>,
}

impl Setup {
    fn at(position: i64) -> Self {
        let feed = Arc::new(Feed::new(pos(position), Sizes::default()));
        let census = Arc::new(Census::new(Limits { per_user: 2, per_address: 3, per_node: 3 }));
        let hub = Arc::new(Hub::new(Arc::clone(&feed), Arc::clone(&census), 128));
        Self { feed, census, hub }
    }

    fn dispatch(&self, position: i64, audience: &str) {
        self.dispatch_all(&[entry(position, audience)]);
    }

    fn dispatch_all(&self, entries: &[Arc<Entry>]) {
        self.feed.extend(entries.iter().cloned());
        self.hub.dispatch(entries).unwrap();
    }

    fn join(&self, name: &str, loaded: Option<i64>) -> Result<Joined, Refused> {
        let session = loaded.map(|as_of| Session::of(&page(name, as_of, Counts { unread: 1, unseen: 1 })));
        self.hub.join(&(user(name), lasting()).into(), session)
    }
}

fn taken(joined: &Joined) -> Vec<(i64, i64)> {
    let mut live = Vec::new();
    joined.outlet.take(usize::MAX, &mut live);
    live.into_iter().map(|(entry, own)| (entry.position().get(), own.counts.unread)).collect()
}

#[test]
fn entries_reach_their_audience_after_the_place_of_joining() {
    let setup = Setup::at(0);
    setup.dispatch(1, "user:ann");
    let ann = setup.join("ann", Some(1)).unwrap();
    let again = setup.join("ann", None).unwrap();
    let bob = setup.join("bob", Some(1)).unwrap();
    assert_eq!(ann.position, pos(1));
    setup.dispatch(2, "user:ann");
    setup.dispatch(3, "everyone");
    assert_eq!(taken(&ann), [(2, 2), (3, 3)]);
    assert_eq!(taken(&again), [(2, 2), (3, 3)]);
    assert_eq!(taken(&bob), [(3, 2)]);
}

#[test]
fn what_comes_together_keeps_its_order() {
    let setup = Setup::at(0);
    let ann = setup.join("ann", Some(0)).unwrap();
    let bob = setup.join("bob", Some(0)).unwrap();
    let audiences = ["everyone", "everyone", "user:ann", "user:bob", "everyone"];
    let entries: Vec<_> = audiences.iter().zip(1..).map(|(audience, at)| entry(at, audience)).collect();
    setup.dispatch_all(&entries);
    assert_eq!(taken(&ann), [(1, 2), (2, 3), (3, 4), (5, 5)]);
    assert_eq!(taken(&bob), [(1, 2), (2, 3), (4, 4), (5, 5)]);
    assert_eq!(setup.hub.position(), pos(5));
}

#[test]
fn what_was_handed_on_is_not_again() {
    let setup = Setup::at(0);
    let ann = setup.join("ann", Some(0)).unwrap();
    let entries = [entry(1, "everyone"), entry(2, "everyone"), entry(3, "user:ann")];
    setup.dispatch_all(&entries[..2]);
    setup.hub.dispatch(&entries).unwrap();
    assert_eq!(taken(&ann), [(1, 2), (2, 3), (3, 4)]);
}

#[test]
fn a_state_read_before_the_last_dispatch_is_caught_up() {
    let setup = Setup::at(0);
    setup.dispatch(1, "user:ann");
    setup.dispatch(2, "user:ann");
    setup.feed.extend([entry(3, "user:ann")]); // read, and not dispatched yet
    let ann = setup.join("ann", Some(0)).unwrap();
    assert_eq!((ann.position, ann.counts.unread), (pos(2), 3));
    let refused = Setup::at(5).join("ann", Some(4)).unwrap_err();
    assert_eq!(refused, Refused::NeedsSession, "the feed does not go back that far");
}

#[test]
fn leaving_makes_room_and_forgets_the_user() {
    let setup = Setup::at(0);
    let first = setup.join("ann", Some(0)).unwrap();
    let second = setup.join("ann", None).unwrap();
    assert_eq!(setup.join("ann", None).unwrap_err(), Refused::Full(Full::User));
    let third = setup.join("bob", Some(0)).unwrap();
    assert_eq!(setup.join("cyd", Some(0)).unwrap_err(), Refused::Full(Full::Node));
    assert_eq!(setup.census.figures(), (2, 3));
    drop((first, second, third));
    assert_eq!(setup.census.figures(), (0, 0));
    assert_eq!(setup.join("ann", None).unwrap_err(), Refused::NeedsSession);
    assert_eq!(setup.census.figures(), (0, 0), "who does not get in takes no place");
}

#[test]
fn goodbyes_go_out_in_slices() {
    let setup = Setup::at(0);
    let streams: Vec<_> = ["ann", "bob", "cyd"].iter().map(|name| setup.join(name, Some(0)).unwrap()).collect();
    assert_eq!(setup.hub.end_some(2, GoodbyeReason::Shutdown), 3);
    assert_eq!(setup.hub.end_some(2, GoodbyeReason::Shutdown), 1);
    assert_eq!(setup.hub.end_some(2, GoodbyeReason::Shutdown), 0);
    assert!(streams.iter().all(|joined| joined.outlet.ending() == Some(GoodbyeReason::Shutdown)));
    drop(streams);
    assert!(setup.join("ann", Some(0)).is_ok(), "who is asked to leave may come back");
    setup.hub.close();
    assert_eq!(setup.join("ann", Some(0)).unwrap_err(), Refused::Stopping);
}

/// A page of somebody who belongs to a topic after one position and up to another.
fn member(name: &str, as_of: i64, topic: &str, from: i64, until: Option<i64>) -> Session {
    let audience = Audience::parse(&format!("topic:{topic}")).unwrap();
    let mut page = page(name, as_of, Counts::default());
    page.windows.push(Window { audience, from: pos(from), until: until.map(pos) });
    Session::of(&page)
}

#[test]
fn a_topic_is_for_who_belongs_to_it_at_the_time() {
    let setup = Setup::at(0);
    let join = |name: &str, session| setup.hub.join(&(user(name), lasting()).into(), Some(session)).unwrap();
    let ann = join("ann", member("ann", 0, "deploys", 0, None));
    let bob = join("bob", member("bob", 0, "deploys", 0, Some(1)));
    let cid = setup.join("cid", Some(0)).unwrap();
    for at in 1..=2 {
        setup.dispatch(at, "topic:deploys");
    }
    setup.dispatch(3, "topic:other");
    assert_eq!(taken(&ann), [(1, 1), (2, 2)]);
    assert_eq!(taken(&bob), [(1, 1)], "what came before he left is his, though he is known to have left");
    assert_eq!(taken(&cid).len() + setup.hub.state.lock().members.topics(), 1);
    drop((ann, bob));
    assert_eq!(setup.hub.state.lock().members.topics(), 0, "nothing is kept of who has gone");
}

/// Who joins a topic has it from the event that tells of it: nobody gets anything before what they belong
/// to was read.
#[test]
fn joining_takes_effect_in_its_place() {
    let setup = Setup::at(0);
    let ann = setup.join("ann", Some(0)).unwrap();
    let joined = Event { effect: Effect::Reloads, ..event(2, "user:ann", "{}") };
    let joined = Entry::render(joined, &cursors()).unwrap();
    let entries = [entry(1, "topic:deploys"), joined, entry(3, "topic:deploys")];
    setup.feed.extend(entries.iter().cloned());
    assert_eq!(setup.hub.dispatch(&entries), Err(vec![user("ann")]));
    assert_eq!(setup.hub.position(), pos(1));
    setup.hub.recount(&user("ann"), &member("ann", 2, "deploys", 2, None));
    setup.hub.dispatch(&entries).unwrap();
    assert_eq!(taken(&ann), [(2, 0), (3, 1)]);
    let (position, _, scope) = setup.hub.rejoin(&user("ann"), &ann.outlet);
    assert!(position == pos(3) && scope.windows.len() > ann.scope.windows.len(), "a replay knows of it");
}

#[test]
fn a_whisper_is_for_who_is_here_and_never_waits_for_long() {
    let setup = Setup::at(0);
    let join = |name: &str, session| setup.hub.join(&(user(name), lasting()).into(), Some(session)).unwrap();
    let ann = join("ann", member("ann", 0, "deploys", 0, None));
    let bob = join("bob", member("bob", 0, "deploys", 0, Some(0)));
    let whisper = |audience: &str, text: &str| {
        let payload = serde_json::value::to_raw_value(text).unwrap();
        let (kind, audience) = (Kind::signal("typing").unwrap(), Audience::parse(audience).unwrap());
        setup.hub.whisper(&Arc::new(Whisper::render(kind, audience, &payload, Timestamp::from_millis(0)).unwrap()));
    };
    for audience in ["user:ann", "topic:deploys", "everyone", "user:bob", "topic:other"] {
        whisper(audience, "x");
    }
    let heard = |joined: &Joined| {
        joined.outlet.whispers().iter().map(|whisper| whisper.audience.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(heard(&ann), ["user:ann", "topic:deploys", "everyone"]);
    assert_eq!(heard(&bob), ["everyone", "user:bob"], "he has left the topic");
    for i in 0..100 {
        whisper("everyone", &i.to_string());
    }
    let kept = ann.outlet.whispers();
    assert_eq!(kept.len(), 32);
    assert!(kept[31].envelope.ends_with(br#""99""#), "the newest");
    assert_eq!(taken(&ann), [], "nothing of it is in the log");
}

/// What was handed on is counted, and who was too slow for it.
#[test]
fn deliveries_and_overflows_are_counted() {
    let setup = Setup::at(0);
    let _ann = setup.join("ann", Some(0)).unwrap();
    let bob = setup.join("bob", Some(0)).unwrap();
    assert_eq!(setup.hub.dispatch(&[entry(1, "user:cid")]), Ok(false), "nobody is here for it");
    assert_eq!(setup.hub.dispatch(&[entry(2, "everyone"), entry(3, "user:ann")]), Ok(true));
    let counted = || (setup.hub.tally.delivered.get(), setup.hub.tally.overflows.get());
    assert_eq!(counted(), (3, 0));
    for position in 4..=131 {
        let _ = taken(&bob); // he reads, and she does not
        setup.dispatch(position, "everyone");
    }
    assert_eq!(counted(), (3 + 2 * 128, 1), "once, however much comes after that");
}
