//! The disk is full, and then it is not.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use super::{mounted::Mounted, sql};
use crate::support::{Server, Stream, until};

/// Room for some hundred notifications beside what takes it away.
const MEBIBYTES: u32 = 12;
const BALLAST: usize = 6 * 1024 * 1024;

async fn publish(server: &Server, title: &str) -> (u16, Value) {
    let body = json!({"to": {"user": "ann"}, "title": title, "body": "b".repeat(8000), "data": "d".repeat(12_000)});
    let answer = server.as_admin(Method::POST, "/admin/notifications").json(&body).send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_full_disk_is_told_and_when_there_is_room_it_goes_on() {
    let Some(disk) = Mounted::of_size(MEBIBYTES) else {
        // A limit on the size of files (ulimit -f) is another error than that of a full disk.
        return eprintln!("store failures: skipped: only the administrator can make a disk that is full");
    };
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![b'x'; BALLAST]).unwrap();
    let database = disk.path().join("log.db");
    let url = format!("sqlite://{}", database.display());
    let settings = [("TIDINGS_DATABASE_URL", url.as_str()), ("TIDINGS_HEARTBEAT_SECONDS", "1")];
    let server = Server::start_apart(&settings).await;
    let mut stream = server.stream("ann", "?ping=true", None).await;
    stream.ready().await;

    let mut stored = 0;
    let refused = loop {
        match publish(&server, &stored.to_string()).await {
            (201, _) => stored += 1,
            (status, problem) => break (status, problem["code"].clone()),
        }
        assert!(stored < 10_000, "the disk is never full");
    };
    assert_eq!(refused, (507, json!("storage_full")), "after {stored} were stored");
    assert!(stored > 50, "{stored}");
    for i in 0..20 {
        let (status, _) = publish(&server, "too much").await;
        assert_ne!(status, 500, "attempt {i}");
        stored += usize::from(status == 201); // a smaller group may still fit into what a checkpoint freed
    }

    // Reading goes on: the list, a stream that is open, one that is opened, and what was sent before.
    assert_eq!(server.get("ann", "/inbox").await["unread"], stored);
    for i in 0..stored {
        let event = next(&mut stream).await;
        assert_eq!(event["seq"], json!(i + 1));
    }
    assert_eq!(stream.event().await.name, "ping");
    let cursor = server.get("ann", "/notifications?limit=20").await["items"][19]["cursor"].as_str().unwrap().to_owned();
    let mut another = server.stream("ann", "", Some(&cursor)).await;
    assert_eq!(another.ready().await.len(), 20);
    assert_eq!(server.plain(Method::GET, "/healthz").send().await.unwrap().status(), 200);

    fs::remove_file(&ballast).unwrap();
    let (status, _) =
        until("there is room", || async { Some(publish(&server, "room").await).filter(|(status, _)| *status == 201) })
            .await;
    assert_eq!(status, 201);
    let event = next(&mut stream).await;
    assert_eq!(
        (&event["payload"]["title"], &event["seq"]),
        (&json!("room"), &json!(stored + 1)),
        "live, without a restart"
    );
    for i in 0..50 {
        assert_eq!(publish(&server, &i.to_string()).await.0, 201, "{i}");
    }
    assert_eq!(server.get("ann", "/inbox").await["unread"], stored + 51);
    assert!(!server.log().contains("panicked"), "{}", server.log());
    match sql(&database, "PRAGMA integrity_check") {
        Some(verdict) => assert_eq!(verdict, "ok"),
        None => eprintln!("store failures: the file is not checked: neither sqlite3 nor python3 is here"),
    }
    eprintln!("store failures: the disk was full after {stored}");
}

/// The next event that is no heartbeat.
async fn next(stream: &mut Stream) -> Value {
    loop {
        let event = stream.event().await;
        if event.name != "ping" {
            return event.json();
        }
    }
}
