//! What `deploy/nginx.conf` promises: streams pass at once and stay open, and clients are told apart.

use reqwest::Method;
use serde_json::json;
use tidings_models::Role;
use tokio::net::TcpSocket;

use crate::support::{Event, Nginx, Server, Socket, Stream, json as answer_json};

/// A proxy that ends what is silent for longer than a heartbeat takes, on a busy machine too.
const IMPATIENT: [(&str, &str); 1] = [("proxy_read_timeout 60s;", "proxy_read_timeout 4s;")];
/// So many heartbeats in a row, and nothing else, take longer than that.
const BEATS: usize = 6;

/// One that is more impatient than heartbeats are frequent.
const HASTY: [(&str, &str); 1] = [("proxy_read_timeout 60s;", "proxy_read_timeout 2s;")];

async fn node(heartbeat: &str) -> [Server; 1] {
    let trusted = ("TIDINGS_TRUSTED_PROXIES", "127.0.0.1");
    [Server::start_apart(&[trusted, ("TIDINGS_HEARTBEAT_SECONDS", heartbeat)]).await]
}

fn is_heartbeat(event: &Event) -> bool {
    event.id.is_some() && event.data.is_none()
}

#[tokio::test]
async fn what_is_written_arrives_at_once_and_heartbeats_keep_it_open() {
    let nodes = node("1").await;
    let nginx = Nginx::before(&nodes, &IMPATIENT);
    let token = Server::token("ann", Role::User);
    let mut stream = Stream::open(&nginx.address, &token, "", None).await;
    stream.ready().await;
    for (i, beats) in [BEATS, 1, 1].into_iter().enumerate() {
        // It is open still, and nothing is kept back until there is more of it.
        nodes[0].notify(json!({"user": "ann"}), &format!("{i}")).await;
        assert_eq!(stream.event().await.title(), format!("{i}"));
        for _ in 0..beats {
            assert!(is_heartbeat(&stream.next().await.unwrap()));
        }
    }
}

#[tokio::test]
async fn a_websocket_passes_and_its_heartbeats_keep_it_open() {
    let nodes = node("1").await;
    let nginx = Nginx::before(&nodes, &IMPATIENT);
    let bearer = format!("Bearer {}", Server::token("ann", Role::User));
    let headers = [("authorization", &bearer[..]), ("sec-websocket-protocol", "tidings.v1")];
    let mut socket = Socket::at(&nginx.address, "", &headers).await.unwrap();
    socket.ready().await;
    for (i, beats) in [BEATS, 1, 1].into_iter().enumerate() {
        nodes[0].notify(json!({"user": "ann"}), &format!("{i}")).await;
        assert_eq!(socket.the("notification").await.title(), format!("{i}"));
        socket.ask(&json!({"ping": i}), "pong").await;
        for _ in 0..beats {
            assert_eq!(socket.next().await.event, "ping");
        }
    }
}

/// Where a proxy is more impatient than heartbeats are frequent, nothing is lost either.
#[tokio::test]
async fn what_was_missed_while_the_proxy_had_cut_it_off_comes_first() {
    let nodes = node("15").await;
    let nginx = Nginx::before(&nodes, &HASTY);
    let token = Server::token("ann", Role::User);
    let mut last: Option<String> = None;
    for i in 0..2 {
        let mut stream = Stream::open(&nginx.address, &token, "", last.as_deref().map(str::as_bytes)).await;
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            last = event.id.clone().or(last);
            events.push(event.name);
        }
        assert!(!events.contains(&"reset".to_owned()), "{events:?}");
        assert_eq!(events.iter().filter(|name| *name == "notification").count(), i, "{events:?}");
        nodes[0].notify(json!({"user": "ann"}), "missed").await;
    }
}

/// Everybody has an address of their own, whatever they say.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_addresses_of_clients_arrive() {
    let nodes = node("1").await;
    let nginx = Nginx::before(&nodes, &[]);
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.9.77:0".parse().unwrap()).unwrap();
    let socket = socket.connect(nginx.address.parse().unwrap()).await.unwrap();
    let lies = format!("{}\r\nx-forwarded-for: 198.51.100.7", Server::token("ann", Role::User));
    let mut stream = Stream::over(socket, &nginx.address, &lies, "", None).await.unwrap();
    stream.ready().await;
    let open = nodes[0].as_admin(Method::GET, "/admin/connections").send().await.unwrap();
    assert_eq!(answer_json(open, 200).await["items"][0]["address"], "127.0.9.77");
}

/// A browser would never come back after an answer that is not 200.
#[tokio::test]
async fn a_stream_without_a_node_is_told_when_to_come_back() {
    let mut nodes = node("1").await;
    let nginx = Nginx::before(&nodes, &[]);
    nodes[0].kill();
    let token = format!("{}\r\norigin: https://app.example", Server::token("ann", Role::User));
    let mut stream = Stream::open(&nginx.address, &token, "", None).await;
    assert!(stream.head.starts_with("http/1.1 200"), "{}", stream.head);
    for line in ["content-type: text/event-stream", "access-control-allow-origin: https://app.example"] {
        assert!(stream.head.contains(line), "{}", stream.head);
    }
    let retry = stream.next().await.unwrap().retry.unwrap();
    let goodbye = stream.next().await.unwrap();
    assert_eq!(goodbye.name, "goodbye");
    assert_eq!(goodbye.json(), json!({"reason": "overloaded", "retry_ms": retry}));
    let other = nodes[0].client.get(format!("http://{}/api/v1/inbox", nginx.address)).send().await.unwrap();
    assert_eq!(other.status(), 502);
}
