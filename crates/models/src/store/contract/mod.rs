//! What every store must do, whatever database is behind it. One suite: [`suite!`] runs it against a
//! way to open a store. Another database joins by one more word at the end of this file.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use super::{PostgresStore, SqliteStore, *};
use crate::*;

mod access;
mod admin;
mod batch;
mod connections;
mod copy;
mod histories;
mod inbox;
mod log;
mod migrations;
mod nodes;
mod people;
mod preferences;
mod retention;
pub(super) mod server;
mod shared;
mod topics;

/// A database of its own for one test, which can be closed and opened again.
struct Place {
    folder: tempfile::TempDir,
    /// The URL, on PostgreSQL.
    database: OnceLock<String>,
}

type Opened<'a> = Pin<Box<dyn Future<Output = Arc<dyn Store>> + 'a>>;
type Open = for<'a> fn(&'a Place) -> Opened<'a>;

fn sqlite(place: &Place) -> Opened<'_> {
    Box::pin(async {
        let url = format!("sqlite://{}/log.db", place.folder.path().display());
        Arc::new(SqliteStore::open(&url, at(0), &SystemRandom).await.unwrap()) as Arc<dyn Store>
    })
}

fn postgres(place: &Place) -> Opened<'_> {
    Box::pin(async {
        let url = place.database.get_or_init(server::database);
        Arc::new(PostgresStore::open(url, at(0), &SystemRandom).await.unwrap()) as Arc<dyn Store>
    })
}

fn place() -> Place {
    Place { folder: tempfile::tempdir().unwrap(), database: OnceLock::new() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + second * 1000)
}

fn pos(value: i64) -> Position {
    Position::new(value).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

fn plain(title: &str) -> Notification {
    serde_json::from_value(serde_json::json!({
        "id": NotificationId::new(at(1), &SystemRandom).to_string(), "title": title,
        "level": "info", "critical": false, "created_at": at(1),
    }))
    .unwrap()
}

fn notify(to: Recipients, title: &str) -> Draft {
    Draft::Notify { notification: Box::new(plain(title)), to, key: None, deliver_at: None }
}

fn to(name: &str) -> Recipients {
    Recipients::User(user(name))
}

fn topic(name: &str) -> Topic {
    Topic { name: TopicName::parse(name).unwrap(), title: None, open: true, created_at: at(0) }
}

const READ: Flags =
    Flags { seen: None, read: Some(true), acted: None, archived: None, snoozed_until: None, deleted: None };

const ACTED: Flags = Flags { read: None, acted: Some(true), ..READ };

fn mark(name: &str, mark: Mark) -> Draft {
    Draft::Mark { user: user(name), mark, key: None, at: at(2) }
}

async fn commit(store: &dyn Store, drafts: Vec<Draft>) -> Vec<Outcome> {
    store.commit(drafts).await.unwrap().outcomes
}

async fn one(store: &dyn Store, draft: Draft) -> Outcome {
    commit(store, vec![draft]).await.remove(0)
}

async fn send(store: &dyn Store, recipients: Recipients, title: &str) -> NotificationId {
    match one(store, notify(recipients, title)).await {
        Outcome::Stored(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn meet(store: &dyn Store, name: &str) {
    let outcome = one(store, Draft::Meet { user: user(name), at: at(0) }).await;
    assert_eq!(outcome, Outcome::Met);
}

async fn inbox(store: &dyn Store, name: &str, state: InboxState) -> Vec<String> {
    let page = store.inbox(&user(name), &InboxQuery::newest(state, 100)).await.unwrap().unwrap();
    page.items.into_iter().map(|item| item.notification.title).collect()
}

async fn counts(store: &dyn Store, name: &str) -> (i64, i64) {
    let page = store.inbox(&user(name), &InboxQuery::counts()).await.unwrap().unwrap();
    (page.counts.unread, page.counts.unseen)
}

async fn whole_log(store: &dyn Store) -> Vec<Event> {
    store.read_log(Position::START, 100_000).await.unwrap()
}

macro_rules! suite {
    ($database:ident: $($noun:ident::$test:ident)*) => {
        mod $database {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$noun::$test(super::$database).await;
            })*
        }
    };
}

macro_rules! suites {
    ($($database:ident)*) => {
        $(suite!($database:
            log::a_commit_gives_what_the_log_gained
            log::the_log_is_dense_under_concurrent_writers
            log::processes_take_turns_with_one_log
            log::a_notification_comes_back_as_it_was_given
            log::many_recipients_share_one_notification
            inbox::everyone_is_who_was_known
            log::replay_gives_a_users_own_in_order_and_in_pages
            inbox::marks_by_id
            inbox::who_acts_on_something_has_read_it
            inbox::a_watermark_leaves_what_came_later
            inbox::lists_are_paged_and_filtered
            log::a_key_has_one_effect
            log::a_key_has_one_signal
            log::a_key_has_one_mark
            log::what_a_later_version_wrote_is_not_passed_over
            batch::all_or_none
            batch::what_is_refused_leaves_nothing_and_others_as_they_were
            batch::keys_of_a_batch_that_was_refused_are_free
            batch::each_refusal_is_told
            retention::what_is_too_old_or_too_much_leaves_the_log
            retention::seqs_go_on_after_what_told_them_is_gone
            retention::an_inbox_keeps_what_the_log_keeps
            retention::what_leaves_an_inbox_is_told_and_uncounted
            retention::a_key_goes_with_what_it_made
            retention::a_key_goes_with_the_signal_that_it_made
            inbox::what_is_deleted_is_gone_for_its_user_alone
            topics::members_have_what_came_while_they_were
            topics::who_left_hears_of_what_they_had
            topics::what_left_no_trace_in_an_inbox_is_replayed_all_the_same
            topics::topics_come_in_pages
            topics::an_audience_has_a_size
            topics::membership_is_counted_bounded_and_forgotten_when_it_was_for_nothing
            admin::a_correction_changes_all_copies_and_keeps_what_was
            admin::what_is_retracted_is_nowhere_and_not_forgotten
            admin::what_was_replaced_says_by_what
            admin::what_is_scheduled_is_made_once_at_its_time
            admin::what_is_due_at_one_moment_has_an_order
            admin::what_was_sent_is_listed_newest_first
            preferences::what_is_muted_comes_and_is_not_counted
            preferences::text_is_found_in_titles_and_bodies
            connections::one_interval_of_a_stream_says_it_all
            connections::what_left_an_inbox_says_how
            connections::the_reach_of_a_broadcast_counts_those_it_was_for
            connections::old_streams_are_forgotten_and_that_is_known
            people::what_is_kept_of_a_person_can_be_had
            people::who_is_erased_was_never_there
            people::who_comes_back_after_that_is_new
            access::accounts_are_kept
            access::a_sign_in_is_known_by_its_secret_and_refreshed_once
            access::what_is_taken_away_is_told_to_every_node
            access::a_user_has_so_many_sign_ins
            access::a_key_is_good_until_it_is_revoked
            access::a_ticket_is_used_once
            access::what_has_ended_is_forgotten
            nodes::nodes_know_of_each_other
            nodes::streams_are_counted_wherever_they_are
            nodes::users_of_an_audience_are_counted_once
            nodes::whispers_reach_the_other_nodes
            log::everything_outlives_the_process
            shared::processes_that_write_at_once_make_one_log
            shared::what_is_due_happens_once_whoever_asks
            shared::who_gives_up_a_read_leaves_nobody_in_the_past
            histories::counts_are_right_over_random_histories
        );)*
    };
}

suites!(sqlite postgres);
