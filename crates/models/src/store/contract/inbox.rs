//! Inboxes: who has what, and what they made of it.

use super::*;

/// A broadcast is one event, and belongs to those who were known when it was made.
pub(super) async fn everyone_is_who_was_known(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    assert!(store.inbox(&user("bob"), &InboxQuery::counts()).await.unwrap().is_none(), "not known");
    send(&*store, Recipients::Everyone, "early").await;
    meet(&*store, "bob").await;
    meet(&*store, "ann").await;
    let late = send(&*store, Recipients::Everyone, "late").await;
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["late", "early"]);
    assert_eq!(inbox(&*store, "bob", InboxState::All).await, ["late"]);
    assert_eq!((counts(&*store, "ann").await, counts(&*store, "bob").await), ((2, 2), (1, 1)));
    assert_eq!(whole_log(&*store).await.len(), 2);
    assert_eq!(store.notification(late).await.unwrap().unwrap().to, Recipients::Everyone);
}

pub(super) async fn marks_by_id(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("ann"), "first").await;
    send(&*store, to("ann"), "second").await;
    let bobs = send(&*store, to("bob"), "bobs").await;

    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![first, first], READ))).await, Outcome::Marked(true));
    assert_eq!(counts(&*store, "ann").await, (1, 1));
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["second"]);
    assert_eq!(inbox(&*store, "ann", InboxState::Read).await, ["first"]);
    assert!(store.inbox_item(&user("ann"), first).await.unwrap().unwrap().seen, "what was read was seen");

    let logged = whole_log(&*store).await;
    let last = logged.last().unwrap();
    assert_eq!((last.kind.as_str(), last.audience.to_string().as_str()), ("inbox.changed", "user:ann"));
    assert_eq!(&*last.payload, format!(r#"{{"ids":["{first}"],"read":true}}"#));

    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![first], READ))).await, Outcome::Marked(false));
    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![first, bobs], READ))).await, Outcome::NotFound);
    assert_eq!(one(&*store, mark("nobody", Mark::Ids(vec![bobs], READ))).await, Outcome::NotFound);
    assert_eq!(whole_log(&*store).await.len(), logged.len(), "nothing was written");
    assert_eq!(counts(&*store, "bob").await, (1, 1), "nobody else's");

    let again = Flags { read: Some(false), ..Flags::default() };
    one(&*store, mark("ann", Mark::Ids(vec![first], again))).await;
    assert_eq!(counts(&*store, "ann").await, (2, 1), "seen stays");
    let archived = Flags { archived: Some(true), ..Flags::default() };
    one(&*store, mark("ann", Mark::Ids(vec![first], archived))).await;
    assert_eq!(counts(&*store, "ann").await, (1, 1));
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["second"]);
    assert_eq!(inbox(&*store, "ann", InboxState::Archived).await, ["first"]);
}

/// When they first did is kept, and the mark is one event that says that it is read, too.
pub(super) async fn who_acts_on_something_has_read_it(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("ann"), "first").await;
    send(&*store, to("ann"), "second").await;
    let act = |second: i64| Draft::Mark { user: user("ann"), mark: Mark::one(first, ACTED), key: None, at: at(second) };
    assert_eq!(one(&*store, act(3)).await, Outcome::Marked(true));
    assert_eq!(counts(&*store, "ann").await, (1, 1));
    let log = whole_log(&*store).await;
    let last = log.last().unwrap();
    assert_eq!(&*last.payload, format!(r#"{{"ids":["{first}"],"read":true,"acted":true}}"#));
    assert_eq!(last.effect, Effect::Adds { unread: -1, unseen: -1 });

    assert_eq!(one(&*store, act(4)).await, Outcome::Marked(false), "they did so already");
    let unread = Flags { read: Some(false), ..Flags::default() };
    one(&*store, mark("ann", Mark::one(first, unread))).await;
    assert_eq!(one(&*store, act(5)).await, Outcome::Marked(true), "it is read again");
    one(&*store, mark("ann", Mark::UpTo(pos(9), unread))).await;
    let item = store.inbox_item(&user("ann"), first).await.unwrap().unwrap();
    assert_eq!((item.read, item.seen, item.acted_at), (false, true, Some(at(3))), "that they acted stays");
    let receipt = store.receipts(&user("ann"), Position::START, 1).await.unwrap().remove(0);
    assert_eq!((receipt.read, receipt.acted_at), (Some(false), Some(at(3))));
}

pub(super) async fn a_watermark_leaves_what_came_later(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    let early = send(&*store, to("ann"), "early").await;
    send(&*store, Recipients::Everyone, "broadcast").await;
    send(&*store, to("ann"), "late").await;

    assert_eq!(one(&*store, mark("ann", Mark::UpTo(pos(2), READ))).await, Outcome::Marked(true));
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["late"]);
    assert_eq!(one(&*store, mark("ann", Mark::UpTo(pos(2), READ))).await, Outcome::Marked(false));
    let logged = whole_log(&*store).await;
    assert_eq!(&*logged.last().unwrap().payload, r#"{"up_to":2,"read":true}"#);
    assert_eq!(logged.last().unwrap().effect, Effect::Adds { unread: -2, unseen: -2 });

    // A receipt wins over the watermark, and a later watermark over the receipt.
    let again = Flags { read: Some(false), ..Flags::default() };
    one(&*store, mark("ann", Mark::Ids(vec![early], again))).await;
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["late", "early"]);
    assert_eq!(counts(&*store, "ann").await, (2, 1));
    one(&*store, mark("ann", Mark::UpTo(pos(3), READ))).await;
    assert_eq!(counts(&*store, "ann").await, (0, 0));
    one(&*store, mark("ann", Mark::UpTo(pos(2), again))).await;
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["broadcast", "early"]);

    // Beyond the end of the log there is nothing to mark yet.
    one(&*store, mark("ann", Mark::UpTo(pos(1_000_000), READ))).await;
    send(&*store, to("ann"), "later still").await;
    assert_eq!(counts(&*store, "ann").await, (1, 1));
}

pub(super) async fn lists_are_paged_and_filtered(open: Open) {
    let place = place();
    let store = open(&place).await;
    for i in 0..7 {
        let mut notification = plain(&i.to_string());
        notification.level = if i % 2 == 0 { Level::Info } else { Level::Error };
        notification.category = (i > 3).then(|| "builds".to_owned());
        one(
            &*store,
            Draft::Notify { notification: Box::new(notification), to: to("ann"), key: None, deliver_at: None },
        )
        .await;
    }
    let ask = |query: InboxQuery| {
        let store = Arc::clone(&store);
        async move {
            let page = store.inbox(&user("ann"), &query).await.unwrap().unwrap();
            let titles: Vec<_> = page.items.iter().map(|item| item.notification.title.clone()).collect();
            (titles.join(""), page.more, page.items.last().map(|item| item.position))
        }
    };
    let (titles, more, last) = ask(InboxQuery::newest(InboxState::All, 3)).await;
    assert_eq!((titles.as_str(), more), ("654", true));
    let (titles, more, _) = ask(InboxQuery { before: last, ..InboxQuery::newest(InboxState::All, 4) }).await;
    assert_eq!((titles.as_str(), more), ("3210", false));
    let (titles, ..) = ask(InboxQuery { level: Some(Level::Error), ..InboxQuery::newest(InboxState::All, 9) }).await;
    assert_eq!(titles, "531");
    let builds = Some("builds".to_owned());
    let (titles, ..) = ask(InboxQuery { category: builds, ..InboxQuery::newest(InboxState::All, 9) }).await;
    assert_eq!(titles, "654");
}

pub(super) async fn what_is_deleted_is_gone_for_its_user_alone(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob"] {
        meet(&*store, name).await;
    }
    let id = send(&*store, Recipients::Everyone, "x").await;
    let deleted = Flags { deleted: Some(true), ..Flags::default() };
    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![id], deleted))).await, Outcome::Marked(true));
    assert_eq!((counts(&*store, "ann").await, counts(&*store, "bob").await), ((0, 0), (1, 1)));
    assert!(store.inbox_item(&user("ann"), id).await.unwrap().is_none());
    assert!(store.inbox_item(&user("bob"), id).await.unwrap().is_some());
    for flags in [deleted, READ, Flags { read: Some(false), ..Flags::default() }] {
        assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![id], flags))).await, Outcome::NotFound);
    }
    one(&*store, mark("ann", Mark::UpTo(pos(9), Flags { read: Some(false), ..Flags::default() }))).await;
    assert_eq!(counts(&*store, "ann").await, (0, 0), "and does not come back");
}
