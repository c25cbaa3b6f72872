//! How SQLite goes about the statements: what is asked for costs as much as it finds, however much else there is.
//!
//! A store never has its tables counted (`ANALYZE`), so what is planned here for a small one is planned for one of any
//! size.

use std::collections::BTreeSet;

use super::{SqliteStore, sql};
use crate::{
    Draft, SystemRandom, Timestamp, UserId,
    store::{Log as _, Store as _},
};

/// What goes through something from its beginning, and what ends that.
const SCANS: &[(&str, &str, &str)] = &[
    ("EPOCHS", "epochs", "one row for each time that a copy was put back; read at start"),
    ("REVOCATIONS", "revocations", "all are asked for, at start"),
    ("ADD_API_KEY", "api_keys", "a thousand that are good, and those that were in three months"),
    ("TRIM_API_KEYS", "api_keys", "the same, once a minute"),
    ("TRIM_PAYLOADS", "events", "the first event alone"),
    ("NEWEST_KEPT", "notifications", "as many as are kept, once a minute"),
    (
        "FIRST_KEPT_CONNECTION",
        "connections USING COVERING INDEX connections_by_age",
        "as many as are kept, once a minute",
    ),
    ("REACH", "connections USING INDEX connections_by_age", "the newest, so many at most"),
    ("REACH", "newest", "these"),
    ("REACH", "c", "these"),
    ("STORED", "notifications USING COVERING INDEX notifications_of_payload", "nobody counts further than so far"),
    ("STORED", "scheduled USING COVERING INDEX scheduled_by_time", "the same"),
    ("STORED", "recipients", "the same"),
    ("STORED", "topics", "the same"),
    ("MOVE", "moves", "as many as there are copies"),
    ("DROP_MOVES_AWAY", "moves", "the same"),
    ("NODES", "nodes", "as many as there are nodes"),
    ("ERASE_WHISPERS", "whispers", "those of a minute"),
    ("PRESENT_MEMBERS", "s USING COVERING INDEX open_streams_of_user", "the same as PRESENT"),
    ("PRESENT", "open_streams USING COVERING INDEX open_streams_of_user", "all are counted, when an admin asks"),
    ("SCHEDULED_FOR", "s", "recipients of what is scheduled are no rows; only for somebody who is removed"),
];

/// What sorts what it found, and why that is little.
const SORTS: &[(&str, &str)] = &[
    ("HEAD_AND_SEQS", "audiences of one group"),
    ("PLACES", "places of one notification"),
    ("ENTRIES", "places of one notification"),
    ("DELIVERY", "places of one notification"),
    ("KEEP_SEQS", "events of one step"),
    ("FORMER_MEMBERS", "users who are told of it"),
    ("REACH", "streams, so many at most"),
    ("CONTENTS_AT", "contents of one step"),
    ("DROP_MORE_SIGN_INS", "sign-ins of one user, of whom there are so many at most"),
    ("SIGN_INS_OF", "the same"),
    ("NODES", "as many as there are nodes"),
    ("PRESENT", "never asked of a file, which is of one node; PostgreSQL goes along the index"),
];

/// How what is asked for all the time finds its rows.
const SEARCHES: &[(&str, &[&str])] = &[
    ("LOG", &["e USING INTEGER PRIMARY KEY (rowid>?)"]),
    // Other people's events are not passed over.
    (
        "REPLAY",
        &[
            "entries USING PRIMARY KEY (audience=? AND position>? AND position<?)",
            "other_events USING PRIMARY KEY (audience=? AND position>? AND position<?)",
            "e USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    // Whatever part of a list is wanted: state, topic, category, level, what is searched for. Newest first without
    // sorting, so it ends when the page is full.
    (
        "INBOX",
        &[
            "e USING PRIMARY KEY (audience=? AND position>? AND position<?)",
            "r USING PRIMARY KEY (user_id=? AND position=?) LEFT-JOIN",
            "x USING PRIMARY KEY (id=?)",
            "p USING INTEGER PRIMARY KEY (rowid=?)",
            "m USING PRIMARY KEY (user_id=?)",
        ],
    ),
    ("TAKEN_BACK", &["receipts USING PRIMARY KEY (user_id=? AND position<?)"]),
    (
        "INBOX_ITEM",
        &["e USING INDEX entries_of_notification (notification=? AND audience=? AND position>? AND position<?)"],
    ),
    // Counts: what is above the watermarks, and the receipts below. Also what opening a stream begins with.
    (
        "STATE",
        &[
            "r USING PRIMARY KEY (user_id=? AND position<?)",
            "e USING PRIMARY KEY (audience=? AND position>? AND position<?)",
            "s USING PRIMARY KEY (user_id=?)",
            "subscriptions USING PRIMARY KEY (user_id=?)",
            "mutes USING PRIMARY KEY (user_id=?)",
        ],
    ),
    (
        "STATES",
        &[
            "u USING PRIMARY KEY (user_id=?)",
            "r USING PRIMARY KEY (user_id=? AND position<?)",
            "e USING PRIMARY KEY (audience=? AND position>?)",
            "s USING PRIMARY KEY (user_id=?)",
        ],
    ),
    ("PLACES_OF", &["e USING COVERING INDEX entries_of_notification (notification=?)"]),
    ("NOTIFICATIONS", &["n USING PRIMARY KEY (id<?)"]),
    ("SCHEDULED_LIST", &["scheduled USING COVERING INDEX scheduled_by_time ((due_at,id)>(?,?))"]),
    (
        "ANY_DUE",
        &[
            "scheduled USING COVERING INDEX scheduled_by_time (due_at<?)",
            "notifications USING INDEX notifications_to_expire (expires_at>? AND expires_at<?)",
            "receipts USING COVERING INDEX receipts_to_wake (snoozed_until>? AND snoozed_until<?)",
        ],
    ),
    ("DUE_TO_DELIVER", &["scheduled USING INDEX scheduled_by_time (due_at<?)"]),
    ("DUE_TO_EXPIRE", &["n USING INDEX notifications_to_expire (expires_at>? AND expires_at<?)"]),
    ("DUE_TO_WAKE", &["receipts USING INDEX receipts_to_wake (snoozed_until>? AND snoozed_until<?)"]),
    ("MEMBERS", &["subscriptions USING INDEX members (topic=? AND user_id>?)"]),
    ("DELIVERY", &["entries USING COVERING INDEX entries_of_notification (notification=?)"]),
    ("CONNECTIONS_UP_TO", &["connections USING INDEX connections_of_user (user_id=?)"]),
    ("CONNECTIONS_OF", &["connections USING INDEX connections_of_user (user_id=? AND opened_at>?)"]),
    ("RECEIPTS_AT", &["receipts USING INDEX receipts_of_entry (position=?)"]),
    ("RECEIPTS", &["r USING PRIMARY KEY (user_id=? AND position>?)"]),
    ("TOPICS", &["topics USING PRIMARY KEY (topic>?)"]),
    ("TOPICS_OF", &["t USING PRIMARY KEY (topic>?)"]),
    ("ACCOUNTS", &["accounts USING PRIMARY KEY (user_id>?)"]),
    ("SIGN_IN", &["s USING INDEX sign_ins_by_secret (secret=?)", "a USING PRIMARY KEY (user_id=?)"]),
    ("SIGN_IN_BY_FORMER", &["s USING INDEX sign_ins_by_former (former=?)", "a USING PRIMARY KEY (user_id=?)"]),
    ("API_KEY", &["api_keys USING INDEX api_keys_by_secret (secret=?)"]),
    ("TRIM_SIGN_INS", &["sign_ins USING COVERING INDEX sign_ins_by_end (expires_at<?)"]),
    ("TRIM_TICKETS", &["used_tickets USING COVERING INDEX used_tickets_by_age (used_at<?)"]),
    ("TRIM_CONNECTIONS", &["connections USING INDEX connections_by_age (opened_at<?)"]),
];

/// What each statement does, step by step.
async fn plans() -> Vec<(&'static str, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/log.db", folder.path().display());
    let open = async || SqliteStore::open(&url, Timestamp::from_millis(0), &SystemRandom).await.unwrap();
    let store = open().await;
    let meet = |i: i32| Draft::Meet { user: UserId::parse(&i.to_string()).unwrap(), at: Timestamp::from_millis(0) };
    store.commit((0..1000).map(meet).collect()).await.unwrap();
    store.close().await;
    let store = open().await;
    let counted = "SELECT COUNT(*) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'";
    let counted: i64 = sqlx::query_scalar(counted).fetch_one(&store.readers).await.unwrap();
    assert_eq!(counted, 0, "tables were counted: what is planned here may be planned otherwise elsewhere");
    let mut plans = Vec::new();
    for (name, statement) in sql::every() {
        let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained).fetch_all(&store.readers).await.unwrap();
        plans.push((name, plan.into_iter().map(|step| step.3).collect()));
    }
    plans
}

/// Whether a scan is of nothing that is kept: no row, an array that was given, or what another part found.
fn is_of_what_is_given(scanned: &str) -> bool {
    scanned == "CONSTANT ROW"
        || scanned.contains("VIRTUAL TABLE")
        || scanned.starts_with("(subquery-")
        || ["places", "below", "own", "shared", "joined", "counted", "oldest"].contains(&scanned)
}

#[tokio::test]
async fn nothing_is_searched_from_end_to_end() {
    let mut found = BTreeSet::new();
    for (name, plan) in plans().await {
        let scans = plan.iter().filter_map(|step| step.strip_prefix("SCAN "));
        for scanned in scans.filter(|scanned| !is_of_what_is_given(scanned)) {
            let known = SCANS.iter().any(|(of, what, _)| (*of, *what) == (name, scanned));
            assert!(known, "{name} goes through {scanned}: {plan:#?}");
            found.insert((name, scanned.to_owned()));
        }
    }
    assert_eq!(found.len(), SCANS.len(), "some that are excused do not: {found:#?}");
}

#[tokio::test]
async fn nothing_is_sorted_that_may_be_much() {
    let plans = plans().await;
    let sorts = |plan: &[String]| plan.iter().any(|step| step.contains("TEMP B-TREE"));
    let sorting: BTreeSet<_> = plans.iter().filter(|(_, plan)| sorts(plan)).map(|(name, _)| *name).collect();
    assert_eq!(sorting, SORTS.iter().map(|(name, _)| *name).collect());
}

#[tokio::test]
async fn what_is_asked_for_all_the_time_is_found_by_an_index() {
    let plans = plans().await;
    let mut missing = Vec::new();
    for (name, searches) in SEARCHES {
        let (_, plan) = plans.iter().find(|(of, _)| of == name).unwrap();
        let absent = |search: &&&str| !plan.contains(&format!("SEARCH {search}"));
        missing.extend(searches.iter().filter(absent).map(|search| (name, search, plan)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
