//! Who may come in.

use super::*;
use crate::access::*;

pub(super) fn account(name: &str) -> Account {
    Account {
        user: user(name),
        role: Role::User,
        disabled: false,
        must_change: false,
        password: PasswordHash::from_stored("hash".into()),
        created_at: at(1),
    }
}

/// A sign-in that began at some second, lasts for ten, and for a hundred if it is refreshed.
pub(super) fn sign_in(name: &str, secret: &str, began: i64) -> NewSignIn {
    NewSignIn {
        id: SignInId::make(&SystemRandom),
        user: user(name),
        password: PasswordHash::from_stored("hash".into()),
        secret: Digest::of(secret),
        at: at(began),
        expires_at: at(began + 10),
        ends_at: at(began + 100),
    }
}

async fn change(store: &dyn Store, second: i64, change: AccessChange) -> Outcome {
    one(store, Draft::Access { change, at: at(second) }).await
}

/// What nodes were told.
async fn told(store: &dyn Store) -> Vec<News> {
    let log = whole_log(store).await;
    let news = log.iter().filter(|event| event.audience == Audience::Nodes);
    news.map(|event| serde_json::from_str(&event.payload).unwrap()).collect()
}

async fn shown(store: &dyn Store, secret: &str) -> Option<ShownSecret> {
    store.sign_in(&Digest::of(secret)).await.unwrap().map(|(_, shown)| shown)
}

pub(super) async fn accounts_are_kept(open: Open) {
    let place = place();
    let store = open(&place).await;
    let ann = Account { must_change: true, ..account("ann") };
    assert!(store.create_account(&ann).await.unwrap());
    assert!(!store.create_account(&ann).await.unwrap(), "the name is taken");
    assert!(store.account(&user("bob")).await.unwrap().is_none());
    assert!(store.known(&user("ann")).await.unwrap().is_some(), "what is sent to everyone is theirs");
    for name in ["bob", "cid"] {
        store.create_account(&account(name)).await.unwrap();
    }
    let names = async |after: Option<&UserId>, limit| {
        let accounts = store.accounts(after, limit).await.unwrap();
        accounts.into_iter().map(|account| account.user.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(None, 2).await, ["ann", "bob"]);
    assert_eq!(names(Some(&user("bob")), 2).await, ["cid"]);

    let password = PasswordHash::from_stored("other".into());
    let set = AccessChange::SetPassword { user: user("ann"), password, must_change: false, own: None };
    assert_eq!(change(&*store, 5, set.clone()).await, Outcome::Done(true));
    change(&*store, 6, AccessChange::SetRole(user("ann"), Role::Admin)).await;
    change(&*store, 7, AccessChange::SetDisabled(user("ann"), true)).await;
    let found = store.account(&user("ann")).await.unwrap().unwrap();
    assert_eq!((found.role, found.disabled, found.must_change), (Role::Admin, true, false));
    assert_eq!((found.password.as_stored(), found.created_at), ("other", at(1)));
    assert_eq!(change(&*store, 8, AccessChange::DropAccount(user("ann"))).await, Outcome::Done(true));
    assert!(store.account(&user("ann")).await.unwrap().is_none());
    let before = whole_log(&*store).await.len();
    for nobody in [set, AccessChange::SetDisabled(user("ann"), true), AccessChange::SetRole(user("ann"), Role::User)] {
        assert_eq!(change(&*store, 9, nobody).await, Outcome::NotFound);
    }
    assert_eq!(whole_log(&*store).await.len(), before);
}

pub(super) async fn a_sign_in_is_known_by_its_secret_and_refreshed_once(open: Open) {
    let place = place();
    let store = open(&place).await;
    assert!(!store.begin_sign_in(&sign_in("ann", "one", 1)).await.unwrap(), "there is no such account");
    store.create_account(&Account { must_change: true, ..account("ann") }).await.unwrap();
    let new = sign_in("ann", "one", 1);
    assert!(store.begin_sign_in(&new).await.unwrap());
    let (found, which) = store.sign_in(&Digest::of("one")).await.unwrap().unwrap();
    let expected = SignIn {
        id: new.id,
        user: user("ann"),
        role: Role::User,
        must_change: true,
        created_at: at(1),
        expires_at: at(11),
        ends_at: at(101),
    };
    assert_eq!((&found, which), (&expected, ShownSecret::Present));
    assert_eq!(store.sign_in_of(new.id).await.unwrap(), Some(expected));
    assert_eq!(shown(&*store, "two").await, None);

    let (from, to) = (Digest::of("one"), Digest::of("two"));
    let refresh = AccessChange::Refresh { id: new.id, from, to, until: at(20) };
    assert_eq!(change(&*store, 5, refresh.clone()).await, Outcome::Done(true));
    assert_eq!(change(&*store, 6, refresh).await, Outcome::Conflict, "somebody else was first");
    assert_eq!(shown(&*store, "two").await, Some(ShownSecret::Present));
    let former = shown(&*store, "one").await.unwrap();
    assert_eq!(former, ShownSecret::Former(at(5)));
    assert!(former.is_good(at(64)) && !former.is_good(at(65)));
    assert_eq!(store.sign_in_of(new.id).await.unwrap().unwrap().expires_at, at(20));
    assert_eq!(told(&*store).await, [News::SignInRenewed { id: new.id, until: at(20) }]);
}

pub(super) async fn what_is_taken_away_is_told_to_every_node(open: Open) {
    let place = place();
    let store = open(&place).await;
    store.create_account(&account("ann")).await.unwrap();
    let who = Digest::of_user(&user("ann"));
    let gone = |second: i64, except| News::UserRevoked { who, at: at(second), except };
    let begin = async |secret: &str| {
        let new = sign_in("ann", secret, 1);
        assert!(store.begin_sign_in(&new).await.unwrap());
        new.id
    };

    let first = begin("first").await;
    assert_eq!(change(&*store, 2, AccessChange::EndSignIn(first)).await, Outcome::Done(true));
    assert_eq!(change(&*store, 3, AccessChange::EndSignIn(first)).await, Outcome::NotFound);
    assert_eq!(shown(&*store, "first").await, None);

    let (kept, _) = (begin("kept").await, begin("other").await);
    let own = |shown: &str, sign_in| AccessChange::SetPassword {
        user: user("ann"),
        password: PasswordHash::from_stored("x".into()),
        must_change: false,
        own: Some((sign_in, PasswordHash::from_stored(shown.into()))),
    };
    assert_eq!(change(&*store, 4, own("hash", first)).await, Outcome::Conflict, "that sign-in has ended");
    assert_eq!(change(&*store, 4, own("hash", kept)).await, Outcome::Done(true));
    assert_eq!(change(&*store, 4, own("hash", kept)).await, Outcome::Conflict, "it is another by now");
    assert!(!store.begin_sign_in(&sign_in("ann", "late", 4)).await.unwrap(), "nor does the old one let in");
    assert!(shown(&*store, "kept").await.is_some() && shown(&*store, "other").await.is_none());

    change(&*store, 5, AccessChange::SetDisabled(user("ann"), true)).await;
    assert_eq!(shown(&*store, "kept").await, None);
    let again = NewSignIn { password: PasswordHash::from_stored("x".into()), ..sign_in("ann", "again", 1) };
    assert!(!store.begin_sign_in(&again).await.unwrap());
    change(&*store, 6, AccessChange::SetDisabled(user("ann"), false)).await;
    assert!(store.begin_sign_in(&again).await.unwrap());
    change(&*store, 7, AccessChange::EndUser(user("ann"))).await;
    assert_eq!(shown(&*store, "again").await, None);
    change(&*store, 3, AccessChange::EndUser(user("ann"))).await;
    assert_eq!(store.revocations().await.unwrap(), [(who, at(7))], "the latest counts");

    let ended = News::SignInEnded { id: first };
    assert_eq!(told(&*store).await, [ended, gone(4, Some(kept)), gone(5, None), gone(7, None), gone(3, None)]);
    let log = whole_log(&*store).await;
    assert!(!format!("{log:?}").contains("ann"), "the log names nobody: {log:?}");
}

pub(super) async fn a_user_has_so_many_sign_ins(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob"] {
        store.create_account(&account(name)).await.unwrap();
    }
    store.begin_sign_in(&sign_in("bob", "bob's", 0)).await.unwrap();
    for number in 0..SignIn::MOST + 2 {
        store.begin_sign_in(&sign_in("ann", &number.to_string(), number)).await.unwrap();
    }
    let listed = store.sign_ins(&user("ann")).await.unwrap();
    assert_eq!(i64::try_from(listed.len()).unwrap(), SignIn::MOST);
    assert_eq!(listed[0].created_at, at(SignIn::MOST + 1), "the last first");
    assert_eq!(shown(&*store, "1").await, None, "the oldest have ended");
    assert!(shown(&*store, "2").await.is_some() && shown(&*store, "bob's").await.is_some());
}

pub(super) async fn a_key_is_good_until_it_is_revoked(open: Open) {
    let place = place();
    let store = open(&place).await;
    let make = async |name: &str, second: i64, secret: &str| {
        let key = ApiKey {
            id: KeyId::make(at(second), &SystemRandom),
            name: name.into(),
            scopes: Scopes { publish: true, manage: false, observe: true },
            created_by: user("admin"),
            created_at: at(second),
            last_used_at: None,
            revoked_at: None,
        };
        assert!(store.create_api_key(&key, &Digest::of(secret)).await.unwrap());
        key
    };
    let (ci, other) = (make("ci", 1, "tdk_ci").await, make("other", 2, "tdk_other").await);
    assert_eq!(store.api_key(&Digest::of("tdk_ci")).await.unwrap(), Some(ci.clone()));
    assert_eq!(store.api_key(&Digest::of("tdk_no")).await.unwrap(), None);
    assert_eq!(store.api_keys(None, 9).await.unwrap(), [other.clone(), ci.clone()]);
    assert_eq!(store.api_keys(Some(other.id), 9).await.unwrap(), std::slice::from_ref(&ci));

    store.note_key_uses(&[(ci.id, at(9)), (ci.id, at(7)), (other.id, at(8))]).await.unwrap();
    let used = store.api_key_of(ci.id).await.unwrap().unwrap();
    assert_eq!(used.last_used_at, Some(at(9)), "never earlier than it was known");

    assert_eq!(change(&*store, 20, AccessChange::RevokeKey(ci.id)).await, Outcome::Done(true));
    assert_eq!(change(&*store, 21, AccessChange::RevokeKey(ci.id)).await, Outcome::NotFound);
    assert_eq!(store.api_key(&Digest::of("tdk_ci")).await.unwrap(), None);
    assert_eq!(store.api_key_of(ci.id).await.unwrap().unwrap().revoked_at, Some(at(20)));
    assert_eq!(told(&*store).await, [News::KeyRevoked { id: ci.id }]);
}

pub(super) async fn a_ticket_is_used_once(open: Open) {
    let place = place();
    let store = open(&place).await;
    let ticket = |number| AccessChange::Redeem(TicketId(uuid::Uuid::from_u128(number)));
    assert_eq!(change(&*store, 1, ticket(7)).await, Outcome::Done(true));
    assert_eq!(change(&*store, 2, ticket(8)).await, Outcome::Done(true));
    assert_eq!(change(&*store, 2, ticket(7)).await, Outcome::Done(false));
    let both = [ticket(9), ticket(9)].map(|change| Draft::Access { change, at: at(3) });
    assert_eq!(commit(&*store, both.to_vec()).await, [Outcome::Done(true), Outcome::Done(false)], "of one group");
    assert!(whole_log(&*store).await.is_empty(), "nobody needs to know");
}

pub(super) async fn what_has_ended_is_forgotten(open: Open) {
    let place = place();
    let store = open(&place).await;
    store.create_account(&account("ann")).await.unwrap();
    store.begin_sign_in(&sign_in("ann", "ended", 1)).await.unwrap();
    store.begin_sign_in(&sign_in("ann", "lasts", 700)).await.unwrap();
    let ticket = |number| AccessChange::Redeem(TicketId(uuid::Uuid::from_u128(number)));
    change(&*store, 1, ticket(1)).await;
    change(&*store, 200, ticket(2)).await;
    retention::trim(&*store, retention::KEEP, at(705)).await;
    assert!(shown(&*store, "ended").await.is_none() && shown(&*store, "lasts").await.is_some());
    assert_eq!(change(&*store, 706, ticket(1)).await, Outcome::Done(true), "no longer remembered");
    assert_eq!(change(&*store, 706, ticket(2)).await, Outcome::Done(false));
}
