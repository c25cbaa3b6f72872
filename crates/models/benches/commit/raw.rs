//! The floor: the rows of a group, written by rusqlite in one transaction, a prepared statement for each row.

use std::{collections::HashMap, path::Path};

use rusqlite::{Connection, params};

use tidings_models::Store as _;

use crate::{GROUPS, Lines, common};

pub(crate) fn of_raw(lines: &Lines, path: &Path, runtime: &tokio::runtime::Runtime) {
    runtime.block_on(async {
        let store = common::open(path).await;
        store.close().await; // for its structure
    });
    let mut database = Connection::open(path).unwrap();
    // As the store has it.
    let pragmas = ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"];
    let tuned = ["temp_store = MEMORY", "wal_autocheckpoint = 4000", "cache_size = -16384"];
    for pragma in pragmas.iter().chain(&tuned) {
        database.execute_batch(&format!("PRAGMA {pragma}")).unwrap();
    }
    let (mut seqs, mut next) = (HashMap::new(), 0);
    for _ in (0..common::USERS).step_by(250) {
        write(&mut database, &mut seqs, &mut next, 250);
    }
    for group in GROUPS {
        let mut line = lines.line("raw", group);
        while line.goes_on() {
            write(&mut database, &mut seqs, &mut next, group);
        }
    }
}

fn write(database: &mut Connection, seqs: &mut HashMap<String, i64>, next: &mut usize, group: usize) {
    let at = common::now().as_millis();
    let tx = database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let prepare = |sql: &str| tx.prepare_cached(sql).unwrap();
    let mut position: i64 = prepare("SELECT position FROM head").query_row([], |row| row.get(0)).unwrap();
    let start = position;
    for _ in 0..group {
        *next += 1;
        position += 1;
        let (user, notification) = (common::user(*next), common::notification());
        let (audience, json) = (format!("user:{user}"), serde_json::to_string(&notification).unwrap());
        let id = *notification.id.as_uuid().as_bytes();
        prepare("INSERT INTO recipients (user_id, known_from, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .execute(params![user.as_str(), start, at])
            .unwrap();
        let seq = seqs.entry(audience.clone()).or_default(); // which the store keeps in memory as well
        *seq += 1;
        prepare("INSERT INTO payloads (id, json) VALUES (?, ?)").execute(params![position, json]).unwrap();
        prepare("INSERT INTO notifications (id, payload, level, category, created_at) VALUES (?, ?, ?, ?, ?)")
            .execute(params![id, position, "error", "builds", at])
            .unwrap();
        prepare("INSERT INTO entries (audience, position, seq, notification) VALUES (?, ?, ?, ?)")
            .execute(params![audience, position, *seq, id])
            .unwrap();
        prepare(
            "INSERT INTO events (position, audience, seq, kind, payload, unread, unseen, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .execute(params![position, audience, *seq, "notification", position, 1, 1, at])
        .unwrap();
    }
    prepare("UPDATE head SET position = ?").execute([position]).unwrap();
    tx.commit().unwrap();
}
