//! A way to a bus on which bells are lost, repeated, forged and overtake each other.
//!
//! What a server of Redis or NATS sends is cut into what belongs together, so that what arrives is always something that
//! it could have sent: only bells are tampered with.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::{JoinHandle, JoinSet},
};

use super::Dice;

/// Of a hundred bells, how many are lost; as many are repeated, held back behind the next, and joined by forged ones.
const OFTEN: u64 = 12;
/// How many are forged at once, at most.
const VOLLEY: u64 = 20;

/// The way. It ends with its value.
pub(crate) struct Bells {
    address: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    honest: AtomicBool,
    lost: AtomicU64,
    repeated: AtomicU64,
    forged: AtomicU64,
    reordered: AtomicU64,
}

impl Bells {
    /// A way to a server.
    pub(crate) async fn to(server: String, dice: Dice) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(accept(listener, server, dice, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// From now on every bell arrives, once and in order.
    pub(crate) fn ring_true(&self) {
        self.shared.honest.store(true, Relaxed);
    }

    /// What became of bells, and how often.
    pub(crate) fn tampered(&self) -> [(&'static str, u64); 4] {
        let Shared { lost, repeated, forged, reordered, .. } = &*self.shared;
        [("bells lost", lost), ("repeated", repeated), ("forged", forged), ("out of order", reordered)]
            .map(|(what, count)| (what, count.load(Relaxed)))
    }
}

impl Drop for Bells {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: String, mut dice: Dice, shared: Arc<Shared>) {
    let mut connections = JoinSet::new(); // they end with this
    while let Ok((near, _)) = listener.accept().await {
        let (server, dice, shared) = (server.clone(), dice.fork(), Arc::clone(&shared));
        connections.spawn(async move {
            let Ok(far) = TcpStream::connect(server).await else { return };
            let (mut up, down) = near.into_split();
            let (from, mut to) = far.into_split();
            tokio::select! {
                _ = copy(&mut up, &mut to) => {}
                () = pass(from, down, Meddler { dice, shared, held: Vec::new() }) => {}
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// What the server says, as the meddler has it.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut meddler: Meddler) {
    let mut came = Vec::new();
    while from.read_buf(&mut came).await.is_ok_and(|count| count > 0) {
        let mut go = Vec::new();
        while let Some((length, words)) = first(&came) {
            let whole: Vec<u8> = came.drain(..length).collect();
            match words {
                Some(words) => meddler.bell(whole, words, &mut go),
                None => go.extend(whole),
            }
        }
        if to.write_all(&go).await.is_err() {
            return;
        }
    }
}

struct Meddler {
    dice: Dice,
    shared: Arc<Shared>,
    /// Comes after the next bell.
    held: Vec<u8>,
}

impl Meddler {
    fn bell(&mut self, bell: Vec<u8>, words: Range<usize>, go: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        let fate = if self.shared.honest.load(Relaxed) { 100 } else { self.dice.between(0, 99) };
        match fate / OFTEN {
            0 => {
                self.shared.lost.fetch_add(1, Relaxed);
            }
            1 => {
                self.shared.repeated.fetch_add(1, Relaxed);
                go.extend(bell.repeat(2));
            }
            2 if held.is_empty() => {
                self.shared.reordered.fetch_add(1, Relaxed);
                self.held = bell;
            }
            3 => {
                for _ in 0..self.dice.between(1, VOLLEY) {
                    let mut forged = bell.clone();
                    forged[words.clone()].fill_with(|| b"0123456789abcdef"[self.dice.below(16)]);
                    go.extend(forged);
                    self.shared.forged.fetch_add(1, Relaxed);
                }
                go.extend(bell);
            }
            _ => go.extend(bell),
        }
        go.extend(held);
    }
}

/// How long the first thing is that a server of Redis (RESP) or NATS has said, and where the words of a bell stand if it
/// is one. `None`: it is not complete.
fn first(bytes: &[u8]) -> Option<(usize, Option<Range<usize>>)> {
    let (line, end) = line(bytes, 0)?;
    if let Some(head) = line.strip_prefix("MSG ") {
        let words = end..end + number(head.rsplit(' ').next());
        return (bytes.len() >= words.end + 2).then(|| (words.end + 2, Some(words)));
    }
    let Some(parts) = line.strip_prefix(['*', '>']) else { return Some((end, None)) };
    let (mut end, mut texts) = (end, Vec::new());
    for _ in 0..number(Some(parts)) {
        let (line, next) = self::line(bytes, end)?;
        end = next;
        if let Some(length) = line.strip_prefix('$') {
            texts.push(end..end + number(Some(length)));
            end += number(Some(length)) + 2;
        }
    }
    let is_bell = texts.first().is_some_and(|what| bytes.get(what.clone()) == Some(b"message"));
    (bytes.len() >= end).then(|| (end, texts.pop().filter(|_| is_bell)))
}

/// The line that begins at a place, and where the next one does.
fn line(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest.windows(2).position(|two| two == b"\r\n")?;
    Some((std::str::from_utf8(&rest[..length]).unwrap(), at + length + 2))
}

fn number(text: Option<&str>) -> usize {
    text.and_then(|text| text.parse().ok()).expect("a number")
}

#[test]
fn bells_are_told_from_the_rest() {
    let redis = "*3\r\n$7\r\nmessage\r\n$3\r\nbox\r\n$4\r\nding\r\n";
    let nats = "MSG box 1 4\r\nding\r\n";
    for (said, words) in [
        (redis, Some("ding")),
        (nats, Some("ding")),
        ("*3\r\n$9\r\nsubscribe\r\n$3\r\nbox\r\n:1\r\n", None),
        ("+OK\r\n", None),
        ("PING\r\n", None),
    ] {
        let more = format!("{said}{said}");
        let (length, found) = first(more.as_bytes()).unwrap();
        assert_eq!((length, found.map(|words| &said[words])), (said.len(), words), "{said:?}");
        for cut in 0..said.len() {
            assert_eq!(first(&said.as_bytes()[..cut]), None, "{:?}", &said[..cut]);
        }
    }
}
