//! `tidings doctor`.

use std::process::{Command, Output};

use tidings_models::{Clock as _, SystemClock};

use super::*;
use crate::{
    postgres::cluster::Cluster,
    support::{Authority, Proxy},
};

/// What it finds of each part: how that is, and in which words.
type Findings = BTreeMap<String, (String, String)>;

/// Has it look, and gives its exit code. In JSON and in lines it says the same.
fn look(mut command: impl FnMut(&[&str]) -> Command) -> (Option<i32>, Findings) {
    let Output { status, stdout, stderr } = command(&["doctor", "--json"]).output().unwrap();
    let said: Value =
        serde_json::from_slice(&stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&stderr)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = said["findings"].as_array().unwrap();
    let findings: Findings = findings
        .iter()
        .map(|finding| (text(&finding["part"]), (text(&finding["state"]), text(&finding["says"]))))
        .collect();
    let wrong = findings.values().filter(|(state, _)| state == "wrong").count();
    assert_eq!((said["ok"].as_bool(), status.code()), (Some(wrong == 0), Some(i32::from(wrong > 0))), "{said}");
    let lines = command(&["doctor"]).output().unwrap();
    let lines = String::from_utf8(lines.stdout).unwrap();
    assert_eq!((lines.lines().count(), lines.matches("WRONG").count()), (findings.len(), wrong), "{lines}");
    let whole = format!("{lines}{said}{}", String::from_utf8_lossy(&stderr));
    assert!(!whole.contains("planted"), "{whole}");
    (status.code(), findings)
}

fn is(findings: &Findings, part: &str, state: &str, words: &str) {
    let (its, says) = &findings[part];
    assert!(its == state && says.contains(words), "{part}: {its}: {says}");
}

/// The command, in the folder of a server, with its address and more.
fn beside<'a>(server: &'a Server, env: &'a [(&'a str, &'a str)]) -> impl FnMut(&[&str]) -> Command + 'a {
    move |args| {
        let mut command = server.command(args);
        command.env("TIDINGS_LISTEN", &server.address).envs(env.iter().copied());
        command
    }
}

#[tokio::test]
async fn of_an_installation_that_is_well_it_finds_nothing_wrong() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let (code, found) = look(beside(&server, &[("TIDINGS_CORS_ORIGINS", "https://app.example")]));
    assert_eq!(code, Some(0));
    assert!(found.values().all(|(state, _)| state == "fine" || state == "mind"), "{found:?}");
    is(&found, "database", "fine", "its log stands at 1");
    is(&found, "structure", "fine", "of this version");
    is(&found, "integrity", "fine", "nothing wrong");
    is(&found, "secret", "fine", "can be read");
    is(&found, "node", "fine", "it is ready");
    is(&found, "origins", "fine", "https://app.example");
    assert!(found.contains_key("disk") && found.contains_key("clock") && found.contains_key("open files"));
}

#[tokio::test]
async fn what_is_broken_in_a_file_is_said_and_nothing_is_changed() {
    let mut server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let authority = Authority::new();
    let ended = authority.expired();
    let env = [
        ("TIDINGS_TLS_CERT_FILE", &ended[..]),
        ("TIDINGS_TLS_KEY_FILE", &authority.path("key.pem")),
        ("TIDINGS_JWT_JWKS_URL", "http://127.0.0.1:9/keys?planted"),
        ("TIDINGS_BUS_URL", "redis://:planted@127.0.0.1:9"),
        ("TIDINGS_CORS_ORIGINS", "http://old.example"),
        ("TIDINGS_LISTN", "x"),
    ];
    server.terminate().await;
    let file = server.folder().join("log.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..8192].fill(7);
    std::fs::write(&file, &bytes).unwrap();
    let (code, found) = look(beside(&server, &env));
    assert_eq!(code, Some(1));
    is(&found, "settings", "mind", "Did you mean TIDINGS_LISTEN");
    is(&found, "bus", "wrong", "a file");
    is(&found, "public keys", "wrong", "http://127.0.0.1:9/keys: it cannot be reached");
    is(&found, "certificate", "wrong", "days ago");
    is(&found, "origins", "mind", "http://old.example");
    is(&found, "node", "mind", "None runs at");
    assert!(["database", "integrity"].iter().any(|part| found.get(*part).is_some_and(|(state, _)| state == "wrong")));
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "it only looks");

    server.remove_database();
    let (_, found) = look(beside(&server, &[]));
    is(&found, "database", "mind", "makes it when it starts");
    assert!(!file.exists());
}

/// What somebody with a clock that is wrong has written shows it to the others.
#[tokio::test]
async fn a_clock_that_is_ahead_is_found_by_the_log() {
    let server = Server::start().await;
    server.notify(json!({"user": "ann"}), "one").await;
    let later = SystemClock.now().plus_millis(600_000).as_millis();
    if crate::store_failures::sql(&server.folder().join("log.db"), &format!("UPDATE events SET created_at = {later}"))
        .is_none()
    {
        return eprintln!("doctor: skipped: neither sqlite3 nor python3 is here to set a clock in a database");
    }
    let (code, found) = look(beside(&server, &[]));
    assert_eq!(code, Some(1));
    is(&found, "clock", "wrong", "a clock is wrong, here or on another node");
}

#[tokio::test]
async fn on_postgresql_it_tells_what_is_out_of_reach() {
    let cluster = Cluster::start();
    cluster.named_database("tidings", "template0");
    let way = Proxy::to(cluster.socket());
    let url = format!("postgres://tidings:planted@{}/tidings", way.address());
    let server = Server::start_with(&[("TIDINGS_DATABASE_URL", &url), ("TIDINGS_BUS_URL", "postgres")]).await;
    server.notify(json!({"user": "ann"}), "one").await;
    let env = [("TIDINGS_DATABASE_URL", &url[..]), ("TIDINGS_BUS_URL", "postgres")];
    let (code, found) = look(beside(&server, &env));
    assert_eq!(code, Some(0), "{found:?}");
    is(&found, "database", "fine", "PostgreSQL");
    is(&found, "structure", "fine", "of this version");
    is(&found, "clock", "fine", "that of the database are 0.");
    is(&found, "bus", "fine", "there and back in");
    is(&found, "node", "fine", "it is ready");

    // A bus that is not there, beside a database that is.
    let (code, found) = look(beside(&server, &[env[0], ("TIDINGS_BUS_URL", "redis://:planted@127.0.0.1:9")]));
    assert_eq!(code, Some(1));
    is(&found, "bus", "wrong", "Redis does not ring");
    is(&found, "database", "fine", "answers");

    // A database that would have to be a primary.
    cluster.stand_by();
    let (code, found) = look(beside(&server, &env));
    assert_eq!(code, Some(1));
    is(&found, "database", "wrong", "it is a standby, which lags behind: name the primary");

    // Nothing answers any more, and nobody says so.
    way.pause();
    let (code, found) = look(beside(&server, &env));
    assert_eq!(code, Some(1));
    is(&found, "database", "wrong", "cannot be read");
    is(&found, "bus", "wrong", "does not ring");
    until("the node to know", || async { (ready(&server).await.0 == 503).then_some(()) }).await;
    is(&look(beside(&server, &env)).1, "node", "wrong", "database: does not answer");
}
