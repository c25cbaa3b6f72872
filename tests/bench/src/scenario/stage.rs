//! A server with its streams, and phases of load on it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    contestant::{Contestant, Kind, Servers, Wish},
    failure::{Failure, Result},
    load::{
        http::{How, Plan, Promise, Publisher, Sent, Source, To},
        streams::{Opening, Streams},
        tally::{Ledger, Losses, Tally, Window},
    },
    process::Cpu,
    stamp::{self, Clock, Stamp},
};

/// How long streams may take to open, and events to arrive.
const PATIENCE: Duration = Duration::from_mins(2);
/// Nothing more comes after this long without any; a quarter of it where there are only a few streams.
pub(super) const QUIET: Duration = Duration::from_secs(2);
const FEW: u32 = 100;
/// Connections in the making at a time, where it is not the point to make many.
const GENTLE: usize = 256;

/// Whom a phase sends to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Audience {
    Everyone,
    /// One of the first so many users each time, at random.
    Random(u32),
    /// The first so many users, one after the other.
    InTurn(u32),
}

/// What is sent, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) audience: Audience,
    pub(crate) how: How,
    pub(crate) connections: usize,
    pub(crate) time: Duration,
    pub(crate) most: u64,
}

/// What a phase showed. Latencies are in the tally of the streams.
pub(crate) struct Phase {
    pub(crate) sent: Sent,
    /// What was to arrive.
    pub(crate) expected: u64,
    /// Seconds of the server's CPU.
    pub(crate) cpu: f64,
    /// Seconds from the first request to the last delivery.
    pub(crate) seconds: f64,
}

pub(crate) struct Stage {
    pub(crate) kind: Kind,
    pub(crate) contestant: Box<dyn Contestant>,
    pub(crate) streams: Streams,
    pub(crate) clock: Clock,
    pub(crate) users: u32,
    /// All that was accepted so far.
    pub(crate) ledger: Ledger,
    broadcasts: u64,
    unicasts: u64,
    seed: u64,
    /// Where publishers connect to, in turn.
    pub(crate) publish_to: Vec<SocketAddr>,
    /// Whether phases remember when each unicast came.
    pub(crate) keep_arrivals: bool,
    /// Nothing more comes after this long without any.
    pub(crate) quiet: Duration,
    /// Requests that were refused or not answered, and the first such answer.
    pub(crate) refused: u64,
    pub(crate) complaint: Option<String>,
}

impl Stage {
    pub(crate) fn start(servers: &Servers, kind: Kind, wish: Wish, users: u32, clock: Clock) -> Result<Self> {
        Self::of(servers.start(kind, wish)?, kind, users, clock)
    }

    /// On one that runs.
    pub(crate) fn of(contestant: Box<dyn Contestant>, kind: Kind, users: u32, clock: Clock) -> Result<Self> {
        let streams = Streams::new(contestant.as_ref(), clock, users as usize)?;
        let ledger = Ledger::new(users as usize);
        let publish_to = contestant.addresses();
        Ok(Self {
            kind,
            contestant,
            streams,
            clock,
            users,
            ledger,
            broadcasts: 0,
            unicasts: 0,
            seed: 1,
            publish_to,
            keep_arrivals: false,
            quiet: if users > FEW { QUIET } else { QUIET / 4 },
            refused: 0,
            complaint: None,
        })
    }

    /// Opens the streams of these users and waits until all are live.
    pub(crate) fn open(&mut self, users: std::ops::Range<u32>) -> Result<()> {
        let ready = self.streams.ready() + users.len();
        let contestant = &self.contestant;
        let openings = users.map(|user| Opening { user, request: contestant.open(user, None) });
        self.streams.open(openings.collect::<Vec<_>>(), GENTLE);
        self.streams
            .until(PATIENCE, "all streams to open", |streams| streams.ready() >= ready || streams.breaks > 0)?;
        self.unbroken()?;
        // A subscription may still be on its way between processes of the server when the head of the answer is here.
        self.streams.run_for(Duration::from_millis(200))
    }

    /// Opens all, and sends a few events that do not count, so that nothing is measured that happens only once.
    ///
    /// Where the head of an answer is all that says that a stream is live, its subscription may still be on its way
    /// between processes of the server: then these events are lost, and others are sent.
    pub(crate) fn open_and_warm_up(&mut self) -> Result<()> {
        const TRIES: u32 = 10;
        self.open(0..self.users)?;
        let load = Load {
            audience: Audience::Everyone,
            how: How::Paced(20.0),
            connections: 4,
            time: Duration::from_secs(1),
            most: 3,
        };
        for _ in 0..TRIES {
            let phase = self.run(load)?;
            if self.streams.tally.deliveries >= phase.expected {
                self.ledger = Ledger::new(self.users as usize);
                self.streams.forget_counts();
                return Ok(());
            }
            eprintln!("    {} lost events just after its streams were opened; once more", self.kind.name());
        }
        Err(Failure::new("events do not arrive"))
    }

    /// Asks for the streams of these users again, each from where it was.
    pub(crate) fn reopen(&mut self, users: std::ops::Range<u32>, at_once: usize) {
        let openings = users.map(|user| {
            let request = self.contestant.open(user, self.streams.id_of(user as usize));
            Opening { user, request }
        });
        let openings: Vec<_> = openings.collect();
        self.streams.open(openings, at_once);
    }

    /// The same, and waits until all of them are live.
    pub(crate) fn come_back(&mut self, users: std::ops::Range<u32>, at_once: usize) -> Result<()> {
        let ready = self.streams.ready() + users.len();
        self.reopen(users, at_once);
        self.streams.until(PATIENCE, "all to be back", |streams| streams.ready() >= ready || streams.breaks > 0)?;
        self.unbroken()
    }

    fn unbroken(&self) -> Result<()> {
        self.streams.broken.as_ref().map_or(Ok(()), |broken| Err(Failure::new(broken.clone())))
    }

    pub(crate) fn losses(&self) -> Losses {
        self.streams.losses(&self.ledger)
    }

    /// What renders the events of a phase, with new numbers.
    pub(crate) fn source(&mut self, audience: Audience) -> Source {
        let render = self.contestant.render();
        let kind = if matches!(audience, Audience::Everyone) { stamp::Kind::Broadcast } else { stamp::Kind::Unicast };
        let first = if kind == stamp::Kind::Broadcast { self.broadcasts } else { self.unicasts };
        self.seed += 1;
        let mut random = Random(self.seed);
        Box::new(move |index, micros, out| -> Promise {
            let to = match audience {
                Audience::Everyone => To::Everyone,
                Audience::Random(users) => To::User(random.below(users)),
                Audience::InTurn(users) => To::User(u32::try_from(index % u64::from(users)).unwrap_or(0)),
            };
            let number = first + index;
            render(to, &Stamp { kind, micros, number }.bytes(), out);
            Some((to, number))
        })
    }

    /// Has a publisher send, and collects what arrives, until all of it has or nothing more comes.
    pub(crate) fn run(&mut self, load: Load) -> Result<Phase> {
        let publisher = self.publisher(load)?;
        let window = matches!(load.how, How::Window(_)).then(|| publisher.window());
        self.new_tally(window)?;
        let processes = self.contestant.processes();
        let before = Cpu::of(&processes)?;
        let begin = self.clock.micros();
        let sent = self.publish(load, publisher)?;
        let expected = sent.expected.deliveries(self.users as usize);
        self.collect(expected)?;
        let cpu = Cpu::of(&processes)?.since(&before);
        #[expect(clippy::cast_precision_loss, reason = "microseconds of minutes")]
        let seconds = self.streams.tally.newest.saturating_sub(begin).max(1) as f64 / 1e6;
        Ok(Phase { sent, expected, cpu, seconds })
    }

    /// Has a publisher send, and waits for nothing: nobody is there to receive it.
    pub(crate) fn send_unheard(&mut self, load: Load) -> Result<Sent> {
        let publisher = self.publisher(load)?;
        self.publish(load, publisher)
    }

    fn publish(&mut self, load: Load, publisher: Publisher) -> Result<Sent> {
        let thread = publisher.start()?;
        self.streams.until(load.time + PATIENCE, "the publisher", |_| thread.is_finished())?;
        let sent = thread.join().map_err(|_| Failure::new("a publisher panicked"))??;
        self.sent(load.audience, &sent);
        Ok(sent)
    }

    /// A publisher that is ready to start.
    pub(crate) fn publisher(&mut self, load: Load) -> Result<Publisher> {
        let source = self.source(load.audience);
        let plan = Plan {
            targets: self.publish_to.clone(),
            connections: load.connections,
            how: load.how,
            time: load.time,
            most: load.most,
            users: self.users as usize,
            source,
        };
        Publisher::new(plan, self.clock)
    }

    /// Starts to count anew.
    pub(crate) fn new_tally(&mut self, window: Option<std::sync::Arc<Window>>) -> Result<()> {
        self.streams.tally = Tally::new(self.broadcasts, self.users, window)?;
        self.streams.tally.arrivals = self.keep_arrivals.then(Vec::new);
        Ok(())
    }

    /// Books what a publisher has sent.
    pub(crate) fn sent(&mut self, audience: Audience, sent: &Sent) {
        match audience {
            Audience::Everyone => self.broadcasts += sent.requests,
            _ => self.unicasts += sent.requests,
        }
        self.refuse(sent);
        self.ledger.merge(&sent.expected);
    }

    /// Books what a publisher was not granted.
    pub(crate) fn refuse(&mut self, sent: &Sent) {
        self.refused += sent.refused + sent.unanswered;
        if self.complaint.is_none() {
            self.complaint.clone_from(&sent.complaint);
        }
    }

    /// Waits for so many deliveries of this phase, as long as any come.
    pub(crate) fn collect(&mut self, expected: u64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = (0, Instant::now());
        while self.streams.tally.deliveries < expected && Instant::now() < deadline {
            self.streams.turn(Duration::from_millis(5))?;
            if self.streams.tally.deliveries != last.0 {
                last = (self.streams.tally.deliveries, Instant::now());
            } else if last.1.elapsed() > self.quiet {
                break;
            }
        }
        Ok(())
    }
}

/// `SplitMix64`: the same users in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        u32::try_from(mixed % u64::from(limit.max(1))).unwrap_or(0)
    }
}
