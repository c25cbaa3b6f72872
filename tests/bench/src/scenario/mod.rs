//! What is measured. One file for each scenario, which says what it does and what is fair about it.

pub(crate) mod alone;
mod broadcast;
mod flood;
mod full_rate;
mod idle;
mod latency;
mod mixed;
mod reconnect;
mod replay;
mod stage;
mod unicast;

use std::time::Duration;

pub(crate) use self::stage::{Random, Stage};
use crate::{
    contestant::{Kind, Wish},
    failure::Result,
};

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Streams, where their number is not the point.
    pub(crate) streams: u32,
    /// As many as the limit of open files allows.
    pub(crate) most_streams: u32,
    /// How long a phase takes.
    pub(crate) time: Duration,
    /// How far a log grows.
    pub(crate) rows: u64,
    /// Everything once, quickly, to see that it works.
    pub(crate) tiny: bool,
}

/// A figure of one repetition.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "what else is a value's value")]
pub(crate) struct Value {
    pub(crate) scenario: &'static str,
    pub(crate) at: f64,
    pub(crate) metric: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// How many users there are.
    pub(crate) users: fn(&Sizes) -> u32,
    /// Who can do it.
    pub(crate) who: fn(Kind) -> bool,
    pub(crate) wish: Wish,
    /// Whether streams go and come back: who keeps nothing loses something then, and that is a figure.
    pub(crate) away: bool,
    pub(crate) run: fn(&mut Stage, &Sizes) -> Result<Vec<Value>>,
    /// About how long it takes, in phases.
    pub(crate) phases: fn(&Sizes) -> u32,
}

/// Messages that Nchan remembers for a channel, where no scenario needs more.
const REMEMBERED: Wish = Wish { remembered: 100 };

/// All that put load on a server with streams.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "idle",
        users: |sizes| sizes.most_streams.max(sizes.streams),
        who: |_| true,
        wish: REMEMBERED,
        away: false,
        run: idle::run,
        phases: |_| 2,
    },
    Scenario {
        name: "broadcast",
        users: |sizes| sizes.streams,
        who: |_| true,
        wish: REMEMBERED,
        away: false,
        run: broadcast::run,
        phases: |_| 2,
    },
    Scenario {
        name: "full-rate",
        users: |sizes| sizes.streams,
        who: |_| true,
        wish: REMEMBERED,
        away: false,
        run: full_rate::run,
        phases: |_| 3,
    },
    Scenario {
        name: "unicast",
        users: |sizes| sizes.streams,
        who: |_| true,
        wish: REMEMBERED,
        away: false,
        run: unicast::run,
        phases: |_| 9,
    },
    Scenario {
        name: "latency",
        users: |_| latency::RECEIVERS,
        who: |_| true,
        wish: REMEMBERED,
        away: false,
        run: latency::run,
        phases: |_| 1,
    },
    Scenario {
        name: "replay",
        users: |_| 1,
        who: Kind::replays,
        wish: Wish { remembered: 10_000 },
        away: true,
        run: replay::run,
        phases: |_| 1,
    },
    Scenario {
        name: "reconnect",
        users: |sizes| sizes.streams,
        who: |_| true,
        wish: REMEMBERED,
        away: true,
        run: reconnect::run,
        phases: |_| 3,
    },
    Scenario {
        name: "mixed",
        users: |sizes| sizes.streams,
        who: |_| true,
        wish: REMEMBERED,
        away: true,
        run: mixed::run,
        phases: |_| 3,
    },
    Scenario {
        name: "flood",
        users: |sizes| sizes.streams.min(flood::RECEIVERS),
        who: |kind| kind == Kind::Tidings,
        wish: REMEMBERED,
        away: false,
        run: flood::run,
        phases: |_| 10,
    },
];

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

/// Microseconds of CPU for each delivery.
fn cpu_per_delivery(seconds: f64, deliveries: u64) -> f64 {
    seconds * 1e6 / float(deliveries.max(1))
}
