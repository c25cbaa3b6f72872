//! Readers that stall in the middle of a replay from the database hold nothing open there.

use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{LARGE, send_large, unread};
use crate::support::{Server, alone, until};

const STALLED: usize = 100;
/// One for so many users is so many entries of the log: two of these push everything else out of the
/// memory that replays are served from.
const USERS: usize = 1000;
/// Sent while they are stalled: what they would keep in the log, if one of them held an old snapshot.
const WRITES: usize = 3000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_log_stays_small_under_stalled_readers() {
    let _turn = alone().await;
    let settings = [("TIDINGS_STREAMS_PER_USER", "1000"), ("TIDINGS_STALL_SECONDS", "600")];
    let server = Server::start_with(&settings).await;
    let start = server.get("ann", "/inbox").await["cursor"].as_str().unwrap().to_owned();
    for i in 0..100 {
        send_large(&server, &json!({"user": "ann"}), &i.to_string()).await;
    }
    let users: Vec<_> = (0..USERS).map(|i| format!("other-{i}")).collect();
    for _ in 0..2 {
        send_large(&server, &json!({"users": users}), "to many").await;
    }

    let stalled: Vec<_> =
        stream::iter(0..STALLED).map(|_| unread(&server, "ann", Some(&start))).buffer_unordered(20).collect().await;
    until("all are stalled", || async { (server.overview().await["streams"] == STALLED).then_some(()) }).await;

    let mut largest = 0;
    let server = &server;
    let mut writes = stream::iter(0..WRITES)
        .map(|i| async move { send_large(server, &json!({"user": "bob"}), &i.to_string()).await })
        .buffer_unordered(16);
    while writes.next().await.is_some() {
        let size = std::fs::metadata(server.folder().join("log.db-wal")).map_or(0, |file| file.len());
        largest = largest.max(size);
    }
    let written = (WRITES * LARGE) as u64;
    eprintln!("slow readers: {written} bytes written under {STALLED} stalled replays; the WAL took at most {largest}");
    // A checkpoint begins at 16 MB (`WORTHWHILE_PAGES` of the store), and takes all of the log, which then begins anew. A
    // request that reads for longer than it waits, as on a busy machine, puts that off until the next one. Who holds a
    // snapshot for good would put off all of them: then there is at least what was written.
    assert!(largest < written, "the WAL took {largest} bytes, and {written} were written: it never began anew");
    drop(stalled);
}
