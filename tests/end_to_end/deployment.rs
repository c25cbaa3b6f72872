//! Nodes that know of each other: limits, lists and signals that are not in the log are those of all together.

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::Role;

use crate::{
    postgres,
    support::{Server, Stream, json as answer_json, until},
};

/// Two nodes on one database that know of each other, and let a user have two streams.
async fn two() -> (Server, Server) {
    let database = postgres::database();
    let settings =
        [("TIDINGS_DATABASE_URL", &*database), ("TIDINGS_BUS_URL", "postgres"), ("TIDINGS_STREAMS_PER_USER", "2")];
    let nodes = (Server::start_with(&settings).await, Server::start_with(&settings).await);
    for node in [&nodes.0, &nodes.1] {
        overview(node, "to know of each other", |seen| seen["nodes"].as_array().unwrap().len() == 2).await;
    }
    nodes
}

/// What a node says of all, once it is so.
async fn overview(node: &Server, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    until(what, || async { Some(node.overview().await).filter(|seen| so(seen)) }).await
}

async fn streams(node: &Server, count: usize) {
    overview(node, "streams to be told", |seen| seen["streams"] == count).await;
}

async fn open(node: &Server, name: &str) -> (Stream, String) {
    let mut stream = node.stream(name, "", None).await;
    let ready = stream.ready().await.pop().unwrap().json();
    (stream, ready["connection_id"].as_str().unwrap().to_owned())
}

async fn admin(node: &Server, path: &str) -> Value {
    answer_json(node.as_admin(Method::GET, path).send().await.unwrap(), 200).await
}

/// Ann has one stream on each node, and is refused another. A node that cannot tell soon enough what she has elsewhere,
/// as on a busy machine, goes by its own limit: then again, once that stream has gone.
async fn one_too_many(node: &Server) {
    until("two to be the limit, wherever they are", || async {
        overview(node, "one stream here", |seen| seen["nodes"][0]["streams"] == 1).await;
        let answer = node.as_user("ann", Method::GET, "/stream").send().await.unwrap();
        if answer.status() == 200 {
            return None;
        }
        assert_eq!(answer_json(answer, 429).await["code"], "limit");
        Some(())
    })
    .await;
}

#[tokio::test]
async fn streams_of_all_nodes_are_counted_listed_and_limited() {
    let (mut first, second) = two().await;
    let (ann, here) = open(&first, "ann").await;
    let (_also, there) = open(&second, "ann").await;
    for node in [&first, &second] {
        streams(node, 2).await;
        let seen = node.overview().await;
        assert_eq!((&seen["users"], seen["nodes"].as_array().unwrap().len()), (&json!(1), 2));
        let list = admin(node, "/admin/connections").await["items"].clone();
        let list = list.as_array().unwrap();
        let mut ids: Vec<_> = list.iter().map(|open| open["connection_id"].as_str().unwrap()).collect();
        let mut expected = [here.as_str(), there.as_str()];
        expected.sort_unstable();
        assert_eq!(ids, expected, "in the order of their ids");
        ids.retain(|id| list.iter().any(|open| open["connection_id"] == *id && open.get("written").is_some()));
        assert_eq!(ids.len(), 1, "what was given is known of those of the node that answers");
        assert_ne!(list[0]["node"], list[1]["node"]);
        assert_eq!(admin(node, "/admin/audience?to=everyone").await["connected"], 1);
        one_too_many(node).await;
    }
    for node in [&first, &second] {
        open(node, "bob").await;
    }
    drop(ann);
    until("there is room again", || async {
        let mut stream = second.stream("ann", "", None).await;
        (stream.event().await.name != "goodbye").then_some(())
    })
    .await;

    assert_eq!(first.terminate().await, Some(0));
    overview(&second, "the other to be gone", |seen| seen["nodes"].as_array().unwrap().len() == 1).await;
}

#[tokio::test]
async fn an_ephemeral_signal_reaches_streams_of_all_nodes() {
    let (first, second) = two().await;
    let ((mut here, _), (mut there, _), (mut bob, _)) =
        (open(&first, "ann").await, open(&second, "ann").await, open(&second, "bob").await);
    for text in ["one", "two"] {
        let body = json!({"to": {"user": "ann"}, "type": "typing", "payload": text, "ephemeral": true});
        let sent = first.as_admin(Method::POST, "/admin/signals").json(&body).send().await.unwrap();
        assert_eq!(sent.status(), 202);
        for stream in [&mut here, &mut there] {
            let event = stream.event().await;
            assert_eq!((event.name.as_str(), &event.id, &event.json()["payload"]), ("typing", &None, &json!(text)));
        }
    }
    first.notify(json!({"user": "bob"}), "his own").await;
    assert_eq!(bob.event().await.title(), "his own", "nothing else came to him");
}

#[tokio::test]
async fn a_stream_is_renewed_whatever_node_is_asked() {
    let (first, second) = two().await;
    let token = Server::token_for("ann", Role::User, 12);
    let mut stream = Stream::open(&first.address, &token, "", None).await;
    let mut left = Stream::open(&first.address, &token, "", None).await;
    left.ready().await;
    let id = stream.ready().await.pop().unwrap().json()["connection_id"].clone();
    streams(&second, 2).await;
    let renew = async |name: &str, id: &Value| {
        let request = second.plain(Method::POST, "/api/v1/stream/renew");
        let request = request.bearer_auth(Server::token_for(name, Role::User, 600));
        request.json(&json!({"connection_id": id})).send().await.unwrap().status().as_u16()
    };
    assert_eq!(renew("bob", &id).await, 404, "it is not his");
    assert_eq!(renew("ann", &json!("7c9e6679-7425-40de-944b-e07fc1f90ae7")).await, 404, "nobody has it");
    assert_eq!(renew("ann", &id).await, 200);
    assert_eq!(left.up_to("goodbye").await.last().unwrap().json()["reason"], "token_expired");
    second.notify(json!({"user": "ann"}), "still here").await;
    assert_eq!(stream.up_to("notification").await.last().unwrap().title(), "still here");

    // And it ends with what it was renewed by.
    let revoked = second.as_admin(Method::POST, "/admin/users/ann/revoke").send().await.unwrap();
    assert_eq!(revoked.status(), 204);
    assert_eq!(stream.up_to("goodbye").await.last().unwrap().json()["reason"], "revoked");
    assert_eq!(renew("ann", &id).await, 401, "nor can it be had by an older token");
}
