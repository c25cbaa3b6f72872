//! The command line.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn what_is_sent_from_the_terminal_arrives() {
    let server = Server::start().await;
    let url = format!("http://{}", server.address);
    let args = ["send", "--url", &url, "--to", "ann", "--title", "from the terminal", "--level", "success"];
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    let output = tokio::task::spawn_blocking({
        let mut command = server.command(&args);
        move || command.output().unwrap()
    })
    .await
    .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let event = stream.event().await.json();
    assert_eq!(
        (&event["payload"]["title"], &event["payload"]["level"]),
        (&json!("from the terminal"), &json!("success"))
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains(event["payload"]["id"].as_str().unwrap()), "{printed}");
}

/// A copy is made while the server goes on; put back, it is another life of the log: a client that
/// has seen what came after the copy is told so, and given the current state.
#[tokio::test]
async fn a_copy_that_is_put_back_resets_clients() {
    let mut server = Server::start().await;
    server.notify(json!({"user": "ann"}), "kept").await;
    let ran = |server: &Server, args: &[&str]| server.command(args).output().unwrap().status.success();
    assert!(ran(&server, &["backup", "copy.db"]));
    assert!(!ran(&server, &["backup", "copy.db"]), "nothing is overwritten");
    server.notify(json!({"user": "ann"}), "after the copy").await;
    let mut stream = server.stream("ann", "", None).await;
    let last = stream.ready().await.pop().unwrap().id.unwrap();
    assert!(!ran(&server, &["restore", "copy.db"]), "not over a database that is there");
    server.kill();
    server.remove_database();
    assert!(ran(&server, &["restore", "copy.db"]));
    let server = server.start_again().await;
    server.notify(json!({"user": "ann"}), "instead").await;
    let mut stream = server.stream("ann", "", Some(&last)).await;
    let reset = stream.event().await;
    assert_eq!((reset.name.as_str(), &reset.json()["reason"]), ("reset", &json!("epoch")));
    let titles: Vec<_> =
        reset.json()["notifications"].as_array().unwrap().iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, ["instead", "kept"]);
}

#[test]
fn a_wrong_setting_is_named() {
    let run = |name: &str, value: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"))
            .arg("serve")
            .env_clear()
            .env(name, value)
            .current_dir(std::env::temp_dir())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}={value}");
        String::from_utf8(output.stderr).unwrap()
    };
    for (name, value) in [
        ("TIDINGS_LISTEN", "nowhere"),
        ("TIDINGS_JWT_SECRET", "too short"),
        ("TIDINGS_CORS_ORIGINS", "https://a.example/path"),
        ("TIDINGS_HEARTBEAT_SECONDS", "0"),
        ("TIDINGS_DATABASE_URL", "mysql://x"),
        ("TIDINGS_JWT_JWKS_URL", "http://login.example/keys"),
        ("TIDINGS_JWT_PUBLIC_KEY_FILE", "/nowhere/key.pem"),
    ] {
        let said = run(name, value);
        assert!(said.contains(name), "{name} in {said}");
        assert!(name != "TIDINGS_JWT_SECRET" || !said.contains("too short"), "a secret is not repeated");
    }
}
