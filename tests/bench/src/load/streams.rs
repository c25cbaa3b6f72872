//! The holder of streams: one thread, one epoll loop, thousands of sockets.
//!
//! It is made to be cheap, because it shares the machine with the server: no runtime, one buffer for all, a few words
//! for each stream, and no parsing beyond finding the ends of events and the stamps in them.

mod polls;
mod slot;

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read},
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use socket2::{Domain, Socket, Type};

use self::slot::{Progress, Slot, State};
use super::{
    tally::{Count, Ledger, Losses, Tally, histogram},
    wire::Wire,
};
use crate::{
    contestant::Contestant,
    failure::{Failure, Result},
    stamp::{Clock, Stamps},
};

/// What one read may bring.
const BUFFER: usize = 128 * 1024;
/// What one look at the sockets may bring.
const EVENTS: usize = 4096;
/// Streams come from this many loopback addresses in turn, so that ports do not run out: each address has its own.
const ADDRESSES: u32 = 16;
/// How often a refused connection is tried again, all in all, before the run is given up.
const RETRIES: u64 = 100_000;

/// A stream to open.
pub(crate) struct Opening {
    pub(crate) user: u32,
    pub(crate) request: Vec<u8>,
}

/// Thousands of streams; that of user `n` is at index `n`.
pub(crate) struct Streams {
    poll: Poll,
    events: Events,
    buffer: Box<[u8]>,
    clock: Clock,
    stamps: Stamps,
    /// In turn for each user.
    targets: Vec<SocketAddr>,
    wire: Wire,
    /// Whether a stream is ready with its head, or says so with an event.
    ready_event: bool,
    /// Whether to remember where each stream is, for coming back. Costs a look at each frame.
    pub(crate) keep_ids: bool,
    slots: Vec<Slot>,
    waiting: VecDeque<Opening>,
    /// Connections that may be in the making at the same time.
    at_once: usize,
    opening: usize,
    ready: usize,
    retries: u64,
    sources: u32,
    /// From the first packet to being ready.
    pub(crate) opened: Histogram<u64>,
    pub(crate) tally: Tally,
    /// What went wrong with streams, the first time, and how often.
    pub(crate) broken: Option<String>,
    pub(crate) breaks: u64,
}

impl Streams {
    pub(crate) fn new(contestant: &dyn Contestant, clock: Clock, users: usize) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            buffer: vec![0; BUFFER].into(),
            clock,
            stamps: Stamps::new(),
            targets: contestant.addresses(),
            wire: contestant.wire(),
            ready_event: contestant.says_ready(),
            keep_ids: false,
            slots: (0..users).map(|_| Slot::default()).collect(),
            waiting: VecDeque::new(),
            at_once: usize::MAX,
            opening: 0,
            ready: 0,
            retries: 0,
            sources: 0,
            opened: histogram()?,
            tally: Tally::new(0, u32::try_from(users).unwrap_or(u32::MAX), None)?,
            broken: None,
            breaks: 0,
        })
    }

    /// Asks for these streams to be opened, so many at a time. They open while the loop turns.
    pub(crate) fn open(&mut self, openings: impl IntoIterator<Item = Opening>, at_once: usize) {
        self.at_once = at_once;
        self.waiting.extend(openings);
    }

    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// Where the user's stream is.
    pub(crate) fn id_of(&self, user: usize) -> Option<&[u8]> {
        self.slots.get(user).map(|slot| slot.id.as_slice()).filter(|id| !id.is_empty())
    }

    /// Begins to count anew.
    pub(crate) fn forget_counts(&mut self) {
        for slot in &mut self.slots {
            slot.got = Count::default();
        }
    }

    /// Closes a user's stream as a browser does that goes away.
    pub(crate) fn close(&mut self, user: usize) {
        let Some(slot) = self.slots.get_mut(user) else { return };
        match slot.state {
            State::Away => return,
            State::Ready => self.ready -= 1,
            _ => self.opening -= 1,
        }
        if let Some(mut socket) = slot.socket.take() {
            let _ = self.poll.registry().deregister(&mut socket); // it is closed in a moment
        }
        slot.left();
    }

    pub(crate) fn close_all(&mut self) {
        self.waiting.clear();
        for user in 0..self.slots.len() {
            self.close(user);
        }
    }

    /// Compares what the first so many users received with what they should have.
    pub(crate) fn losses(&self, expected: &Ledger) -> Losses {
        let mut losses = Losses::default();
        for (user, slot) in self.slots.iter().enumerate() {
            losses.add(expected.of(user), slot.got);
        }
        losses
    }

    /// Turns until the condition holds.
    pub(crate) fn until(&mut self, patience: Duration, what: &str, mut done: impl FnMut(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + patience;
        while !done(self) {
            if Instant::now() > deadline {
                let broken = self.broken.as_deref().unwrap_or("no stream failed");
                let state = format!("{} of {} streams are open; {broken}", self.ready, self.slots.len());
                return Err(Failure::new(format!("gave up waiting for {what} after {patience:?} ({state})")));
            }
            self.turn(Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// Turns for this long.
    pub(crate) fn run_for(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.turn(left.min(Duration::from_millis(20)))?;
        }
    }

    /// Does what there is to do, and waits for it no longer than this.
    pub(crate) fn turn(&mut self, timeout: Duration) -> Result<()> {
        while self.opening < self.at_once
            && let Some(opening) = self.waiting.pop_front()
        {
            self.connect(opening)?;
        }
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let polled = self.poll.poll(&mut events, Some(timeout));
        for event in &events {
            self.advance(event.token().0);
        }
        self.events = events;
        match polled {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn connect(&mut self, opening: Opening) -> Result<()> {
        let user = opening.user as usize;
        let mut socket = self.socket(user).map_err(Failure::at(format!("connecting stream {user}")))?;
        self.poll.registry().register(&mut socket, Token(user), Interest::READABLE | Interest::WRITABLE)?;
        let slot = self.slots.get_mut(user).ok_or_else(|| Failure::new("no such user"))?;
        slot.start(socket, opening.request, self.wire, self.clock.micros());
        self.opening += 1;
        Ok(())
    }

    /// A socket that is connecting, from one loopback address after the other.
    fn socket(&mut self, user: usize) -> io::Result<TcpStream> {
        let target = self.targets.get(user % self.targets.len().max(1)).ok_or(ErrorKind::AddrNotAvailable)?;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        self.sources = (self.sources + 1) % ADDRESSES;
        let source = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + 1 + self.sources);
        socket.bind(&SocketAddr::from((source, 0)).into())?;
        match socket.connect(&(*target).into()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => Err(error),
            _ => Ok(TcpStream::from_std(socket.into())),
        }
    }

    fn advance(&mut self, user: usize) {
        let Some(slot) = self.slots.get_mut(user) else { return };
        let before = slot.state;
        let outcome = Self::read(slot, &mut self.buffer, self.clock, &self.stamps, self.keep_ids, &mut self.tally);
        self.tally.sent += std::mem::take(&mut slot.sent);
        if slot.state == State::Opening && (slot.said_ready || !self.ready_event) {
            slot.state = State::Ready;
        }
        if before != State::Ready && slot.state == State::Ready {
            self.opened.saturating_record(self.clock.micros().saturating_sub(slot.started));
            self.opening -= 1;
            self.ready += 1;
        }
        if let Err(error) = outcome {
            self.ended(user, before, &error);
        }
    }

    fn read(
        slot: &mut Slot,
        buffer: &mut [u8],
        clock: Clock,
        stamps: &Stamps,
        keep_ids: bool,
        tally: &mut Tally,
    ) -> io::Result<()> {
        if slot.state == State::Connecting && slot.send()? == Progress::Wait {
            return Ok(());
        }
        while let Some(socket) = &mut slot.socket {
            let length = match socket.read(buffer) {
                Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the server closed the stream")),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let now = clock.micros();
            tally.reads += 1;
            tally.received += length as u64;
            let begun = slot.started;
            slot.take(&buffer[..length], stamps, keep_ids, |stamp| tally.arrived(stamp, now, begun))?;
            if length < buffer.len() {
                break; // the next byte will be announced
            }
        }
        Ok(())
    }

    /// A stream that was not closed by us. One that was refused is tried again: the queue of the listener was full.
    fn ended(&mut self, user: usize, before: State, error: &io::Error) {
        let request = std::mem::take(&mut self.slots[user].request);
        self.close(user);
        let refused = matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset);
        if before == State::Connecting && refused && self.retries < RETRIES && !request.is_empty() {
            self.retries += 1;
            self.waiting.push_back(Opening { user: u32::try_from(user).unwrap_or(u32::MAX), request });
            return;
        }
        self.breaks += 1;
        self.broken.get_or_insert_with(|| format!("stream {user} ({before:?}): {error}"));
    }
}
