//! A wire between two sockets of this machine.

use std::sync::Arc;

use actix_web::rt::{
    net::{TcpListener, TcpStream},
    spawn,
    task::yield_now,
};
use tidings_broker::{Entry, Own};
use tidings_models::{Audience, CursorKey, Cursors, Effect, Epoch, Event, Kind, Position, Seq, Timestamp, UserId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

async fn pair() -> (Wire, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (Wire::new(listener.accept().await.unwrap().0), client)
}

fn entry(position: i64, size: usize) -> Arc<Entry> {
    let cursors = Cursors::new(&CursorKey::new([7; 16]), Epoch::from_random([3; 16]), &[]);
    let position = Position::new(position).unwrap();
    let event = Event {
        position,
        audience: Audience::User(UserId::parse("ann").unwrap()),
        seq: Seq::new(1),
        kind: Kind::Notification,
        created_at: Timestamp::from_millis(0),
        effect: Effect::ARRIVED,
        payload: "".into(),
    };
    let envelope = format!("{{\"n\":{position},\"x\":\"{}\"", "x".repeat(size));
    Arc::new(Entry { subject: None, news: None, cursor: cursors.seal(position), envelope: envelope.into(), event })
}

fn offer(wire: &Wire, entries: &[Arc<Entry>]) -> bool {
    let events: Vec<_> = entries.iter().map(|entry| Delivery { entry, own: Own::default() }).collect();
    wire.offer(&events)
}

fn later() -> Instant {
    Instant::now() + std::time::Duration::from_mins(1)
}

/// The content of a body in chunks, each of which is whole.
fn unchunked(mut body: &[u8]) -> String {
    let mut content = Vec::new();
    while !body.is_empty() {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let (chunk, rest) = body[end + 2..].split_at(size);
        content.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n").unwrap();
    }
    String::from_utf8(content).unwrap()
}

fn numbers(content: &str) -> Vec<usize> {
    let events = content.split("\n\n").filter(|event| !event.is_empty());
    events.map(|event| event.split("{\"n\":").nth(1).unwrap().split(',').next().unwrap().parse().unwrap()).collect()
}

#[actix_web::test]
async fn events_that_come_together_are_one_chunk() {
    let (wire, mut client) = pair().await;
    assert!(offer(&wire, &[entry(1, 10), entry(2, 10)]));
    assert!(offer(&wire, &[entry(3, 10)]));
    let sent = usize::try_from(wire.sent()).unwrap();
    drop(wire);
    let mut body = Vec::new();
    client.read_to_end(&mut body).await.unwrap();
    assert_eq!(body.len(), sent);
    let content = unchunked(&body);
    assert_eq!(numbers(&content), [1, 2, 3]);
    assert!(content.starts_with("id: ") && content.ends_with(",\"unread\":0,\"unseen\":0}\n\n"), "{content}");
}

/// Events are taken until the socket is full, one perhaps in part; nothing is torn or lost, and what is
/// sent later comes later.
#[actix_web::test]
async fn a_reader_that_stands_still_loses_nothing_of_what_was_taken() {
    let (wire, mut client) = pair().await;
    let mut taken = 0;
    while offer(&wire, &[entry(i64::try_from(taken).unwrap() + 1, 20_000)]) {
        taken += 1;
    }
    assert!(taken > 1);
    assert!(!offer(&wire, &[entry(9999, 1)]), "it is full");
    let reading = spawn(async move {
        let mut body = Vec::new();
        client.read_to_end(&mut body).await.unwrap();
        unchunked(&body)
    });
    wire.send(Bytes::from_static(b"2\r\n: \r\n"), later()).await.unwrap();
    assert!(offer(&wire, &[entry(10_000, 1)]), "there is room again");
    drop(wire);
    let content = reading.await.unwrap().replacen(": id", "id", 1);
    let expected: Vec<_> = (1..=taken).chain([10_000]).collect();
    assert_eq!(numbers(&content), expected);
}

#[actix_web::test]
async fn what_is_left_of_an_event_is_finished() {
    let (wire, mut client) = pair().await;
    let wire = Arc::new(wire);
    while wire.state.lock().rest.is_empty() {
        assert!(offer(&wire, &[entry(1, 30_000)]), "it took one whole until one in part");
    }
    let finishing = Arc::clone(&wire);
    let finishing = spawn(async move { finishing.finish().await });
    let mut body = vec![0; 64 * 1024];
    while !wire.state.lock().rest.is_empty() {
        let _ = client.read(&mut body).await.unwrap();
        yield_now().await;
    }
    finishing.await.unwrap().unwrap();
}

/// I14: a reader that stands still until its token has ended gets nothing more.
#[actix_web::test]
async fn what_is_not_taken_in_time_is_not_sent() {
    let (wire, _client) = pair().await;
    while wire.state.lock().rest.is_empty() {
        assert!(offer(&wire, &[entry(1, 30_000)]), "it took one whole until one in part");
    }
    let error = wire.send(Bytes::from_static(b"late"), Instant::now()).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[actix_web::test]
async fn more_than_a_write_is_not_taken() {
    let (wire, _client) = pair().await;
    assert!(!offer(&wire, &[entry(1, 40_000), entry(2, 40_000)]));
    assert_eq!(wire.sent(), 0);
}

#[actix_web::test]
async fn a_client_that_goes_or_talks_too_much_is_gone() {
    let (wire, client) = pair().await;
    drop(client);
    wire.gone().await.unwrap();
    let (wire, mut client) = pair().await;
    let talking = spawn(async move {
        while client.write_all(&[b'x'; 4096]).await.is_ok() {}
        client
    });
    wire.gone().await.unwrap();
    drop(wire);
    talking.await.unwrap();
}
