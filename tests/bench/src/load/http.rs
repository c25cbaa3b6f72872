//! Publishers: some keep-alive connections, served by one thread.

mod connection;

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read},
    net::SocketAddr,
    os::fd::AsRawFd as _,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token, Waker, unix::SourceFd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use self::connection::Connection;
use super::{
    pace::Pace,
    tally::{Ledger, Window, histogram},
};
use crate::{
    failure::{Failure, Result},
    stamp::Clock,
};

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Everyone,
    User(u32),
}

/// What a request makes when it is accepted: the event of this number.
pub(crate) type Promise = Option<(To, u64)>;

/// Writes the request of an index that is sent, or was due, at a time.
pub(crate) type Source = Box<dyn FnMut(u64, u64, &mut Vec<u8>) -> Promise + Send>;

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    /// So many a second, whatever the server does; latencies count from when a request was due.
    Paced(f64),
    /// Each connection sends again once it is answered.
    Closed,
    /// So many broadcasts are under way: the next is sent when one has reached everybody.
    Window(u64),
}

pub(crate) struct Plan {
    /// In turn for each connection.
    pub(crate) targets: Vec<SocketAddr>,
    pub(crate) connections: usize,
    pub(crate) how: How,
    pub(crate) time: Duration,
    /// No more requests than this.
    pub(crate) most: u64,
    pub(crate) users: usize,
    pub(crate) source: Source,
}

/// What came of it.
pub(crate) struct Sent {
    pub(crate) requests: u64,
    /// Accepted, in all.
    pub(crate) accepted: u64,
    /// Accepted before the time was over, a second.
    pub(crate) rate: f64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    /// From being due, or sent, to the answer.
    pub(crate) answer: Histogram<u64>,
    /// The number of each unicast that was accepted, and when its answer was here.
    pub(crate) acknowledged: Vec<(u64, u64)>,
    pub(crate) expected: Ledger,
    pub(crate) complaint: Option<String>,
}

/// How long the answers of what was sent may take after the end.
const PATIENCE: Duration = Duration::from_secs(20);
/// A broadcast that has not reached everybody for so long is taken as lost to somebody, and makes room.
const STALL: Duration = Duration::from_secs(2);
const TIMER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);

/// A publisher that is ready to start.
pub(crate) struct Publisher {
    poll: Poll,
    plan: Plan,
    clock: Clock,
    window: Arc<Window>,
    connections: Vec<Connection>,
    /// The one that has been free for longest goes first: servers close connections that say nothing.
    free: VecDeque<usize>,
    index: u64,
    scratch: Vec<u8>,
    sent: Sent,
    in_time: u64,
}

impl Publisher {
    pub(crate) fn new(plan: Plan, clock: Clock) -> Result<Self> {
        let poll = Poll::new()?;
        let window = Window::new(Waker::new(poll.registry(), WAKER)?);
        let mut connections = Vec::with_capacity(plan.connections);
        for (index, target) in plan.targets.iter().cycle().take(plan.connections).enumerate() {
            let mut connection = Connection::open(*target).map_err(Failure::at("connecting a publisher"))?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut connection.socket, Token(index), interest)?;
            connections.push(connection);
        }
        let sent = Sent {
            requests: 0,
            accepted: 0,
            rate: 0.0,
            refused: 0,
            unanswered: 0,
            answer: histogram()?,
            acknowledged: Vec::new(),
            expected: Ledger::new(plan.users),
            complaint: None,
        };
        let free = (0..plan.connections).collect();
        Ok(Self { poll, plan, clock, window, connections, free, index: 0, scratch: Vec::new(), sent, in_time: 0 })
    }

    /// Counts the broadcasts that reached everybody, for [`How::Window`].
    pub(crate) fn window(&self) -> Arc<Window> {
        Arc::clone(&self.window)
    }

    pub(crate) fn start(self) -> Result<JoinHandle<Result<Sent>>> {
        Ok(thread::Builder::new().name("publisher".into()).spawn(move || self.run())?)
    }

    fn run(mut self) -> Result<Sent> {
        let pace = if let How::Paced(rate) = self.plan.how { Some(Pace::new(rate)) } else { None };
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)
            .map_err(Failure::at("timer"))?;
        let tick = pace.map_or(Duration::from_millis(50), Pace::tick);
        let every = Timespec { tv_sec: tick.as_secs().cast_signed(), tv_nsec: tick.subsec_nanos().into() };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &Itimerspec { it_interval: every, it_value: every })
            .map_err(Failure::at("timer"))?;
        self.poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;

        let begin = self.clock.micros();
        let end = Instant::now() + self.plan.time;
        let mut events = Events::with_capacity(1024);
        let mut progress = Progress { done: 0, at: Instant::now(), forgiven: 0 };
        loop {
            let now = Instant::now();
            let sending = now < end && self.index < self.plan.most;
            if sending {
                self.send_due(pace, begin, &mut progress)?;
            } else if self.free.len() == self.connections.len() || now > end + PATIENCE {
                break;
            }
            match self.poll.poll(&mut events, Some(Duration::from_millis(100))) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            let in_time = Instant::now() < end;
            for event in &events {
                match event.token() {
                    TIMER => drop(rustix::io::read(&timer, &mut [0_u8; 8])), // only its waking matters
                    WAKER => {}
                    Token(index) => self.serve(index, in_time)?,
                }
            }
        }
        self.sent.unanswered = (self.connections.len() - self.free.len()) as u64;
        #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
        let in_time = self.in_time as f64;
        let took = end.min(Instant::now()).duration_since(end.checked_sub(self.plan.time).unwrap_or(end));
        self.sent.rate = in_time / took.as_secs_f64();
        Ok(self.sent)
    }

    fn send_due(&mut self, pace: Option<Pace>, begin: u64, progress: &mut Progress) -> Result<()> {
        let now = self.clock.micros();
        while self.index < self.plan.most {
            let due = match (self.plan.how, pace) {
                (How::Paced(_), Some(pace)) => begin + pace.due(self.index),
                (How::Window(size), _) => {
                    if self.index >= progress.room(self.window.done(), size, self.index) {
                        break;
                    }
                    self.clock.micros()
                }
                _ => now,
            };
            if due > now.max(self.clock.micros()) {
                break;
            }
            let Some(free) = self.free.pop_front() else { break };
            self.scratch.clear();
            let promise = (self.plan.source)(self.index, due, &mut self.scratch);
            self.index += 1;
            self.sent.requests += 1;
            self.connections[free].send(&self.scratch, due, promise)?;
        }
        Ok(())
    }

    fn serve(&mut self, index: usize, in_time: bool) -> Result<()> {
        let Some(connection) = self.connections.get_mut(index) else { return Ok(()) };
        connection.flush()?;
        let mut buffer = [0; 16 * 1024];
        loop {
            match connection.socket.read(&mut buffer) {
                Ok(0) => return Err(Failure::new("the server closed a publisher's connection")),
                Ok(length) => connection.answer.extend_from_slice(&buffer[..length]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(error) => return Err(Failure::at("reading an answer")(error)),
            }
        }
        let Some((status, due, promise)) = connection.answered() else { return Ok(()) };
        if (200..300).contains(&status) {
            self.sent.accepted += 1;
            self.in_time += u64::from(in_time);
            match promise {
                Some((To::Everyone, number)) => self.sent.expected.everyone.add(number),
                Some((To::User(user), number)) => {
                    self.sent.expected.users[user as usize].add(number);
                    self.sent.acknowledged.push((number, self.clock.micros()));
                }
                None => {}
            }
        } else {
            self.sent.refused += 1;
            let text = String::from_utf8_lossy(&connection.answer).into_owned();
            self.sent.complaint.get_or_insert(text);
        }
        self.sent.answer.saturating_record(self.clock.micros().saturating_sub(due));
        connection.answer.clear();
        self.free.push_back(index);
        // A closed loop goes on at once, where the next round would find it too.
        Ok(())
    }
}

/// How far a window is.
struct Progress {
    done: u64,
    at: Instant,
    /// Broadcasts that somebody will never have.
    forgiven: u64,
}

impl Progress {
    /// Broadcasts that may have been sent by now.
    fn room(&mut self, done: u64, size: u64, sent: u64) -> u64 {
        if done != self.done || sent == 0 {
            self.done = done;
            self.at = Instant::now();
        } else if self.at.elapsed() > STALL {
            self.at = Instant::now();
            self.forgiven = sent - done;
        }
        done + self.forgiven + size
    }
}
