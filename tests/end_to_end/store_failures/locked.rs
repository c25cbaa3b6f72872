//! Another process holds the database.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use reqwest::Method;
use serde_json::json;

use crate::support::{Server, json as answer_json};

/// A process that holds the write lock, as a careless backup would.
struct Lock(Child);

impl Lock {
    /// `None`: there is no program here that could.
    fn take(database: &Path) -> Option<Self> {
        let python = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],isolation_level=None); \
                      c.execute('BEGIN EXCLUSIVE'); print('held',flush=True); sys.stdin.read()";
        let shell = "BEGIN EXCLUSIVE;\nSELECT 'held';\n";
        for (program, args, input) in [("sqlite3", vec!["-batch"], shell), ("python3", vec!["-c", python], "")] {
            let mut command = Command::new(program);
            command.args(args).arg(database).stdin(Stdio::piped()).stdout(Stdio::piped());
            let Ok(mut child) = command.spawn() else { continue };
            let _ = child.stdin.as_mut().unwrap().write_all(input.as_bytes());
            let mut line = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
            let lock = Self(child);
            if line.trim() == "held" {
                return Some(lock);
            }
        }
        None
    }
}

impl Drop for Lock {
    /// What it began is rolled back.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn while_another_process_holds_the_database_reading_goes_on() {
    let server = Server::start_apart(&[("TIDINGS_HEARTBEAT_SECONDS", "1")]).await;
    let kept = server.notify(json!({"user": "ann"}), "before").await;
    let mut stream = server.stream("ann", "?ping=true", None).await;
    stream.ready().await;
    let Some(lock) = Lock::take(&server.folder().join("log.db")) else {
        return eprintln!("store failures: skipped: neither sqlite3 nor python3 is here to hold the database");
    };

    let publish = |key: &str| {
        let request = server.as_admin(Method::POST, "/admin/notifications").header("idempotency-key", key);
        request.json(&json!({"to": {"user": "ann"}, "title": key})).send()
    };
    let begun = Instant::now();
    for answer in futures_util::future::join_all(["a", "b", "c"].map(publish)).await {
        let answer = answer.unwrap();
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(answer_json(answer, 503).await["code"], "unavailable");
    }
    eprintln!("store failures: what could not be stored was refused after {:?}", begun.elapsed());
    let id = kept["id"].as_str().unwrap();
    let mark = server.as_user("ann", Method::PATCH, &format!("/notifications/{id}")).json(&json!({"read": true}));
    assert_eq!(answer_json(mark.send().await.unwrap(), 503).await["code"], "unavailable");

    // Readers go on: lists, streams that are open, and streams that are opened.
    assert_eq!(server.get("ann", "/notifications").await["unread"], 1);
    assert_eq!(stream.event().await.name, "ping", "nothing but heartbeats");
    let mut another = server.stream("ann", "", None).await;
    assert_eq!(another.ready().await[0].title(), "before");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.plain(Method::GET, path).send().await.unwrap().status(), 200, "{path}");
    }
    // Whoever is not known yet cannot be made known.
    let stranger = server.as_user("stranger", Method::GET, "/inbox").send().await.unwrap();
    assert_eq!(answer_json(stranger, 503).await["code"], "unavailable");

    drop(lock);
    let freed = Instant::now();
    answer_json(publish("a").await.unwrap(), 201).await;
    let event = loop {
        let event = stream.event().await;
        if event.name != "ping" {
            break event;
        }
    };
    eprintln!("store failures: it was free, and {:?} later a notification had arrived", freed.elapsed());
    assert_eq!(
        (event.title().as_str(), &event.json()["seq"]),
        ("a", &json!(2)),
        "of what was refused nothing was stored"
    );
    assert_eq!(server.get("ann", "/inbox").await["unread"], 2);
    assert_eq!(server.get("stranger", "/inbox").await["unread"], 0);
    server.change("ann", Method::PATCH, &format!("/notifications/{id}"), json!({"read": true})).await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
