//! Drafts that are done together, or not at all.

use super::*;
use crate::store::IdempotencyKey;

/// What a whole log and everything beside it looks like to readers, but for the ids.
async fn picture(store: &dyn Store) -> Vec<String> {
    let log = whole_log(store).await;
    let line = |event: &Event| format!("{} {} {:?} {}", event.position, event.audience, event.seq, event.payload);
    let mut lines: Vec<_> = log.iter().map(line).collect();
    for name in ["ann", "bob", "eve"] {
        if store.inbox(&user(name), &InboxQuery::counts()).await.unwrap().is_some() {
            let titles = inbox(store, name, InboxState::All).await;
            lines.push(format!("{name} {titles:?} {:?}", counts(store, name).await));
        }
    }
    let scheduled = store.notifications(SentQuery::Scheduled(None), 100).await.unwrap();
    lines.extend(scheduled.iter().map(|sent| format!("{} {:?}", sent.notification.title, sent.stage)));
    lines
}

fn keyed(key: &str, fingerprint: u8, title: &str) -> Draft {
    let key = IdempotencyKey { publisher: user("host"), key: key.into(), fingerprint: [fingerprint; 32] };
    Draft::Notify { notification: Box::new(plain(title)), to: to("ann"), key: Some(key), deliver_at: None }
}

fn grouped(title: &str) -> Draft {
    let notification = Box::new(Notification { group_key: Some("g".into()), ..plain(title) });
    Draft::Notify { notification, to: to("ann"), key: None, deliver_at: None }
}

fn scheduled(title: &str) -> Draft {
    Draft::Notify { notification: Box::new(plain(title)), to: to("ann"), key: None, deliver_at: Some(at(10)) }
}

/// What the store refuses: its topic is not there.
fn refused() -> Draft {
    notify(Recipients::Topic(TopicName::parse("nowhere").unwrap()), "refused")
}

pub(super) async fn all_or_none(open: Open) {
    let place = place();
    let store = open(&place).await;
    let good = || vec![notify(to("ann"), "1"), grouped("2"), scheduled("3"), keyed("k", 1, "4"), grouped("5")];
    let drafts = good().into_iter().chain([refused()]).collect();
    let Outcome::Together(Err(outcomes)) = one(&*store, Draft::Together(drafts)).await else { panic!("done") };
    assert_eq!(outcomes[..5], vec![Outcome::Undone; 5]);
    assert_eq!(outcomes[5], Outcome::NoTopic);
    assert_eq!(picture(&*store).await, Vec::<String>::new(), "not even that ann is known");

    let Outcome::Together(Ok(outcomes)) = one(&*store, Draft::Together(good())).await else { panic!("refused") };
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Stored(_))), "{outcomes:?}");
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["5", "4", "1"], "of a group the newest");
    assert_eq!(counts(&*store, "ann").await, (3, 3));
    let seqs: Vec<_> = whole_log(&*store).await.iter().map(|event| event.seq.get()).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    assert_eq!(store.notifications(SentQuery::Scheduled(None), 9).await.unwrap()[0].notification.title, "3");
}

/// Of two stores with the same drafts, one with a batch that is refused among them, both are alike.
pub(super) async fn what_is_refused_leaves_nothing_and_others_as_they_were(open: Open) {
    let first = || vec![grouped("before"), notify(to("bob"), "with it")];
    let last = || vec![grouped("after"), notify(to("bob"), "too"), scheduled("later")];
    let batch = || {
        let told = vec![
            notify(to("eve"), "never"),
            grouped("never"), // which writes what came before it
            notify(Recipients::Everyone, "never"),
            scheduled("never"),
            Draft::Meet { user: user("eve"), at: at(0) },
            refused(),
        ];
        Draft::Together(told)
    };
    let mut pictures = Vec::new();
    for with_batch in [true, false] {
        let place = place();
        let store = open(&place).await;
        one(&*store, grouped("oldest")).await;
        let mut drafts = first();
        drafts.extend(with_batch.then(batch));
        drafts.extend(last());
        let committed = store.commit(drafts).await.unwrap();
        let positions = |events: &[Event]| events.iter().map(|event| event.position).collect::<Vec<_>>();
        assert_eq!(positions(&committed.events), positions(&whole_log(&*store).await[1..]), "and so it is told");
        let stored = committed.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Stored(_)));
        assert_eq!(stored.count(), 5);
        // The next group counts on from there.
        one(&*store, notify(to("bob"), "next")).await;
        one(&*store, notify(to("eve"), "her first")).await;
        let picture = picture(&*store).await;
        pictures.push(picture.iter().map(|line| without_ids(line)).collect::<Vec<_>>());
    }
    assert_eq!(pictures[0], pictures[1]);
}

fn without_ids(line: &str) -> String {
    let Some(at) = line.find(r#""id":""#) else { return line.to_owned() };
    format!("{}{}", &line[..at], &line[at + r#""id":""#.len() + 36..])
}

pub(super) async fn keys_of_a_batch_that_was_refused_are_free(open: Open) {
    let place = place();
    let store = open(&place).await;
    let Outcome::Stored(old) = one(&*store, keyed("old", 1, "old")).await else { panic!("refused") };
    // Beside it in the same group: its key is taken after the batch, not by it.
    let batch = vec![keyed("k", 1, "x"), keyed("k", 1, "x"), keyed("old", 1, "old"), keyed("old", 2, "other")];
    let outcomes = commit(&*store, vec![Draft::Together(batch), keyed("k", 2, "another")]).await;
    let refused = vec![Outcome::Undone, Outcome::Undone, Outcome::Repeated(old), Outcome::KeyConflict];
    assert_eq!(outcomes[0], Outcome::Together(Err(refused)));
    let Outcome::Stored(another) = outcomes[1] else { panic!("{outcomes:?}") };
    assert_eq!(one(&*store, keyed("k", 2, "another")).await, Outcome::Repeated(another));

    let batch = || Draft::Together(vec![keyed("a", 1, "a"), keyed("b", 1, "b"), keyed("a", 1, "a")]);
    let Outcome::Together(Ok(made)) = one(&*store, batch()).await else { panic!("refused") };
    let [Outcome::Stored(a), Outcome::Stored(b), Outcome::Repeated(again)] = made[..] else { panic!("{made:?}") };
    assert_eq!(a, again);
    let repeated = vec![Outcome::Repeated(a), Outcome::Repeated(b), Outcome::Repeated(a)];
    assert_eq!(one(&*store, batch()).await, Outcome::Together(Ok(repeated)), "a retry makes nothing twice");
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["b", "a", "another", "old"]);
}

/// Whoever sent them hears of all that is wrong, and a batch within a batch is a part of it.
pub(super) async fn each_refusal_is_told(open: Open) {
    let place = place();
    let store = open(&place).await;
    let late = Notification { expires_at: Some(at(1)), ..plain("late") };
    let late = Draft::Notify { notification: Box::new(late), to: to("ann"), key: None, deliver_at: None };
    let inner = Draft::Together(vec![notify(to("ann"), "inner")]);
    let batch = vec![refused(), inner.clone(), late, notify(to("ann"), "fine")];
    let expected = vec![Outcome::NoTopic, Outcome::Undone, Outcome::Expired, Outcome::Undone];
    assert_eq!(one(&*store, Draft::Together(batch)).await, Outcome::Together(Err(expected)));
    assert_eq!(whole_log(&*store).await.len(), 0);

    let inner_refused = Draft::Together(vec![notify(to("ann"), "inner"), refused()]);
    let expected = Outcome::Together(Err(vec![Outcome::Undone, Outcome::NoTopic]));
    let outcome = one(&*store, Draft::Together(vec![notify(to("ann"), "outer"), inner_refused])).await;
    assert_eq!(outcome, Outcome::Together(Err(vec![Outcome::Undone, expected])));
    let outcome = one(&*store, Draft::Together(vec![inner, notify(to("bob"), "outer")])).await;
    assert!(matches!(outcome, Outcome::Together(Ok(_))), "{outcome:?}");
    assert_eq!(whole_log(&*store).await.len(), 2);
}
