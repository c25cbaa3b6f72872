//! Readers that never read.

use std::{net::SocketAddr, sync::Arc};

use tidings_models::Role;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use crate::support::{Dice, Server};

use super::{
    crowd,
    world::{World, pause},
};

const DEAD_READERS: usize = 20;

/// Opens streams that nobody reads, again in each life of a node.
pub(super) fn begin(world: &Arc<World>, dice: &mut Dice, tasks: &mut JoinSet<()>) {
    for index in 0..DEAD_READERS {
        let (world, mut dice) = (Arc::clone(world), dice.fork());
        tasks.spawn(async move {
            let mut lives = world.lives();
            while !world.is_calm() {
                match open(&world, index).await {
                    Some(held) => {
                        let _ = lives.changed().await;
                        drop(held);
                    }
                    None => pause(&mut dice, 20, 200).await,
                }
            }
        });
    }
}

async fn open(world: &World, index: usize) -> Option<TcpStream> {
    let address: SocketAddr = world.anywhere().parse().unwrap();
    let socket = TcpSocket::new_v4().ok()?;
    socket.set_recv_buffer_size(4096).ok()?;
    let mut socket = socket.connect(address).await.ok()?;
    let token = Server::token(&crowd::user(index), Role::User);
    let request = format!(
        "GET /api/v1/stream HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.ok()?;
    Some(socket)
}
