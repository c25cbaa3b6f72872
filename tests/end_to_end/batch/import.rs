//! `tidings import` and `tidings topic`.

use std::{
    io::Write as _,
    net::SocketAddr,
    process::{Output, Stdio},
};

use serde_json::json;
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
};

use super::{titles, to_ann, unread};
use crate::support::{Server, until};

/// Runs a command to its end.
async fn run(server: &Server, args: &[&str]) -> Output {
    let url = format!("http://{}", server.address);
    let mut command = server.command(args);
    command.env("TIDINGS_URL", url);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What it printed as its result, when it succeeded.
async fn succeeds(server: &Server, args: &[&str]) -> String {
    let Output { status, stdout, stderr } = run(server, args).await;
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn write(server: &Server, name: &str, lines: &[String]) -> String {
    let path = server.folder().join(name);
    std::fs::write(&path, lines.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_that_is_imported_twice_makes_nothing_twice() {
    let server = Server::start().await;
    let lines: Vec<_> = (0..1500).map(|i| to_ann(&i.to_string()).to_string()).collect();
    let file = write(&server, "many.ndjson", &lines);
    assert_eq!(succeeds(&server, &["import", &file]).await, "1500 stored, 0 were there already, 0 refused\n");
    assert_eq!(succeeds(&server, &["import", &file]).await, "0 stored, 1500 were there already, 0 refused\n");
    assert_eq!(unread(&server).await, 1500);
    let expected: Vec<_> = (1300..1500).map(|i: i32| i.to_string()).collect();
    assert_eq!(titles(&server).await, expected, "in the order of the file");
    // Another file with the same lines is another import; keys of one's own hold over all files.
    let own = json!({"to": {"user": "ann"}, "title": "own", "idempotency_key": "own"}).to_string();
    let other = write(&server, "other.ndjson", &[lines[0].clone(), own.clone()]);
    assert_eq!(succeeds(&server, &["import", &other]).await, "2 stored, 0 were there already, 0 refused\n");
    let third = write(&server, "third.ndjson", &[own]);
    assert_eq!(succeeds(&server, &["import", &third]).await, "0 stored, 1 were there already, 0 refused\n");
}

/// A way to a server that goes dead after so many bytes. Whoever calls through it waits for ever.
async fn dead_after(server: &Server, bytes: u64) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (here, there) = (listener.local_addr().unwrap(), server.address.clone());
    tokio::spawn(async move {
        let (caller, _) = listener.accept().await.unwrap();
        let (from_caller, mut to_caller) = caller.into_split();
        let (mut from_server, mut to_server) = TcpStream::connect(there).await.unwrap().into_split();
        let answering = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_caller).await });
        let _ = tokio::io::copy(&mut from_caller.take(bytes), &mut to_server).await;
        let _ = answering.await; // which ends with the server
    });
    here
}

#[tokio::test]
async fn an_import_that_was_interrupted_goes_on() {
    const LINES: i64 = 3500;
    let server = Server::start().await;
    let lines: Vec<_> = (0..LINES).map(|i| to_ann(&i.to_string()).to_string()).collect();
    let file = write(&server, "many.ndjson", &lines);
    // With their keys the lines are longer: in the middle of the third of four batches.
    let way = dead_after(&server, 2500 * (lines[0].len() as u64 + 80)).await;
    let mut command = server.command(&["import", &file]);
    command.env("TIDINGS_URL", format!("http://{way}")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut first = command.spawn().unwrap();
    until("two batches", || async { (unread(&server).await == 2000).then_some(()) }).await;
    first.kill().unwrap();
    first.wait().unwrap();

    let told = succeeds(&server, &["import", &file]).await;
    assert_eq!(told, "1500 stored, 2000 were there already, 0 refused\n");
    assert_eq!(unread(&server).await, LINES);
}

#[tokio::test]
async fn lines_that_are_refused_are_told_with_their_numbers() {
    let server = Server::start().await;
    let mut lines =
        vec![to_ann("1").to_string(), String::new(), r#"{"to": {"user": "ann"}"#.into(), to_ann("4").to_string()];
    lines.push(json!({"to": {"user": "ann"}, "title": ""}).to_string());
    lines.push("x".repeat(5 * 1024 * 1024));
    lines.push(to_ann("7").to_string());
    let file = write(&server, "some.ndjson", &lines);
    let Output { status, stdout, stderr } = run(&server, &["import", &file]).await;
    assert_eq!(status.code(), Some(1));
    assert_eq!(String::from_utf8(stdout).unwrap(), "3 stored, 0 were there already, 3 refused\n");
    let told = String::from_utf8(stderr).unwrap();
    let told: Vec<_> = told.lines().collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].starts_with("line 3: Invalid JSON: "), "{told:?}");
    assert!(told[1].starts_with("line 5: Invalid title: title: "), "{told:?}");
    assert!(told[2].starts_with("line 6: longer than "), "{told:?}");
    assert_eq!(told[3], "tidings: 3 lines were refused.");
    assert_eq!(titles(&server).await, ["1", "4", "7"]);
}

/// A server that restarts in the middle is waited for, and nothing is lost or made twice.
#[tokio::test]
async fn a_server_that_is_away_for_a_moment_is_waited_for() {
    let mut server = Server::start_apart(&[]).await;
    let file = write(&server, "one.ndjson", &[to_ann("x").to_string()]);
    let mut command = server.command(&["import", &file]);
    command.env("TIDINGS_URL", format!("http://{}", server.address));
    server.kill();
    let importing = tokio::task::spawn_blocking(move || command.output().unwrap());
    let server = server.start_again().await;
    let output = importing.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(unread(&server).await, 1);
}

#[tokio::test]
async fn standard_input_is_a_file_too() {
    let server = Server::start().await;
    for (stored, repeated) in [(1, 0), (0, 1)] {
        let mut command = server.command(&["import", "-"]);
        command.env("TIDINGS_URL", format!("http://{}", server.address));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(to_ann("piped").to_string().as_bytes()).unwrap();
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        let told = format!("{stored} stored, {repeated} were there already, 0 refused\n");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), told);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "no bar where there is no terminal");
    }
    let Output { status, stderr, .. } = run(&server, &["import", "nowhere.ndjson"]).await;
    assert!(!status.success() && String::from_utf8_lossy(&stderr).contains("nowhere.ndjson"));
}

#[tokio::test]
async fn topics_from_the_terminal() {
    let server = Server::start().await;
    succeeds(&server, &["topic", "put", "deploys", "--title", "Deploys", "--open"]).await;
    succeeds(&server, &["topic", "put", "on-call"]).await;
    succeeds(&server, &["topic", "add", "on-call", "ann", "a/b ?#%2F", "张伟"]).await;
    let list = succeeds(&server, &["topic", "list"]).await;
    let rows: Vec<Vec<_>> = list.lines().map(|line| line.split_whitespace().collect()).collect();
    let expected: [&[&str]; 3] =
        [&["TOPIC", "MEMBERS", "JOINING", "TITLE"], &["deploys", "0", "open", "Deploys"], &["on-call", "3", "managed"]];
    assert_eq!(rows, expected);
    assert_eq!(succeeds(&server, &["topic", "members", "on-call"]).await, "a/b ?#%2F\nann\n张伟\n");

    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    succeeds(&server, &["send", "--topic", "on-call", "--title", "wake up", "--group-key", "g"]).await;
    let event = stream.up_to("notification").await.pop().unwrap().json();
    assert_eq!((&event["audience"], &event["payload"]["group_key"]), (&json!("topic:on-call"), &json!("g")));

    let Output { status, stderr, .. } = run(&server, &["topic", "remove", "on-call"]).await;
    assert!(!status.success() && String::from_utf8_lossy(&stderr).contains("members"));
    succeeds(&server, &["topic", "drop", "on-call", "ann", "a/b ?#%2F", "张伟"]).await;
    assert_eq!(succeeds(&server, &["topic", "members", "on-call"]).await, "");
    succeeds(&server, &["topic", "remove", "on-call"]).await;
    assert!(!run(&server, &["topic", "members", "on-call"]).await.status.success(), "it is gone");

    let names: Vec<_> = (0..1200).map(|i| format!("u{i:04}")).collect();
    let add: Vec<_> = ["topic", "add", "deploys"].into_iter().chain(names.iter().map(String::as_str)).collect();
    succeeds(&server, &add).await;
    let members = succeeds(&server, &["topic", "members", "deploys"]).await;
    assert_eq!(members.lines().collect::<Vec<_>>(), names, "page by page");
}
