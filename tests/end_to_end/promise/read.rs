//! A client with a stream.

use std::{io, net::SocketAddr};

use tidings_models::Role;
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Event, Server, Stream};

use super::{
    client::Client,
    history::{History, counts},
    world::pause,
};

/// What a client with a stream is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Manner {
    /// Reads as it comes.
    Steady,
    /// Goes away, and comes back after a while.
    Away,
    /// Reads a little, and rests.
    Slow,
    /// Comes back with an older cursor than it had.
    Forgetful,
}

/// What a slow reader's system takes for it.
const SMALL_BUFFER: u32 = 4096;

/// Reads until it has all there will be.
pub(super) async fn run(mut client: Client, manner: Manner) -> History {
    loop {
        let Some(mut stream) = open(&client, manner).await else {
            pause(&mut client.dice, 20, 200).await;
            continue;
        };
        client.opens();
        while let Some(event) = stream.next().await {
            take(&mut client, &event);
            if client.is_done() {
                return client.history;
            }
            if client.world.is_calm() {
                continue;
            }
            match manner {
                Manner::Slow if client.dice.chance(30) => pause(&mut client.dice, 10, 120).await,
                Manner::Away if client.dice.chance(1) => {
                    drop(stream);
                    pause(&mut client.dice, 0, 5000).await;
                    break;
                }
                Manner::Forgetful if client.dice.chance(2) => {
                    client.forget();
                    break;
                }
                _ => {}
            }
        }
    }
}

/// `None`: the node is away, or does not want it now.
async fn open(client: &Client, manner: Manner) -> Option<Stream> {
    let address = client.world.anywhere();
    let token = Server::token(client.user(), Role::User);
    let socket = connect(address, manner).await.ok()?;
    let stream = Stream::over(socket, address, &token, "", Some(client.cursor().as_bytes())).await.ok()?;
    assert!(stream.head.starts_with("http/1.1 200"), "an EventSource would never come back: {}", stream.head);
    Some(stream)
}

async fn connect(address: &str, manner: Manner) -> io::Result<TcpStream> {
    let address: SocketAddr = address.parse().unwrap();
    let socket = TcpSocket::new_v4()?;
    if manner == Manner::Slow {
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
    }
    socket.connect(address).await
}

fn take(client: &mut Client, event: &Event) {
    let (id, data) = (event.id.as_deref(), event.data.as_deref());
    match (event.name.as_str(), id, data) {
        ("reset", Some(id), Some(_)) => client.resets(id, &event.json()),
        ("ready", Some(id), Some(_)) => client.stands(id, Some(counts(&event.json()))),
        ("expiring" | "goodbye", None, Some(_)) | ("message", None, None) => {} // or `retry:`
        ("message", Some(id), None) => client.stands(id, None),
        (_, Some(id), Some(envelope)) => client.takes(id, envelope),
        _ => panic!("{}: an event with an id and data, or neither: {event:?}", client.history.client),
    }
}
