//! A flood of connections.

use std::time::Instant;

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::json;

use super::{ELSEWHERE, connect_from, trickle};
use crate::support::Server;

const SOCKETS: usize = 1000;
const ALLOWED: usize = 100;

/// 1,000 sockets of one address that say nothing: as many as are allowed are kept for the time of a head, and
/// nobody else notices.
#[cfg(target_os = "linux")] // elsewhere 127.0.0.1 is the only address of its kind
#[tokio::test]
async fn an_address_that_holds_sockets_holds_up_itself_alone() {
    let server = Server::start_with(&[("TIDINGS_CONNECTIONS_PER_ADDRESS", "100")]).await;
    let mut reader = server.stream("ann", "", None).await;
    reader.ready().await;
    let begun = Instant::now();
    let sockets: Vec<_> =
        stream::iter(0..SOCKETS).map(|_| connect_from(&server, ELSEWHERE)).buffer_unordered(50).collect().await;
    let flooded = begun.elapsed();
    for n in 0..20 {
        assert_eq!(server.plain(Method::GET, "/healthz").send().await.unwrap().status(), 200);
        server.notify(json!({"user": "ann"}), &n.to_string()).await;
        assert_eq!(reader.event().await.title(), n.to_string());
    }
    let ends = sockets.into_iter().map(|mut socket| async move { trickle(&mut socket, std::iter::empty()).await });
    let ends: Vec<_> = stream::iter(ends).buffer_unordered(SOCKETS).collect().await;
    let kept = ends.iter().filter(|answer| answer.starts_with("HTTP/1.1 408")).count();
    assert_eq!(ends.iter().filter(|answer| answer.is_empty()).count(), SOCKETS - kept, "the others, without a word");
    // Each time the first ones have gone there is room for as many more.
    let most = ALLOWED * (1 + usize::try_from(flooded.as_secs() / 5).unwrap());
    assert!((ALLOWED..=most).contains(&kept), "{kept} of {most}, in {flooded:?}");
    let again = connect_from(&server, ELSEWHERE).await;
    drop(again);
    let answer = super::from(&server, ELSEWHERE, Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(answer.status(), 200, "places are given back");
}
