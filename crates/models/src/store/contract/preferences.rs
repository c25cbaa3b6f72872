//! What users do not want to be bothered with.

use super::*;

pub(super) async fn what_is_muted_comes_and_is_not_counted(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    let of = |title: &str, level: Level, critical: bool| {
        let notification = Box::new(Notification { level, critical, category: Some("builds".into()), ..plain(title) });
        Draft::Notify { notification, to: to("ann"), key: None, deliver_at: None }
    };
    let prefer =
        |preferences: &Preferences| Draft::Prefer { user: user("ann"), preferences: preferences.clone(), at: at(3) };
    one(&*store, of("before", Level::Error, false)).await;
    let mut preferences = Preferences::default();
    preferences.muted.levels.insert(Level::Error);
    let night = QuietHours { from: "22:00".into(), to: "07:00".into(), time_zone: "Europe/Berlin".into() };
    preferences.quiet_hours = Some(night);
    assert_eq!(one(&*store, prefer(&preferences)).await, Outcome::Done(true));
    assert_eq!(one(&*store, prefer(&preferences)).await, Outcome::Done(false));
    assert_eq!(store.preferences(&user("ann")).await.unwrap(), preferences);
    for (title, level, critical) in
        [("muted", Level::Error, false), ("critical", Level::Error, true), ("info", Level::Info, false)]
    {
        one(&*store, of(title, level, critical)).await;
    }
    assert_eq!(counts(&*store, "ann").await, (3, 3));
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["info", "critical", "muted", "before"]);
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["info", "critical", "before"]);
    // Unmuting does not count older ones, and what came before was not muted.
    assert_eq!(one(&*store, prefer(&Preferences::default())).await, Outcome::Done(true));
    assert_eq!(counts(&*store, "ann").await, (3, 3));
    assert_eq!(store.preferences(&user("ann")).await.unwrap(), Preferences::default());
    one(&*store, of("after", Level::Error, false)).await;
    assert_eq!(counts(&*store, "ann").await, (4, 4));
    assert_eq!(store.preferences(&user("nobody")).await.unwrap(), Preferences::default());
}

pub(super) async fn text_is_found_in_titles_and_bodies(open: Open) {
    let place = place();
    let store = open(&place).await;
    for (title, body) in [("Build 4711 failed", None), ("Lunch", Some("100% soup_or BUILD")), ("Other", None)] {
        let notification = Box::new(Notification { body: body.map(str::to_owned), ..plain(title) });
        one(&*store, Draft::Notify { notification, to: to("ann"), key: None, deliver_at: None }).await;
    }
    let found = async |text: &str| {
        let query = InboxQuery { search: Some(text.into()), ..InboxQuery::newest(InboxState::All, 9) };
        let page = store.inbox(&user("ann"), &query).await.unwrap().unwrap();
        page.items.into_iter().map(|item| item.notification.title).collect::<Vec<_>>()
    };
    assert_eq!(found("build").await, ["Lunch", "Build 4711 failed"]);
    assert_eq!(found("0% s").await, ["Lunch"]);
    assert_eq!(found("p_o").await, ["Lunch"]);
    assert_eq!(found("_").await, ["Lunch"], "no pattern");
    assert_eq!(found("title").await, [""; 0], "not in the JSON around them");
    // What somebody else's data holds is no hindrance, nor what a query does.
    let data =
        serde_json::value::RawValue::from_string(r#"{"a":"\\\u0000","b":"\uD800","c":"\\u0000"}"#.into()).unwrap();
    let odd = Notification { body: Some("a \\u0000 \"build\"".into()), data: Some(data), ..plain("Odd \\") };
    let draft = Draft::Notify { notification: Box::new(odd), to: to("ann"), key: None, deliver_at: None };
    one(&*store, draft).await;
    assert_eq!(found("build").await, ["Odd \\", "Lunch", "Build 4711 failed"]);
    assert_eq!(found("A \\U0000 \"").await, ["Odd \\"]);
    assert_eq!(found("\0").await, [""; 0]);
    let query = InboxQuery { category: Some("\0".into()), ..InboxQuery::newest(InboxState::All, 9) };
    assert_eq!(store.inbox(&user("ann"), &query).await.unwrap().unwrap().items.len(), 0);
}
