//! The aims themselves.

use super::{Aim, Figures, Limit, divided, spread};

const TO_NCHAN: &str = "ratio to Nchan";
const CPU: &str = "CPU per delivery";

pub(super) const ALL: &[Aim] = &[
    Aim {
        words: "Memory of an idle stream, 10,000 open: below Nchan's with a channel each",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.to("nchan", "idle", "kB per stream", 10_000.),
        limit: Limit::Most(1.),
    },
    Aim {
        words: "The same with as many open as the limit of files allows",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.last_to("nchan", "idle", "kB per stream"),
        limit: Limit::Most(1.),
    },
    Aim {
        words: "Memory of an idle stream: under 10 kB",
        what: "kB per stream",
        unit: "kB",
        runs: |figures| Some(figures.last("idle", "tidings", "kB per stream")?.runs.clone()),
        limit: Limit::Most(10.),
    },
    Aim {
        words: "CPU per delivery of a broadcast to 10,000: at most 0.7 of Nchan's",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.to("nchan", "broadcast", CPU, 10_000.),
        limit: Limit::Most(0.7),
    },
    Aim {
        words: "p99 of a broadcast to 10,000: at most 0.6 of Nchan's",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.to("nchan", "broadcast", "p99", 10_000.),
        limit: Limit::Most(0.6),
    },
    Aim {
        words: "Broadcasts at full rate: at least 1.5 times Nchan's deliveries",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.last_to("nchan", "full rate", "delivered"),
        limit: Limit::Least(1.5),
    },
    Aim {
        words: "Broadcasts at full rate: none lost",
        what: "lost",
        unit: "events",
        runs: |figures| Some(figures.last("full rate", "tidings", "lost")?.runs.clone()),
        limit: Limit::Most(0.),
    },
    Aim {
        words: "CPU per delivery to one user each, on disk, at the highest rate that both keep up with: \
                at most Nchan's without a disk",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.kept_up_to("nchan", CPU),
        limit: Limit::Most(1.),
    },
    Aim {
        words: "Highest rate to one user each: at least Nchan's",
        what: TO_NCHAN,
        unit: "",
        runs: |figures| figures.last_to("nchan", "unicast max", "delivered"),
        limit: Limit::Least(1.),
    },
    Aim {
        words: "p99 to one user each at that rate: under 25 ms",
        what: "p99",
        unit: "ms",
        runs: |figures| Some(figures.at("unicast", "tidings", "p99", figures.kept_up("nchan")?)?.runs.clone()),
        limit: Limit::Most(25.),
    },
    Aim {
        words: "Durable publishes on 64 connections: at least 5 times single commits on the same disk, \
                20 times where a commit takes over 1 ms",
        what: "ratio to single commits",
        unit: "",
        runs: |figures| figures.to("sqlite-single", "publish", "rate", 1.),
        limit: Limit::LeastAsOf(|figures| {
            let commit = figures.at("publish", "sqlite-single", "p50", 1.).and_then(|figure| spread(&figure.runs));
            if commit.is_some_and(|commit| commit.median > 1.) { 20. } else { 5. }
        }),
    },
    Aim {
        words: "Durable publishes to 256 users each: at least 0.6 of raw inserts of the same rows",
        what: "ratio to raw inserts",
        unit: "",
        runs: |figures| figures.to("sqlite-grouped", "publish", "rate", 256.),
        limit: Limit::Least(0.6),
    },
    Aim {
        words: "From request to receipt at 1,000/s: p99 within one commit and 5 ms",
        what: "p99 beyond a commit's",
        unit: "ms",
        runs: beyond_a_commit,
        limit: Limit::Most(5.),
    },
    Aim {
        words: "10,000 streams reconnect at once, each missed 5: all ready in 5 s",
        what: "until the last is ready",
        unit: "s",
        runs: |figures| Some(figures.at("reconnect", "tidings", "all ready", 10_000.)?.runs.clone()),
        limit: Limit::Most(5.),
    },
    Aim {
        words: "CPU per delivery as the log grows, 1,000/s: flat within 20 %",
        what: "greatest by least",
        unit: "",
        runs: |figures| growth(figures, CPU),
        limit: Limit::Most(1.2),
    },
    Aim {
        words: "The same, as many as it takes: flat within 20 %",
        what: "greatest by least",
        unit: "",
        runs: |figures| growth(figures, "CPU per delivery, busy"),
        limit: Limit::Most(1.2),
    },
    Aim {
        words: "10,000 unread of one user among a million: list, counts and an open stream under 50 ms",
        what: "slowest of the three, p50",
        unit: "ms",
        runs: full_inbox,
        limit: Limit::Most(50.),
    },
    Aim {
        words: "A broadcast to a million known users answers as fast as one to a single user",
        what: "ratio of p50",
        unit: "",
        runs: |figures| {
            let to = |metric| figures.last("full inbox", "tidings", metric);
            let (all, one) = (to("to everyone of so many, p50")?, to("to one of so many, p50")?);
            Some(all.runs.iter().zip(&one.runs).map(|(all, one)| all / one).collect())
        },
        limit: Limit::Most(1.1),
    },
    Aim {
        words: "1,000 streams under slow heads, slow bodies, slow reads, masses of connections: p99 under twice of before",
        what: "ratio of the worst to before",
        unit: "",
        runs: under_flood,
        limit: Limit::Most(2.),
    },
    Aim {
        words: "From start to ready, first start: under 0.5 s",
        what: "ready",
        unit: "ms",
        runs: |figures| Some(figures.at("start", "tidings", "ready", 1.)?.runs.clone()),
        limit: Limit::Most(500.),
    },
    Aim {
        words: "The binary: under 30 MB",
        what: "binary",
        unit: "MB",
        runs: |figures| Some(figures.at("start", "tidings", "binary", 1.)?.runs.clone()),
        limit: Limit::Most(30.),
    },
    Aim {
        words: "Memory of an idle server: under 40 MB",
        what: "memory",
        unit: "MB",
        runs: |figures| Some(figures.at("start", "tidings", "memory", 1.)?.runs.clone()),
        limit: Limit::Most(40.),
    },
];

/// What takes longest of what a page asks when it is opened.
fn full_inbox(figures: &Figures<'_>) -> Option<Vec<f64>> {
    let asked = ["list, p50", "GET /inbox, p50", "opening a stream, p50"];
    let asked = asked.map(|metric| figures.last("full inbox", "tidings", metric).map(|figure| &figure.runs));
    let [Some(list), Some(counts), Some(open)] = asked else { return None };
    Some(list.iter().zip(counts).zip(open).map(|((list, counts), open)| list.max(*counts).max(*open)).collect())
}

/// The slowest percent under the worst of the floods, by that without one.
fn under_flood(figures: &Figures<'_>) -> Option<Vec<f64>> {
    let p99 = |metric| figures.at("flood", "tidings", metric, 1000.).map(|figure| figure.runs.as_slice());
    let before = p99("p99, nobody floods")?;
    let floods = ["p99, slow heads", "p99, slow bodies", "p99, slow reads", "p99, connections"];
    let floods = floods.into_iter().map(p99).collect::<Option<Vec<_>>>()?;
    let worst = |run: usize| floods.iter().filter_map(|flood| flood.get(run).copied()).reduce(f64::max);
    before.iter().enumerate().map(|(run, before)| Some(worst(run)? / before)).collect()
}

/// How much later than a commit takes the slowest percent arrives.
fn beyond_a_commit(figures: &Figures<'_>) -> Option<Vec<f64>> {
    let arrived = figures.at("latency", "tidings", "p99", 1000.)?;
    let commit = figures.at("publish", "sqlite-single", "p99", 1.)?;
    Some(arrived.runs.iter().zip(&commit.runs).map(|(arrived, commit)| arrived - commit).collect())
}

/// The dearest size of the log by the cheapest.
fn growth(figures: &Figures<'_>, metric: &str) -> Option<Vec<f64>> {
    let sizes: Vec<&[f64]> = figures.all("growth", "tidings", metric).map(|figure| figure.runs.as_slice()).collect();
    let runs = sizes.iter().map(|size| size.len()).min().filter(|_| sizes.len() > 1)?;
    let of =
        |run: usize, pick: fn(f64, f64) -> f64| sizes.iter().filter_map(|size| size.get(run).copied()).reduce(pick);
    (0..runs)
        .map(|run| Some(divided(&[of(run, f64::max)?], &[of(run, f64::min)?])))
        .collect::<Option<Vec<_>>>()
        .map(|all| all.concat())
}
