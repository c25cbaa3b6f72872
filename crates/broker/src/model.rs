//! The broker against a naive list, over random histories.
//!
//! A case is a list of things that happen to a log, to nodes and to clients: somebody publishes, marks,
//! joins a topic or mutes, an admin corrects or retracts, a commit fails before or after it happened, a bell is lost, a read takes long, a client stops
//! reading or comes back with whatever it has, the log is trimmed or restored, a node is killed. Every
//! frame is judged when a client takes it, and at the end all faults heal and everybody must agree with
//! their inbox. Time is virtual, and queues, ring and pages are tiny, so a short history reaches far.
//!
//! How to run it again, or for longer: docs/testing.md.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use tidings_models::{Flags, Random, SystemRandom};

use self::{store::Fails, world::World};
use crate::sizes::Sizes;

pub(crate) use self::world::Tally;

mod bus;
mod client;
mod holdings;
mod line;
mod log;
mod store;
mod world;

const NODES: usize = 2;
const CLIENTS: usize = 4;
const TOPICS: [&str; 2] = ["alerts", "deploys"];
/// Histories of `make test`.
const CASES: u32 = 10_000;
/// Steps of one history.
const STEPS: usize = 30;

/// Who a notification is for.
#[derive(Clone, Copy, Debug)]
enum To {
    One(usize),
    Two,
    Topic(usize),
    Everyone,
}

/// What of a notification matters to groups and mutes.
#[derive(Clone, Copy, Debug, Default)]
struct Content {
    group: Option<u8>,
    loud: bool,
    build: bool,
    critical: bool,
    /// Milliseconds until it is made, if not now,
    later: Option<i64>,
    /// and from then until it expires.
    expires: Option<i64>,
}

/// What a client comes with.
#[derive(Clone, Debug)]
enum Place {
    /// Its last id.
    Held,
    Nothing,
    /// It was elsewhere before: the state of some place in the log, and its cursor.
    Earlier(u8),
    Ahead(u8),
    Garbage(String),
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Op {
    Send {
        node: usize,
        to: To,
        content: Content,
        count: usize,
        key: Option<u8>,
    },
    Abandon {
        node: usize,
        to: To,
    },
    Mark {
        user: usize,
        pick: u8,
        flags: Flags,
    },
    /// Several, by name.
    MarkSome {
        user: usize,
        picks: [u8; 3],
        flags: Flags,
    },
    MarkUpTo {
        user: usize,
        pick: u8,
        flags: Flags,
    },
    Snooze {
        user: usize,
        pick: u8,
        millis: i64,
    },
    Join {
        user: usize,
        topic: usize,
    },
    Leave {
        user: usize,
        pick: u8,
    },
    /// Joins, gets one, and leaves: all of it before a node that lags hears of any.
    PassThrough {
        user: usize,
        topic: usize,
    },
    /// A topic, a category, a level.
    Mute {
        user: usize,
        mutes: [bool; 3],
    },
    /// In the log.
    Signal {
        to: To,
    },
    /// Not in the log.
    Whisper {
        node: usize,
        to: To,
    },
    Correct {
        pick: u8,
        content: Content,
    },
    Retract {
        pick: u8,
    },
    CommitFails(Fails),
    ReadsFail,
    ReadsTake(u64),
    FollowersTake(u64),
    Heal,
    Hide,
    Connect {
        client: usize,
        node: usize,
        place: Place,
    },
    Read {
        client: usize,
        frames: usize,
    },
    Cut {
        client: usize,
    },
    LoseBells {
        node: usize,
        count: u8,
    },
    ForgeBell {
        node: usize,
    },
    Trim {
        keep: u8,
        behind: bool,
    },
    /// During the next replay, so many events beyond its place.
    TrimUnderfoot {
        beyond: u8,
    },
    Expire,
    Restart {
        node: usize,
        goodbye: bool,
    },
    Restore {
        back: u8,
    },
    Advance(u64),
    Jump(u64),
}

/// A history, and how little there is room for in it.
#[derive(Clone)]
struct Case {
    sizes: Sizes,
    /// What reads take from the start on, in milliseconds.
    latency: u64,
    ops: Vec<Op>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}, reads take {} ms", self.sizes, self.latency)?;
        self.ops.iter().enumerate().try_for_each(|(index, op)| writeln!(f, "  {index}: {op:?}"))
    }
}

fn flags() -> impl Strategy<Value = Flags> {
    let none = Flags::default();
    prop::sample::select(vec![
        Flags { read: Some(true), ..none },
        Flags { read: Some(false), ..none },
        Flags { seen: Some(true), ..none },
        Flags { archived: Some(true), ..none },
        Flags { archived: Some(false), read: Some(true), ..none },
    ])
}

fn content() -> impl Strategy<Value = Content> {
    let seldom = || prop::bool::weighted(0.3);
    let soon = || prop::option::weighted(0.1, prop::sample::select(vec![700_i64, 2000, 6000]));
    (prop::option::weighted(0.25, 0..2_u8), seldom(), seldom(), prop::bool::weighted(0.1), soon(), soon()).prop_map(
        |(group, loud, build, critical, later, expires)| Content { group, loud, build, critical, later, expires },
    )
}

fn node() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0), 1 => 1..NODES]
}

fn op() -> impl Strategy<Value = Op> {
    let topic = || 0..TOPICS.len();
    let to = || {
        let one = (0..3_usize).prop_map(To::One);
        prop_oneof![4 => one, 1 => Just(To::Two), 3 => topic().prop_map(To::Topic), 3 => Just(To::Everyone)]
    };
    let place = prop_oneof![
        6 => Just(Place::Held),
        2 => Just(Place::Nothing),
        4 => any::<u8>().prop_map(Place::Earlier),
        1 => (1..4_u8).prop_map(Place::Ahead),
        1 => prop::sample::select(vec!["", "\r\nid: 1", "AAAAAAAAAAAAAAAAAAAAAA"]).prop_map(|text| Place::Garbage(text.into())),
    ];
    let deleted = Flags { deleted: Some(true), ..Flags::default() };
    let acted = Flags { acted: Some(true), ..Flags::default() };
    prop_oneof![
        12 => (node(), to(), content(), 1..4_usize, prop::option::weighted(0.2, 0..3_u8))
            .prop_map(|(node, to, content, count, key)| Op::Send { node, to, content, count, key }),
        1 => (node(), to()).prop_map(|(node, to)| Op::Abandon { node, to }),
        3 => (0..3_usize, any::<u8>(), prop_oneof![4 => flags(), 1 => Just(acted), 1 => Just(deleted)])
            .prop_map(|(user, pick, flags)| Op::Mark { user, pick, flags }),
        1 => (0..3_usize, any::<[u8; 3]>(), flags()).prop_map(|(user, picks, flags)| Op::MarkSome { user, picks, flags }),
        2 => (0..3_usize, any::<u8>(), flags()).prop_map(|(user, pick, flags)| Op::MarkUpTo { user, pick, flags }),
        2 => (0..3_usize, any::<u8>(), prop::sample::select(vec![1000_i64, 4000, 86_400_000]))
            .prop_map(|(user, pick, millis)| Op::Snooze { user, pick, millis }),
        4 => (0..3_usize, topic()).prop_map(|(user, topic)| Op::Join { user, topic }),
        3 => (0..3_usize, any::<u8>()).prop_map(|(user, pick)| Op::Leave { user, pick }),
        4 => (0..3_usize, any::<[bool; 3]>()).prop_map(|(user, mutes)| Op::Mute { user, mutes }),
        2 => to().prop_map(|to| Op::Signal { to }),
        5 => (node(), to()).prop_map(|(node, to)| Op::Whisper { node, to }),
        2 => (any::<u8>(), content()).prop_map(|(pick, content)| Op::Correct { pick, content }),
        2 => any::<u8>().prop_map(|pick| Op::Retract { pick }),
        1 => prop_oneof![Just(Fails::Before), Just(Fails::After)].prop_map(Op::CommitFails),
        1 => Just(Op::ReadsFail),
        4 => prop::sample::select(vec![2_u64, 10, 50, 1500, 4000]).prop_map(Op::ReadsTake),
        2 => prop::sample::select(vec![2_u64, 20, 1500]).prop_map(Op::FollowersTake),
        1 => Just(Op::Heal),
        1 => Just(Op::Hide),
        8 => (0..CLIENTS, node(), place).prop_map(|(client, node, place)| Op::Connect { client, node, place }),
        12 => (0..CLIENTS, 1..8_usize).prop_map(|(client, frames)| Op::Read { client, frames }),
        1 => (0..CLIENTS).prop_map(|client| Op::Cut { client }),
        3 => (0..NODES, prop_oneof![Just(1), 2..12_u8]).prop_map(|(node, count)| Op::LoseBells { node, count }),
        1 => node().prop_map(|node| Op::ForgeBell { node }),
        4 => (0..6_u8, prop::bool::weighted(0.1)).prop_map(|(keep, behind)| Op::Trim { keep, behind }),
        2 => (1..4_u8).prop_map(|beyond| Op::TrimUnderfoot { beyond }),
        2 => Just(Op::Expire),
        1 => (node(), any::<bool>()).prop_map(|(node, goodbye)| Op::Restart { node, goodbye }),
        1 => (0..5_u8).prop_map(|back| Op::Restore { back }),
        3 => prop::sample::select(vec![3_u64, 50, 1200, 4000]).prop_map(Op::Advance),
        1 => (1..40_u64).prop_map(Op::Jump),
    ]
}

/// What happens about one topic, mostly to the user who has two clients, while a node lags.
fn of_a_topic() -> impl Strategy<Value = Op> {
    let (user, client) =
        (|| prop_oneof![4 => Just(0), 1 => 1..3_usize], || prop_oneof![4 => 0..2_usize, 1 => 2..CLIENTS]);
    let (to, content) = (To::Topic(0), Content::default());
    prop_oneof![
        4 => node().prop_map(move |node| Op::Send { node, to, content, count: 1, key: None }),
        4 => user().prop_map(|user| Op::Join { user, topic: 0 }),
        4 => user().prop_map(|user| Op::Leave { user, pick: 0 }),
        2 => user().prop_map(|user| Op::PassThrough { user, topic: 0 }),
        1 => (user(), any::<bool>()).prop_map(|(user, topic)| Op::Mute { user, mutes: [topic, false, false] }),
        1 => Just(Op::Signal { to }),
        2 => node().prop_map(move |node| Op::Whisper { node, to }),
        2 => (2..12_u8).prop_map(|count| Op::LoseBells { node: 1, count }),
        3 => (client(), 0..NODES).prop_map(|(client, node)| Op::Connect { client, node, place: Place::Held }),
        3 => (client(), 1..8_usize).prop_map(|(client, frames)| Op::Read { client, frames }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = (1..6_usize, prop_oneof![1..3_usize, 3..9_usize], 1..4_usize, 1..4_u32);
    let latency = prop_oneof![Just(0_u64), prop::sample::select(vec![2_u64, 10, 50, 4000])];
    let all = prop::collection::vec(op(), 1..STEPS);
    let mostly_topics = prop::collection::vec(prop_oneof![1 => op(), 4 => of_a_topic()], 1..STEPS);
    (sizes, latency, prop_oneof![2 => all, 1 => mostly_topics]).prop_map(
        |((queue, ring, replay_page, follower_page), latency, ops)| Case {
            sizes: Sizes { queue, ring, replay_page, follower_page },
            latency,
            ops,
        },
    )
}

/// A history that went wrong.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(crate) what: String,
    /// How many were lived through, with those that made it shorter.
    pub(crate) histories: usize,
    case: String,
}

/// Lives through random histories. The first that goes wrong is made as short as it gets in `shrinks`
/// attempts.
pub(crate) fn run(cases: u32, seed: u64, shrinks: u32) -> Result<Tally, Caught> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: shrinks, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let tally = RefCell::new(Tally::default());
    let histories = Cell::new(0);
    // Not the default generator: without optimisation that takes longer than all the rest.
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &[seed.to_le_bytes(), [1; 8]].concat());
    let outcome = TestRunner::new_with_rng(config, rng).run(&case(), |case| {
        histories.set(histories.get() + 1);
        let lived = runtime.block_on(World::live(&case)).map_err(TestCaseError::fail)?;
        tally.borrow_mut().add(&lived);
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(tally.into_inner()),
        Err(TestError::Fail(what, case)) => {
            Err(Caught { what: what.to_string(), histories: histories.get(), case: format!("{case:?}") })
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn the_broker_agrees_with_a_naive_list() {
    let cases = number("TIDINGS_MODEL_CASES").map_or(CASES, |cases| u32::try_from(cases).unwrap());
    let seed = number("TIDINGS_MODEL_SEED").unwrap_or_else(|| SystemRandom.up_to(u32::MAX).into());
    match run(cases, seed, 4096) {
        Ok(tally) => {
            println!("{cases} histories of seed {seed}: {tally:?}");
            assert!(cases < CASES || tally.is_complete(), "a part of the broker was not reached: {tally:?}");
        }
        Err(Caught { what, case, .. }) => panic!(
            "{what}\n{case}\nAgain: TIDINGS_MODEL_SEED={seed} TIDINGS_MODEL_CASES={cases} cargo test -p tidings-broker model"
        ),
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.heartbeats += other.heartbeats;
        self.muted += other.muted;
        self.whispers += other.whispers;
        self.resets.iter_mut().zip(other.resets).for_each(|(sum, more)| *sum += more);
        self.replays_from_the_store += other.replays_from_the_store;
        self.failed_commits += other.failed_commits;
        self.repeated_keys += other.repeated_keys;
        self.prompt += other.prompt;
        self.stuck_nodes += other.stuck_nodes;
        for (kind, count) in &other.logged {
            *self.logged.entry(kind).or_default() += count;
        }
    }

    /// Whether everything that is to be tested did happen.
    fn is_complete(&self) -> bool {
        let counts = [
            self.events,
            self.heartbeats,
            self.muted,
            self.whispers,
            self.replays_from_the_store,
            self.failed_commits,
            self.repeated_keys,
            self.prompt,
            self.stuck_nodes,
        ];
        let logged = log::KINDS.iter().all(|kind| self.logged.contains_key(kind));
        logged && counts.iter().chain(&self.resets).all(|count| *count > 0)
    }
}
