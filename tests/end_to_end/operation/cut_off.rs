//! A node that is cut off from its database, and not from its clients.

use std::time::{Duration, Instant};

use super::*;
use crate::{
    access::Visitor,
    postgres::cluster::Cluster,
    session::add,
    support::{Proxy, Stream},
};

/// Within this a load balancer must know.
const KNOWN: Duration = Duration::from_secs(10);
/// Within this streams must be told: 30 seconds, four in which all are, and what a busy machine adds.
const TOLD: Duration = Duration::from_secs(45);

#[tokio::test]
async fn a_node_that_is_cut_off_is_not_ready_and_sends_its_streams_elsewhere() {
    let cluster = Cluster::start();
    let name = "shared";
    let direct = cluster.named_database(name, "template0");
    let direct_url = direct.clone();
    let way = Proxy::to(cluster.socket());
    let through = format!("postgres://tidings@{}/{name}", way.address());
    let node = |url: String| async move {
        Server::start_with(&[("TIDINGS_DATABASE_URL", &url), ("TIDINGS_HEARTBEAT_SECONDS", "1")]).await
    };
    let (cut, other) = (node(through).await, node(direct).await);
    let mut stream = cut.stream("ann", "?ping=true", None).await;
    stream.ready().await;
    cut.notify(json!({"user": "ann"}), "before").await;
    let before = stream.up_to("notification").await.pop().unwrap();

    add(&cut, "bob", &["--database-url", &direct_url]);
    let bob = Visitor::sign_in(&cut, "bob", "correct horse").await;

    way.pause();
    let begun = Instant::now();
    // What the node cannot know: somebody writes.
    other.notify(json!({"user": "ann"}), "meanwhile").await;
    let parts = until("the node to know", || async {
        let (status, said) = ready(&cut).await;
        (status == 503).then(|| said["parts"].clone())
    })
    .await;
    let took = begun.elapsed();
    eprintln!("cut off: not ready after {took:?}");
    assert!(took < KNOWN, "{took:?}");
    assert_eq!((&parts["database"], &parts["life"]), (&json!("does not answer"), &json!("ok")));
    let said = figures(&cut).await;
    assert_eq!((said["tidings_ready"], said.get("tidings_log_behind_events")), (0.0, None));

    // Nobody is told that they have everything: not who comes with the newest cursor that the node knows of,
    let token = Server::token("ann", Role::User);
    let id = before.id.clone().unwrap();
    let mut late = Stream::open(&cut.address, &token, "", Some(id.as_bytes())).await;
    assert!(late.head.starts_with("http/1.1 200"), "{}", late.head);
    let goodbye = late.next().await.unwrap();
    assert!(goodbye.retry.is_some() && goodbye.name == "goodbye", "{goodbye:?}");
    assert_eq!((goodbye.json()["reason"].as_str(), late.next().await), (Some("overloaded"), None));
    // nor who comes in by a session that cannot be looked up: a browser that is answered anything but 200 stays away for good,
    let mut unknown = Stream::open(&cut.address, &bob.token, "", None).await;
    assert!(unknown.head.starts_with("http/1.1 200"), "{}", unknown.head);
    assert_eq!(unknown.next().await.unwrap().json()["reason"], "overloaded");
    // nor who asks by request,
    let asked = cut.as_user("ann", Method::GET, &format!("/events?after={id}")).send().await.unwrap();
    assert!(asked.headers().contains_key("retry-after"));
    assert_eq!(answer_json(asked, 503).await["code"], "unavailable");
    // nor who was there: they hear that the server is alive, and then that they are to come back.
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event);
    }
    let took = begun.elapsed();
    eprintln!("cut off: streams were told after {took:?}");
    assert!(took > Duration::from_secs(29) && took < TOLD, "{took:?}");
    let last = events.pop().unwrap();
    assert!(last.name == "goodbye" && last.retry.is_some() && last.json()["reason"] == "overloaded", "{last:?}");
    assert!(events.len() > 20 && events.iter().all(|event| event.name == "ping"), "{events:?}");

    // Elsewhere they go on where they were.
    let mut there = Stream::open(&other.address, &token, "", Some(id.as_bytes())).await;
    assert_eq!(there.titles(1).await, ["meanwhile"]);
    // Once the way is open again, so does the node.
    way.resume();
    let begun = Instant::now();
    until("the node to be ready", || async { (ready(&cut).await.0 == 200).then_some(()) }).await;
    eprintln!("cut off: ready again after {:?}", begun.elapsed());
    let mut back = Stream::open(&cut.address, &token, "", Some(id.as_bytes())).await;
    assert_eq!(back.titles(1).await, ["meanwhile"]);
    cut.notify(json!({"user": "ann"}), "after").await;
    assert_eq!((back.titles(1).await, there.titles(1).await), (vec!["after".into()], vec!["after".into()]));
}
