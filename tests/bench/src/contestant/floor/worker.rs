//! One thread of the floor: its sockets, and what the other threads have for them.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, ErrorKind, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use mio::{
    Events, Interest, Poll, Token, Waker,
    net::{TcpListener as MioListener, TcpStream},
};

const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);
/// Bytes that may wait for a socket. A client that reads nothing is let go.
const MOST_UNSENT: usize = 1 << 20;
/// Bytes of broadcasts that are written at once.
const MOST_TOGETHER: usize = 64 * 1024;

/// What a publisher sent.
type Frame = Arc<[u8]>;

/// Frames for the sockets of one thread: for a user, or for all.
pub(super) struct Inbox {
    frames: Mutex<VecDeque<(Option<u32>, Frame)>>,
    waker: Waker,
}

impl Inbox {
    pub(super) fn new(waker: Waker) -> Self {
        Self { frames: Mutex::default(), waker }
    }

    fn put(&self, user: Option<u32>, frame: &Frame) -> io::Result<()> {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        frames.push_back((user, Arc::clone(frame)));
        // Whoever found it empty wakes the thread; it takes all at once.
        if frames.len() == 1 { self.waker.wake() } else { Ok(()) }
    }

    fn take(&self) -> VecDeque<(Option<u32>, Frame)> {
        std::mem::take(&mut self.frames.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Client {
    socket: TcpStream,
    user: Option<u32>,
    unsent: Vec<u8>,
    request: Vec<u8>,
}

pub(super) struct Worker {
    poll: Poll,
    listener: MioListener,
    inboxes: Arc<[Inbox]>,
    index: usize,
    clients: HashMap<usize, Client>,
    users: HashMap<u32, usize>,
    next: usize,
}

impl Worker {
    pub(super) fn new(poll: Poll, listener: TcpListener, inboxes: Arc<[Inbox]>, index: usize) -> io::Result<Self> {
        let mut listener = MioListener::from_std(listener);
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { poll, listener, inboxes, index, clients: HashMap::new(), users: HashMap::new(), next: 0 })
    }

    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    WAKER => {}
                    Token(client) => {
                        if self.serve(client).is_err() {
                            self.forget(client);
                        }
                    }
                }
            }
            self.deliver();
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            // Anything but "no more" is the trouble of that client, or the limit of files: it will see.
            let Ok((mut socket, _)) = self.listener.accept() else { return Ok(()) };
            socket.set_nodelay(true)?;
            self.poll.registry().register(&mut socket, Token(self.next), Interest::READABLE | Interest::WRITABLE)?;
            self.clients.insert(self.next, Client { socket, user: None, unsent: Vec::new(), request: Vec::new() });
            self.next += 1;
        }
    }

    fn forget(&mut self, client: usize) {
        if let Some(gone) = self.clients.remove(&client)
            && let Some(user) = gone.user
            && self.users.get(&user) == Some(&client)
        {
            self.users.remove(&user);
        }
    }

    /// Reads what a client sent, and answers whole requests.
    fn serve(&mut self, token: usize) -> io::Result<()> {
        let Some(client) = self.clients.get_mut(&token) else { return Ok(()) };
        flush(client)?;
        let mut buffer = [0; 4096];
        loop {
            match client.socket.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => client.request.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        let Some((head, body)) = request(&client.request) else { return Ok(()) };
        let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let number = std::str::from_utf8(path).ok().and_then(|path| path.rsplit('/').next()?.parse::<u32>().ok());
        if path.starts_with(b"/publish") {
            let mut frame = b"data: ".to_vec();
            frame.extend_from_slice(body);
            frame.extend_from_slice(b"\n\n");
            let frame: Frame = frame.into();
            client.request = Vec::new();
            for inbox in self.inboxes.iter() {
                inbox.put(number, &frame)?;
            }
            write(client, b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        } else {
            client.request = Vec::new();
            client.user = number;
            if let Some(user) = number {
                self.users.insert(user, token);
            }
            write(client, b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        }
    }

    /// Writes what is here for this thread's streams. Frames for one user go to all threads: none knows who is where.
    /// Broadcasts that came one after the other go out in one write.
    fn deliver(&mut self) {
        let mut gone = Vec::new();
        let mut together: Vec<u8> = Vec::new();
        let mut frames = self.inboxes[self.index].take().into_iter().peekable();
        while let Some((user, frame)) = frames.next() {
            if let Some(user) = user {
                if let Some(token) = self.users.get(&user)
                    && let Some(client) = self.clients.get_mut(token)
                    && write(client, &frame).is_err()
                {
                    gone.push(*token);
                }
                continue;
            }
            together.extend_from_slice(&frame);
            if frames.peek().is_some_and(|(next, _)| next.is_none()) && together.len() < MOST_TOGETHER {
                continue;
            }
            for (token, client) in &mut self.clients {
                if client.user.is_some() && write(client, &together).is_err() {
                    gone.push(*token);
                }
            }
            together.clear();
        }
        for token in gone {
            self.forget(token);
        }
    }
}

/// Head and body of a request that is whole.
fn request(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let (head, rest) = bytes.split_at(end);
    let length = memchr::memmem::find(head, b"Content-Length: ").map_or(0, |at| {
        let digits = head[at + 16..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |length: usize, digit| length.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
    });
    rest.get(..length).map(|body| (head, body))
}

fn write(client: &mut Client, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while client.unsent.is_empty() && !rest.is_empty() {
        match client.socket.write(rest) {
            Ok(length) => rest = &rest[length..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    if client.unsent.len() + rest.len() > MOST_UNSENT {
        return Err(ErrorKind::OutOfMemory.into());
    }
    client.unsent.extend_from_slice(rest);
    Ok(())
}

fn flush(client: &mut Client) -> io::Result<()> {
    if client.unsent.is_empty() {
        return Ok(());
    }
    let unsent = std::mem::take(&mut client.unsent);
    write(client, &unsent)
}

#[cfg(test)]
mod tests {
    use super::request;

    #[test]
    fn a_request_is_whole_with_its_body() {
        let whole = b"POST /publish HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(request(whole).map(|(_, body)| body), Some(&b"abc"[..]));
        assert_eq!(request(&whole[..whole.len() - 1]), None);
    }
}
