//! A way between two programs that a test can block and cut: to a port of this machine, or to a socket in a folder.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    runtime::{Builder, Runtime},
    sync::watch,
};

/// What one direction of a connection holds while the way is blocked. The rest waits where it comes from.
const HELD: usize = 16 * 1024;

/// The way. It ends with its value.
///
/// It has a thread of its own: a test stands still while it waits for a process that needs the way.
pub(crate) struct Proxy {
    address: SocketAddr,
    gate: watch::Sender<Gate>,
    /// `None` only while it ends.
    runtime: Option<Runtime>,
}

#[derive(Clone, Copy)]
struct Gate {
    open: bool,
    /// How often everything was cut.
    cuts: usize,
}

/// Where it leads.
#[derive(Clone)]
enum Target {
    Port(String),
    Socket(PathBuf),
}

impl Proxy {
    /// A way to `address`: a host and a port, or the path of a socket.
    pub(crate) fn to(address: impl Into<String>) -> Self {
        let address = address.into();
        let target = match Path::new(&address) {
            path if path.is_absolute() => Target::Socket(path.into()),
            _ => Target::Port(address),
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (gate, seen) = watch::channel(Gate { open: true, cuts: 0 });
        runtime.spawn(accept(listener, target, seen));
        Self { address, gate, runtime: Some(runtime) }
    }

    /// Where it begins: `127.0.0.1` and a port.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets nothing pass any more, and tells nobody: connections stay, and new ones are taken, but not a byte of either
    /// direction arrives. So does a network that drops what it is given.
    pub(crate) fn pause(&self) {
        self.gate.send_modify(|gate| gate.open = false);
    }

    /// Lets everything pass again, beginning with what was held back.
    pub(crate) fn resume(&self) {
        self.gate.send_modify(|gate| gate.open = true);
    }

    /// Ends all connections that there are. New ones are taken as before.
    pub(crate) fn cut(&self) {
        self.gate.send_modify(|gate| gate.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Not to wait for it: the thread that drops this may be one of another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: std::net::TcpListener, target: Target, gate: watch::Receiver<Gate>) {
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((near, _)) = listener.accept().await {
        tokio::spawn(connect(near, target.clone(), gate.clone()));
    }
}

/// One connection, until either end or the test ends it.
async fn connect(near: TcpStream, target: Target, gate: watch::Receiver<Gate>) {
    let mut cut = gate.clone();
    let born = gate.borrow().cuts;
    tokio::select! {
        () = carry(near, target, gate) => {}
        _ = cut.wait_for(|gate| gate.cuts != born) => {}
    }
}

async fn carry(near: TcpStream, target: Target, mut gate: watch::Receiver<Gate>) {
    if gate.wait_for(|gate| gate.open).await.is_err() {
        return;
    }
    let _ = near.set_nodelay(true); // what is small is not to wait here
    let (mut up, mut down) = near.into_split();
    match target {
        Target::Port(address) => {
            let Ok(far) = TcpStream::connect(address).await else { return };
            let _ = far.set_nodelay(true);
            let (mut from, mut to) = far.into_split();
            tokio::select! {
                () = pass(&mut up, &mut to, gate.clone()) => {}
                () = pass(&mut from, &mut down, gate) => {}
            }
        }
        Target::Socket(path) => {
            let Ok(far) = UnixStream::connect(path).await else { return };
            let (mut from, mut to) = far.into_split();
            tokio::select! {
                () = pass(&mut up, &mut to, gate.clone()) => {}
                () = pass(&mut from, &mut down, gate) => {}
            }
        }
    }
}

/// One direction. What comes is handed on when the way is open, and so is that nothing more will come.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut gate: watch::Receiver<Gate>,
) {
    let mut held = vec![0; HELD];
    loop {
        let count = from.read(&mut held).await.unwrap_or(0);
        if gate.wait_for(|gate| gate.open).await.is_err() || count == 0 || to.write_all(&held[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn what_is_held_back_arrives_later_and_what_is_cut_ends() {
    let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::to(far.local_addr().unwrap().to_string());
    let mut near = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut end, _) = far.accept().await.unwrap();
    let mut read = [0; 3];
    near.write_all(b"one").await.unwrap();
    end.read_exact(&mut read).await.unwrap();
    proxy.pause();
    let mut late = TcpStream::connect(proxy.address()).await.unwrap();
    late.write_all(b"new").await.unwrap();
    near.write_all(b"two").await.unwrap();
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), end.read_u8()).await;
    assert!(waited.is_err(), "nothing passes");
    proxy.resume();
    end.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"two");
    let (mut other, _) = far.accept().await.unwrap();
    other.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"new");
    proxy.cut();
    assert!(!matches!(near.read(&mut read).await, Ok(1..)) && !matches!(end.read(&mut read).await, Ok(1..)));
}
