//! A day in short: a bit of everything at once.
//!
//! One broadcast and 500 notifications to single users each second; fifty streams a second leave, and come back with
//! their last id a second later. With Tidings, users also list their inbox and mark all as read, 50 times a second
//! each, at its own cost: the peers have no inbox and do less here. What was sent while a stream was away counts as
//! lost if it never comes, but not in the latencies.

use std::{
    collections::{HashSet, VecDeque},
    sync::mpsc::{SyncSender, sync_channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    Sizes, Stage, Value, float,
    stage::{Audience, Load, Random},
};
use crate::{
    failure::{Failure, Result},
    load::{
        http::{How, Plan, Publisher, Sent},
        tally::millis,
    },
    process::{Cpu, memory},
};

/// Broadcasts, and notifications to single users, a second.
const BROADCASTS: f64 = 1.0;
const UNICASTS: f64 = 500.0;
/// One stream leaves, and one user lists and marks, in each such time.
const STEP: Duration = Duration::from_millis(20);
const AWAY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) fn run(stage: &mut Stage, sizes: &Sizes) -> Result<Vec<Value>> {
    stage.streams.keep_ids = true;
    stage.open_and_warm_up()?;
    let away = if sizes.tiny { sizes.time / 3 } else { AWAY };
    let load = |audience, rate, connections| Load {
        audience,
        how: How::Paced(rate),
        connections,
        time: sizes.time,
        most: u64::MAX,
    };
    let everyone = load(Audience::Everyone, if sizes.tiny { 10.0 } else { BROADCASTS }, 4);
    let single = load(Audience::Random(stage.users), UNICASTS, 32);
    stage.new_tally(None)?;
    let processes = stage.contestant.processes();
    let before = Cpu::of(&processes)?;
    let begin = Instant::now();

    let mut own = own_requests(stage, sizes)?;
    let threads = [everyone, single].map(|load| stage.publisher(load).and_then(Publisher::start));
    let moved = come_and_go(stage, sizes, away, own.as_mut().map(|own| &mut own.0))?;
    let mut expected = 0;
    for (load, thread) in [everyone, single].into_iter().zip(threads) {
        let sent = join(stage, thread?)?;
        stage.sent(load.audience, &sent);
        expected += sent.expected.deliveries(stage.users as usize);
    }
    if let Some((queue, thread)) = own {
        drop(queue);
        let sent = join(stage, thread)?;
        stage.refuse(&sent);
    }
    stage.collect(expected)?;
    let seconds = begin.elapsed().as_secs_f64();
    let cpu = Cpu::of(&processes)?.since(&before);

    let losses = stage.losses();
    let tally = &stage.streams.tally;
    let at = float(stage.users.into());
    let mut values = Vec::new();
    let mut value = |metric, unit, value| values.push(Value { scenario: "mixed", at, metric, unit, value });
    value("CPU", "%", 100.0 * cpu / seconds);
    value("p50", "ms", millis(&tally.delivery, 0.5));
    value("p99", "ms", millis(&tally.delivery, 0.99));
    value("came back", "events", float(moved));
    value("lost", "events", float(losses.lost));
    value("repeated", "events", float(losses.repeated));
    value("memory", "MB", memory(&processes)? * 1.024 / 1000.0);
    Ok(values)
}

type Own = (SyncSender<Vec<u8>>, JoinHandle<Result<Sent>>);

/// A publisher for what users do themselves, fed through a queue, as cursors are known only to the streams.
fn own_requests(stage: &Stage, sizes: &Sizes) -> Result<Option<Own>> {
    let Some(inbox) = stage.contestant.inbox() else { return Ok(None) };
    let (sender, receiver) = sync_channel(1_000);
    let otherwise = inbox.list(0);
    let source = Box::new(move |_, _, out: &mut Vec<u8>| {
        out.extend_from_slice(&receiver.try_recv().unwrap_or_else(|_| otherwise.clone()));
        None
    });
    let plan = Plan {
        targets: stage.contestant.addresses(),
        connections: 16,
        how: How::Paced(2.0 / STEP.as_secs_f64()),
        time: sizes.time,
        most: u64::MAX,
        users: 0,
        source,
    };
    Ok(Some((sender, Publisher::new(plan, stage.clock)?.start()?)))
}

fn join(stage: &mut Stage, thread: JoinHandle<Result<Sent>>) -> Result<Sent> {
    stage.streams.until(PATIENCE, "a publisher", |_| thread.is_finished())?;
    thread.join().map_err(|_| Failure::new("a publisher panicked"))?
}

/// Lets streams leave and return until the time is over and all are back. Says how many did.
fn come_and_go(
    stage: &mut Stage,
    sizes: &Sizes,
    away: Duration,
    mut own: Option<&mut SyncSender<Vec<u8>>>,
) -> Result<u64> {
    let end = Instant::now() + sizes.time;
    let mut random = Random(7);
    let mut gone: VecDeque<(Instant, u32)> = VecDeque::new();
    let mut out = HashSet::new();
    let mut moved = 0;
    let mut next = Instant::now();
    while Instant::now() < end || !gone.is_empty() {
        if Instant::now() < end {
            let user = random.below(stage.users);
            if out.insert(user) {
                stage.streams.close(user as usize);
                gone.push_back((Instant::now() + away, user));
            }
            if let (Some(queue), Some(inbox)) = (&mut own, stage.contestant.inbox()) {
                let user = random.below(stage.users);
                let mark = stage.streams.id_of(user as usize).map(|id| inbox.mark(user, id));
                for request in [Some(inbox.list(user)), mark].into_iter().flatten() {
                    let _ = queue.try_send(request); // full: the publisher has enough
                }
            }
        }
        while let Some((_, user)) = gone.pop_front_if(|(until, _)| *until <= Instant::now()) {
            stage.reopen(user..user + 1, usize::MAX);
            out.remove(&user);
            moved += 1;
        }
        next += STEP;
        stage.streams.run_for(next.saturating_duration_since(Instant::now()))?;
    }
    let all = stage.users as usize;
    stage.streams.until(PATIENCE, "all to be back", |streams| streams.ready() >= all || streams.breaks > 0)?;
    Ok(moved)
}
