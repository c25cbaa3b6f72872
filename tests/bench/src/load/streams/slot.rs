//! One stream: how far it is, and what it received.

use std::io::{self, ErrorKind, Write};

use mio::net::TcpStream;

use super::polls::{Answer, Polls};
use crate::{
    load::{
        chunks::Chunks,
        frames::{Frames, last_id},
        messages::Messages,
        tally::Count,
        wire::Wire,
    },
    stamp::{Stamp, Stamps},
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Away,
    /// The request is not sent yet.
    Connecting,
    /// The request is sent.
    Asked,
    /// The answer began.
    Opening,
    Ready,
}

/// Whether something is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Done,
    Wait,
}

/// More than any head of an answer.
const LONGEST_HEAD: usize = 16 * 1024;

/// What is remembered of one user's stream. What was received stays when the stream goes: it counts for the user.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) socket: Option<TcpStream>,
    pub(super) state: State,
    pub(super) said_ready: bool,
    wire: Wire,
    chunks: Option<Chunks>,
    frames: Frames,
    messages: Messages,
    /// Of a long poll alone.
    polls: Option<Box<Polls>>,
    pub(super) got: Count,
    /// The last event that was whole.
    pub(super) id: Vec<u8>,
    /// What is still to be sent; then, until it is whole, the head of the answer.
    pub(super) request: Vec<u8>,
    pub(super) started: u64,
    /// Bytes, as long as nobody has counted them.
    pub(super) sent: u64,
}

impl Slot {
    pub(super) fn start(&mut self, socket: TcpStream, request: Vec<u8>, wire: Wire, now: u64) {
        self.wire = wire;
        self.polls = if let Wire::LongPoll { wait } = wire { Some(Box::new(Polls::new(&request, wait))) } else { None };
        self.socket = Some(socket);
        self.state = State::Connecting;
        self.said_ready = false;
        self.request = request;
        self.started = now;
    }

    pub(super) fn left(&mut self) {
        self.socket = None;
        self.state = State::Away;
        self.chunks = None;
        self.frames.clear();
        self.messages.clear();
        self.polls = None;
        self.request = Vec::new();
    }

    /// Sends the request once the connection is there. It is shorter than any socket buffer.
    pub(super) fn send(&mut self) -> io::Result<Progress> {
        let Some(socket) = &mut self.socket else { return Ok(Progress::Wait) };
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.write(&self.request) {
            Ok(length) if length == self.request.len() => {
                self.sent += length as u64;
                self.request = Vec::new();
                if self.state == State::Connecting {
                    self.state = State::Asked;
                }
                Ok(Progress::Done)
            }
            Ok(_) => Err(io::Error::new(ErrorKind::WriteZero, "the request did not fit")),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => Ok(Progress::Wait),
            Err(error) => Err(error),
        }
    }

    /// Takes what was read.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        stamps: &Stamps,
        keep_ids: bool,
        arrived: impl FnMut(Stamp),
    ) -> io::Result<()> {
        if self.polls.is_some() {
            return self.polled(bytes, stamps, arrived);
        }
        if self.state != State::Asked {
            return self.body(bytes, stamps, keep_ids, arrived);
        }
        self.request.extend_from_slice(bytes);
        let Some(end) = memchr::memmem::find(&self.request, b"\r\n\r\n") else {
            return if self.request.len() > LONGEST_HEAD { Err(malformed("a head without end")) } else { Ok(()) };
        };
        let answer = std::mem::take(&mut self.request);
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let wanted = if self.wire == Wire::WebSocket { "101" } else { "200" };
        if head.split(' ').nth(1) != Some(wanted) {
            return Err(malformed(&format!("answered: {}", String::from_utf8_lossy(&answer))));
        }
        let chunked = head.lines().any(|line| line.starts_with("transfer-encoding:") && line.contains("chunked"));
        self.chunks = chunked.then(Chunks::default);
        self.state = State::Opening;
        self.body(&answer[end + 4..], stamps, keep_ids, arrived)
    }

    fn body(
        &mut self,
        mut bytes: &[u8],
        stamps: &Stamps,
        keep_ids: bool,
        mut arrived: impl FnMut(Stamp),
    ) -> io::Result<()> {
        let Self { wire, chunks, frames, messages, got, id, said_ready, state, .. } = self;
        let ready: &[u8] = if *wire == Wire::WebSocket { br#"{"event":"ready""# } else { b"event: ready\n" };
        let mut visit = |whole: &[u8]| {
            for stamp in stamps.of(whole) {
                got.add(stamp.number);
                arrived(stamp);
            }
            if *state == State::Opening && memchr::memmem::find(whole, ready).is_some() {
                *said_ready = true;
            }
            if keep_ids && let Some(last) = last_id(whole) {
                id.clear();
                id.extend_from_slice(last);
            }
        };
        if *wire == Wire::WebSocket {
            return messages.take(bytes, visit).map_err(|over| malformed(&format!("a message: {over:?}")));
        }
        let Some(chunks) = chunks else {
            return frames.take(bytes, visit).map_err(|_| malformed("an event without end"));
        };
        while !bytes.is_empty() {
            let (data, used) = chunks.next(bytes).map_err(|_| malformed("not in chunks"))?;
            frames.take(data, &mut visit).map_err(|_| malformed("an event without end"))?;
            bytes = &bytes[used..];
        }
        if chunks.is_over() { Err(malformed("the server ended the stream")) } else { Ok(()) }
    }
}

impl Slot {
    /// Counts what an answer brings, and asks for what comes after it.
    fn polled(&mut self, bytes: &[u8], stamps: &Stamps, mut arrived: impl FnMut(Stamp)) -> io::Result<()> {
        let Self { polls, got, .. } = self;
        let Some(polls) = polls else { return Ok(()) };
        let visit = |whole: &[u8]| {
            for stamp in stamps.of(whole) {
                got.add(stamp.number);
                arrived(stamp);
            }
        };
        match polls.take(bytes, visit) {
            Answer::Part => return Ok(()),
            Answer::Other(text) => return Err(malformed(&format!("answered: {text}"))),
            Answer::Whole { next, more } => {
                self.request = next;
                if !more && self.state == State::Asked {
                    self.state = State::Opening;
                    self.said_ready = true;
                }
            }
        }
        match self.send()? {
            Progress::Done => Ok(()),
            // Its only request was answered, so the socket has room.
            Progress::Wait => Err(io::Error::new(ErrorKind::WriteZero, "the next request did not fit")),
        }
    }
}

fn malformed(text: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Kind;

    #[test]
    fn events_are_counted_once_wherever_the_stream_is_cut() {
        let stamp = Stamp { kind: Kind::Unicast, micros: 7, number: 3 }.bytes();
        let mut event = b"id: abc\ndata: ".to_vec();
        event.extend(stamp);
        event.extend(b"\n\n");
        let mut wire =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n16\r\nevent: ready\ndata: {}\n\r\n".to_vec();
        wire.extend(b"1\r\n\n\r\n");
        for half in [&event[..20], &event[20..]] {
            wire.extend(format!("{:x}\r\n", half.len()).bytes());
            wire.extend(half);
            wire.extend(b"\r\n");
        }
        for cut in 0..wire.len() {
            let mut slot = Slot { state: State::Asked, ..Slot::default() };
            let mut seen = 0;
            for piece in [&wire[..cut], &wire[cut..]] {
                slot.take(piece, &Stamps::new(), true, |_| seen += 1).unwrap();
            }
            assert_eq!((seen, slot.got.events, slot.said_ready), (1, 1, true), "cut at {cut}");
            assert_eq!(slot.id, b"abc");
        }
    }

    #[test]
    fn another_answer_is_an_error_that_shows_it() {
        let mut slot = Slot { state: State::Asked, ..Slot::default() };
        let error = slot.take(b"HTTP/1.1 401 No\r\n\r\n{}", &Stamps::new(), false, |_| ()).unwrap_err();
        assert!(error.to_string().contains("401 No"));
    }
}
