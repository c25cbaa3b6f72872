//! Cursors that nobody was given, again and again.

use futures_util::{StreamExt as _, stream};

use super::*;
use crate::support::Stream;

const TIMES: usize = 400;

/// What a node may grow by while it refuses them, in KiB: nothing is kept of any.
const ROOM: u64 = 32 * 1024;

#[tokio::test]
async fn huge_ids_in_a_loop_cost_nothing_that_lasts() {
    let server = Server::start().await;
    server.notify(json!({"user": "eve"}), "the state").await;
    let mut ann = server.stream("ann", "", None).await;
    ann.ready().await;
    let token = Server::token("eve", tidings_models::Role::User);
    let ids: [Vec<u8>; 3] = [vec![b'9'; 8 * 1024], "\u{1f4a5}".repeat(4 * 1024).into_bytes(), vec![0xFF; 8 * 1024]];
    let storm = async |times: usize| {
        let tries = stream::iter(0..times).map(|n| {
            let (address, token, id) = (&server.address, &token, &ids[n % ids.len()]);
            async move {
                let mut stream = Stream::open(address, token, "", Some(id)).await;
                let first = stream.event().await;
                assert_eq!((first.name.as_str(), &first.json()["reason"]), ("reset", &json!("malformed")));
            }
        });
        tries.buffer_unordered(10).collect::<Vec<()>>().await;
    };
    storm(TIMES / 4).await; // what is made once is made now
    let before = server.resident();
    storm(TIMES).await;
    if let (Some(before), Some(after)) = (before, server.resident()) {
        assert!(after < before + ROOM, "{before} KiB before, {after} KiB after");
    }
    server.notify(json!({"user": "ann"}), "undisturbed").await;
    assert_eq!(ann.titles(1).await, ["undisturbed"]);
    // One that is larger than a head may be is refused with the head.
    let head = format!(
        "GET /api/v1/stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\nlast-event-id: {}\r\n\r\n",
        "9".repeat(40 * 1024)
    );
    assert!(raw(&server, head.as_bytes()).await.starts_with("HTTP/1.1 431"));
}
