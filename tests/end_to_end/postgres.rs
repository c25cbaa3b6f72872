//! The same binary on PostgreSQL: what must hold across processes, and when the database goes away.

#[path = "../postgres/cluster.rs"]
pub(crate) mod cluster;
#[path = "../buses/program.rs"]
pub(crate) mod program;

use std::{
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use cluster::Cluster;
pub(crate) use program::HOST as BUSES;
use program::Program;
use reqwest::Method;
use serde_json::json;

use crate::{
    operation::figures,
    support::{Authority, Server, json as answer_json, until},
};

static SERVER: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// Looking for news is all that tells a node of what another wrote: twice the time between two looks, and what a
/// busy machine adds.
const TWO_LOOKS: Duration = Duration::from_secs(10);

/// An empty database of its own.
pub(crate) fn database() -> String {
    SERVER.database("template0")
}

async fn on(database: &str) -> Server {
    Server::start_with(&[("TIDINGS_DATABASE_URL", database), ("TIDINGS_HEARTBEAT_SECONDS", "1")]).await
}

#[tokio::test]
async fn a_stream_goes_on_after_a_restart_where_it_was() {
    let mut server = on(&SERVER.database("template0")).await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    server.notify(json!({"user": "ann"}), "live").await;
    let live = stream.event().await;
    assert_eq!(live.title(), "live");
    assert_eq!(server.terminate().await, Some(0));

    let server = server.start_again().await;
    server.notify(json!({"everyone": true}), "missed").await;
    let mut stream = server.stream("ann", "", live.id.as_deref()).await;
    let events = stream.up_to("notification").await;
    assert_eq!(events.iter().map(|event| event.name.as_str()).filter(|name| *name == "reset").count(), 0);
    assert_eq!(events.last().unwrap().title(), "missed");
    assert_eq!(server.get("ann", "/inbox").await["unread"], 2);
}

#[tokio::test]
async fn two_nodes_share_one_log() {
    let database = SERVER.database("template0");
    let (first, second) = (on(&database).await, on(&database).await);
    let mut there = second.stream("ann", "", None).await;
    there.ready().await;
    let mut last = None;
    for i in 0..3 {
        let begun = Instant::now();
        first.notify(json!({"user": "ann"}), &format!("{i} of the first")).await;
        let event = there.event().await;
        assert_eq!(event.title(), format!("{i} of the first"));
        let took = begun.elapsed();
        eprintln!("postgres: what one node stored was streamed by the other after {took:?}");
        assert!(took < TWO_LOOKS, "{took:?}");
        // Positions are taken in turns.
        second.notify(json!({"user": "ann"}), &format!("{i} of the second")).await;
        last = there.event().await.id;
    }
    assert_eq!(first.get("ann", "/inbox").await["unread"], 6);
    // Cursors of one are cursors of the other.
    first.notify(json!({"user": "ann"}), "last").await;
    let mut here = first.stream("ann", "", last.as_deref()).await;
    assert_eq!(here.titles(1).await, ["last"]);
}

/// Twenty rounds between two nodes that look by themselves every two seconds only, and what is taken away on one node.
async fn nodes_hear_each_other(bus: &str) {
    nodes_hear_each_other_with(&[("TIDINGS_BUS_URL", bus)]).await;
}

async fn nodes_hear_each_other_with(bus: &[(&str, &str)]) {
    let database = SERVER.database("template0");
    let mut settings = vec![("TIDINGS_DATABASE_URL", database.as_str()), ("TIDINGS_POLL_MS", "2000")];
    settings.extend(bus);
    let (first, second) = (Server::start_with(&settings).await, Server::start_with(&settings).await);
    for node in [&first, &second] {
        until("the bus to ring", || async {
            let answer = node.plain(Method::GET, "/readyz").send().await.ok()?;
            (answer_json(answer, 200).await["parts"]["bus"] == "ok").then_some(())
        })
        .await;
    }
    let (mut here, mut there) = (first.stream("ann", "", None).await, second.stream("ann", "", None).await);
    here.ready().await;
    there.ready().await;
    let begun = Instant::now();
    for i in 0..10 {
        for node in [&first, &second] {
            node.notify(json!({"user": "ann"}), &format!("{i}")).await;
            assert_eq!((here.event().await.title(), there.event().await.title()), (i.to_string(), i.to_string()));
        }
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}: by looking alone it takes some twenty seconds");

    let heard = figures(&second).await["tidings_events_total{by=\"bell\"}"];
    assert!(heard >= 5.0, "{heard} of ten");

    // What is read on one node is read on the other, and what is taken away there ends here.
    let cursor = first.get("ann", "/inbox").await["cursor"].clone();
    let read = first.as_user("ann", Method::POST, "/notifications/mark");
    let read = read.json(&json!({"read": true, "up_to": cursor}));
    assert_eq!(read.send().await.unwrap().status(), 200);
    assert_eq!(there.up_to("inbox.changed").await.last().unwrap().json()["unread"], 0);
    let revoked = first.as_admin(Method::POST, "/admin/users/ann/revoke").send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    let goodbye = there.up_to("goodbye").await.pop().unwrap().json();
    assert_eq!(goodbye["reason"], "revoked");
}

#[tokio::test]
async fn nodes_hear_each_other_over_the_database() {
    nodes_hear_each_other("postgres").await;
}

#[tokio::test]
async fn nodes_hear_each_other_over_redis() {
    nodes_hear_each_other(&Program::start("redis-server").url("redis")).await;
}

#[tokio::test]
async fn nodes_hear_each_other_over_nats() {
    nodes_hear_each_other(&Program::start("nats-server").url("nats")).await;
}

/// The way to the bus is encrypted, and only who the authority vouches for is believed.
#[tokio::test]
async fn nodes_hear_each_other_over_a_bus_by_tls() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (name, scheme) in [("redis-server", "rediss"), ("nats-server", "tls")] {
        let bus = Program::start_certified(name, authority.path("cert.pem"), authority.path("key.pem"));
        let (url, vouches) = (bus.url(scheme), authority.path("authority.pem"));
        nodes_hear_each_other_with(&[("TIDINGS_BUS_URL", &url), ("TIDINGS_BUS_CA_FILE", &vouches)]).await;

        let database = SERVER.database("template0");
        let vouches = stranger.path("authority.pem");
        let settings =
            [("TIDINGS_DATABASE_URL", &*database), ("TIDINGS_BUS_URL", &url), ("TIDINGS_BUS_CA_FILE", &vouches)];
        let distrustful = Server::start_apart(&settings).await;
        until("the node to tell why", || async {
            let log = distrustful.log();
            log.lines().any(|line| line.contains("does not ring") && line.contains("certificate")).then_some(())
        })
        .await;
    }
}

/// A bus that is away costs time, and nothing else.
#[tokio::test]
async fn without_the_bus_nodes_look_for_themselves() {
    let database = SERVER.database("template0");
    let mut bus = Program::start("redis-server");
    let url = bus.url("redis");
    let settings = [("TIDINGS_DATABASE_URL", database.as_str()), ("TIDINGS_BUS_URL", &url)];
    let (first, second) = (Server::start_with(&settings).await, Server::start_with(&settings).await);
    let mut there = second.stream("ann", "", None).await;
    there.ready().await;
    let by_looking = async || figures(&second).await["tidings_events_total{by=\"poll\"}"];
    let before = by_looking().await;
    bus.kill();
    first.notify(json!({"user": "ann"}), "found").await;
    assert_eq!(there.event().await.title(), "found");
    until("the node to tell", || async {
        let answer = second.plain(Method::GET, "/readyz").send().await.ok()?;
        (answer_json(answer, 200).await["parts"]["bus"] == "does not ring").then_some(())
    })
    .await;
    assert!(by_looking().await > before);
    let told = figures(&second).await;
    assert_eq!((told["tidings_part_ok{part=\"bus\"}"], told["tidings_ready"]), (0.0, 1.0));
}

#[tokio::test]
async fn while_the_database_is_away_streams_stay() {
    if !Path::new("/proc").exists() {
        return eprintln!("postgres: skipped: without /proc nobody here knows the processes of the database");
    }
    let database = Cluster::start();
    let server = on(&database.database("template0")).await;
    let mut stream = server.stream("ann", "?ping=true", None).await;
    stream.ready().await;
    server.notify(json!({"user": "ann"}), "before").await;
    assert_eq!(stream.up_to("notification").await.last().unwrap().title(), "before");

    database.kill();
    let publish = |title: &str| {
        let request = server.as_admin(Method::POST, "/admin/notifications");
        request.json(&json!({"to": {"user": "ann"}, "title": title})).send()
    };
    for _ in 0..3 {
        let answer = publish("while it was away").await.unwrap();
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(answer_json(answer, 503).await["code"], "unavailable");
    }
    for _ in 0..2 {
        assert_eq!(stream.event().await.name, "ping", "nothing but heartbeats");
    }

    database.start_again();
    until("the database to be back", || async {
        let answer = publish("after").await.ok()?;
        (answer.status() == 201).then_some(())
    })
    .await;
    assert_eq!(stream.up_to("notification").await.last().unwrap().title(), "after");
    assert_eq!(server.get("ann", "/inbox").await["unread"], 2, "what was refused was not stored");
}

/// Spans are there in the log, whatever the driver does in the same thread.
#[tokio::test]
async fn what_is_logged_of_a_stream_says_of_which() {
    let database = SERVER.database("template0");
    let settings = [("TIDINGS_DATABASE_URL", database.as_str()), ("TIDINGS_LOG", "tidings_api=debug")];
    let server = Server::start_apart(&settings).await;
    let mut stream = server.stream("ann", "", None).await;
    let ready = stream.ready().await.pop().unwrap().json();
    let log = server.log();
    let mut lines = log.lines().filter(|line| line.contains(ready["connection_id"].as_str().unwrap()));
    assert!(lines.next().is_some_and(|line| line.contains("opened")), "{log}");
}

/// I6: a copy that was put back gives positions again, so its log is another one.
#[tokio::test]
async fn a_database_that_was_put_back_begins_a_new_epoch() {
    let url = SERVER.database("template0");
    let mut server = on(&url).await;
    server.notify(json!({"user": "ann"}), "kept").await;
    let mut stream = server.stream("ann", "?after=", None).await;
    let cursor = stream.ready().await.pop().unwrap().id;
    server.terminate().await;

    let run = |args: &[&str]| {
        let mut command = server.command(args);
        let command = command.env("TIDINGS_DATABASE_URL", url.replace("tidings@", "tidings:planted@"));
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (done, said) = run(&["backup", "copy.db"]);
    assert!(!done && said.contains("pg_dump") && !said.contains("planted"), "{said}");
    let (done, said) = run(&["restore", "copy.db"]);
    assert!(!done && said.contains("without a file") && !said.contains("planted"), "{said}");
    let (done, said) = run(&["restore"]);
    assert!(done && said.contains("new epoch") && !said.contains("planted"), "{said}");
    let (done, said) = run(&["migrate"]);
    assert!(done && said.contains("is up to date") && !said.contains("planted"), "{said}");

    let server = server.start_again().await;
    let mut stream = server.stream("ann", "", cursor.as_deref()).await;
    let events = stream.ready().await;
    assert_eq!(events[0].name, "reset");
}

/// A standby that was promoted may lack what clients have seen: nobody sits in the future in silence.
#[tokio::test]
async fn after_a_promotion_every_client_is_given_the_current_state() {
    if !Path::new("/proc").exists() {
        return eprintln!("postgres: skipped: without /proc nobody here knows the processes of the database");
    }
    let database = Cluster::start();
    let url = database.database("template0");
    let mut server = Server::start_apart(&[("TIDINGS_DATABASE_URL", &url)]).await;
    let mut stream = server.stream("ann", "", None).await;
    stream.ready().await;
    server.notify(json!({"user": "ann"}), "kept").await;
    let seen = stream.event().await.id;

    database.kill();
    database.promote();
    assert_eq!(server.ended().await, Some(1), "whoever watches it starts it again");
    assert!(server.log().contains("promoted or put back"), "{}", server.log());
    let server = server.start_again().await;
    let mut stream = server.stream("ann", "", seen.as_deref()).await;
    let reset = stream.event().await;
    assert_eq!((reset.name.as_str(), &reset.json()["reason"]), ("reset", &json!("epoch")));
    assert_eq!(reset.json()["unread"], 1);
    let ready = stream.ready().await.pop().unwrap();
    let mut stream = server.stream("ann", "", ready.id.as_deref()).await;
    assert_eq!(stream.ready().await.len(), 1, "and from then on it goes on");
}

/// The way to the database is encrypted, and only who the authority vouches for is believed.
#[tokio::test]
async fn the_database_is_spoken_to_by_tls() {
    if !Path::new("/proc").exists() {
        return eprintln!("postgres: skipped: without /proc nobody here knows the processes of the database");
    }
    let (authority, stranger) = (Authority::new(), Authority::new());
    let database = Cluster::start();
    database.named_database("tidings", "template0");
    database.kill();
    database.certify(&authority.path("cert.pem"), &authority.path("key.pem"));
    database.start_again();
    let url = |mode: &str, authority: &Authority| {
        let file = authority.path("authority.pem");
        format!("postgres://tidings@127.0.0.1:{}/tidings?sslmode={mode}&sslrootcert={file}", database.port())
    };
    let server = on(&url("verify-full", &authority)).await;
    server.notify(json!({"user": "ann"}), "by TLS").await;
    assert_eq!(server.get("ann", "/inbox").await["unread"], 1);
    for (wrong, because) in
        [(url("verify-full", &stranger), "invalid peer certificate"), (url("disable", &authority), "no encryption")]
    {
        let output = server.command(&["migrate"]).env("TIDINGS_DATABASE_URL", wrong).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(because), "{said}");
    }
}
