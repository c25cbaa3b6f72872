//! Streams of one address.

use reqwest::Method;
use serde_json::json;
use tidings_models::Role;

use super::{ELSEWHERE, connect_from};
use crate::{
    refusals::refused,
    support::{Server, Stream, json as answer_json, until},
};

#[cfg(target_os = "linux")] // elsewhere 127.0.0.1 is the only address of its kind
#[tokio::test]
async fn an_address_has_so_many_streams_whoever_they_are_of() {
    let server = Server::start_with(&[("TIDINGS_STREAMS_PER_ADDRESS", "2")]).await;
    let mut ann = server.stream("ann", "", None).await;
    ann.ready().await;
    let mut bob = server.stream("bob", "", None).await;
    bob.ready().await;
    let mut third = server.stream("cyd", "", None).await;
    let goodbye = third.event().await;
    assert_eq!((goodbye.name.as_str(), &goodbye.json()["reason"]), ("goodbye", &json!("limit")));
    refused(server.as_user("cyd", Method::GET, "/stream"), 429, "limit").await;
    refused(server.as_user("cyd", Method::GET, "/events?wait=1"), 429, "limit").await;

    let socket = connect_from(&server, ELSEWHERE).await;
    let token = Server::token("cyd", Role::User);
    let mut elsewhere = Stream::over(socket, &server.address, &token, "", None).await.unwrap();
    elsewhere.ready().await;
    let open = answer_json(server.as_admin(Method::GET, "/admin/connections").send().await.unwrap(), 200).await;
    let mut from: Vec<_> =
        open["items"].as_array().unwrap().iter().map(|item| (&item["user"], &item["address"])).collect();
    from.sort_by_key(|(user, _)| user.to_string());
    let (here, there) = (json!("127.0.0.1"), json!(ELSEWHERE));
    assert_eq!(from, [(&json!("ann"), &here), (&json!("bob"), &here), (&json!("cyd"), &there)]);

    server.notify(json!({"everyone": true}), "the others go on").await;
    for stream in [&mut ann, &mut bob, &mut elsewhere] {
        assert_eq!(stream.event().await.title(), "the others go on");
    }
    drop(bob);
    until("there is room again", || async {
        let mut stream = server.stream("dan", "", None).await;
        (stream.event().await.name != "goodbye").then_some(())
    })
    .await;
}
