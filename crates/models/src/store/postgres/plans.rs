//! How PostgreSQL goes about what is asked for all the time: by an index, with a condition that it searches by. Its
//! planner weighs sizes, so which index it takes is its own affair; here it is only seen that there is one for each.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Row as _};

use super::{PostgresStore, shared::sql};
use crate::{Draft, Log as _, SystemRandom, Timestamp, UserId, store::contract::server::database};

const HOT: &[&str] = &[
    "HEAD_AND_SEQS",
    "KEYS",
    "LOG",
    "REPLAY",
    "RECIPIENT",
    "MUTES",
    "INBOX",
    "INBOX_ITEM",
    "TAKEN_BACK",
    "STATE",
    "STATES",
    "PLACES_OF",
    "ANY_ENTRY",
    "ANY_EVENT",
    "UNREAD_UNSEEN",
    "CLEAR_RECEIPTS",
    "NOTIFICATION",
    "NOTIFICATIONS",
    "SCHEDULED_LIST",
    "ANY_DUE",
    "DUE_TO_DELIVER",
    "DUE_TO_EXPIRE",
    "DUE_TO_WAKE",
    "OF_GROUP",
    "ENTRIES",
    "FORMER_MEMBERS",
    "DROP_RECEIPTS",
    "TRIM_EVENTS",
    "TRIM_OTHER_EVENTS",
    "TOPICS",
    "TOPICS_OF",
    "MEMBERS",
    "IS_MEMBER",
    "DELIVERY",
    "RECEIPTS_AT",
    "CONNECTIONS_OF",
    "CONNECTIONS_UP_TO",
    "TRIM_CONNECTIONS",
    "RECEIPTS",
    "PLACES_OF_AUDIENCE",
    "ACCOUNT",
    "ACCOUNTS",
    "SIGN_IN",
    "SIGN_IN_BY_FORMER",
    "API_KEY",
    "TRIM_SIGN_INS",
    "TRIM_TICKETS",
];

/// What is read in the order that its index has: who takes some of a million does not sort the million each time.
const IN_ORDER: &[&str] = &["SCHEDULED_LIST", "DUE_TO_DELIVER", "DUE_TO_EXPIRE", "DUE_TO_WAKE"];

/// What goes by an index without searching in it, and what ends that.
const WALKS: &[(&str, &str, &str)] = &[];

#[tokio::test]
async fn what_is_asked_for_all_the_time_is_found_by_an_index() {
    let store = PostgresStore::open(&database(), Timestamp::from_millis(0), &SystemRandom).await.unwrap();
    let meet = |i: i32| Draft::Meet { user: UserId::parse(&i.to_string()).unwrap(), at: Timestamp::from_millis(0) };
    store.commit((0..1000).map(meet).collect()).await.unwrap();
    let mut connection = store.readers.acquire().await.unwrap();
    // Tables are so small here that it would rather read them from end to end.
    let settings = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
                    SET plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(settings).execute(&mut *connection).await.unwrap();
    let statements = sql::every();
    let mut wrong = Vec::new();
    for name in HOT {
        let (_, statement) = statements.iter().find(|(of, _)| of == name).unwrap();
        let plan = plan(&mut connection, name, statement).await;
        let mut searches = 0;
        each(&plan, &mut |node| {
            let (how, table) = (text(node, "Node Type"), text(node, "Relation Name"));
            if how.ends_with("Sort") && IN_ORDER.contains(name) {
                wrong.push(format!("{name}: {how}"));
            }
            let walks = how == "Seq Scan" || (how.starts_with("Index") && node.get("Index Cond").is_none());
            searches += u32::from(node.get("Index Cond").is_some());
            let excused = table == "head" || WALKS.iter().any(|(of, what, _)| (of, *what) == (name, table));
            if walks && !excused {
                wrong.push(format!("{name}: {how} of {table}"));
            }
        });
        assert!(searches > 0, "{name} searches nothing: {plan:#}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a statement does, whatever it is given.
async fn plan(connection: &mut PgConnection, name: &str, statement: &str) -> Value {
    let given = (1..100).take_while(|number| statement.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; given].join(", ");
    let given = if given == 0 { String::new() } else { format!("({nulls})") };
    let prepare = AssertSqlSafe(format!("PREPARE {name} AS {statement}"));
    connection.execute(sqlx::raw_sql(prepare)).await.unwrap();
    let explain = AssertSqlSafe(format!("EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE {name} {given}"));
    let row = connection.fetch_one(sqlx::raw_sql(explain)).await.unwrap();
    serde_json::from_str(&row.try_get_unchecked::<String, _>(0).unwrap()).unwrap()
}

/// Looks at each step of a plan.
fn each(plan: &Value, look: &mut impl FnMut(&Value)) {
    match plan {
        Value::Array(steps) => {
            for step in steps {
                each(step, look);
            }
        }
        Value::Object(members) => {
            look(plan);
            for member in members.values() {
                each(member, look);
            }
        }
        _ => {}
    }
}

fn text<'a>(node: &'a Value, name: &str) -> &'a str {
    node.get(name).and_then(Value::as_str).unwrap_or_default()
}
