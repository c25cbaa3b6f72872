//! What streams get, and how late.

use std::time::Duration;

use crate::{
    contestant::{Bus, Kind, Servers},
    failure::{Failure, Result},
    load::{http::How, tally::millis},
    postgres::Postgres,
    scenario::{
        Sizes, Stage, Value,
        alone::Values,
        cpu_per_delivery, float,
        stage::{Audience, Load, QUIET},
    },
    stamp::Clock,
};

use super::CONNECTIONS;

const RECEIVERS: u32 = 1_000;
/// Notifications a second, where latency is the point.
const RATE: f64 = 200.0;
/// Broadcasts under way, and their publishers.
const WINDOW: u64 = 8;
const BROADCASTERS: usize = 12;

pub(super) fn run(
    servers: &Servers,
    postgres: &Postgres,
    count: usize,
    sizes: &Sizes,
    clock: Clock,
    values: &mut Values,
) -> Result<()> {
    // Each program is started at least once, as publishers have NATS.
    let buses = if sizes.tiny { &[Bus::None, Bus::Redis][..] } else { &Bus::ALL };
    for bus in buses.iter().copied() {
        let database = postgres.database();
        let nodes = servers.start_nodes(count, &database.url, bus)?;
        let mut stage = Stage::of(Box::new(nodes), Kind::Tidings, sizes.streams.min(RECEIVERS), clock)?;
        stage.quiet = QUIET; // more than the second that a node sleeps without a bell
        stage.open_and_warm_up()?;
        let measured = measure(&mut stage, postgres, sizes)?;
        let at = float(count as u64);
        let value = |(metric, unit, value)| (bus.name(), Value { scenario: "nodes", at, metric, unit, value });
        values.extend(measured.into_iter().map(value));
        let losses = stage.losses();
        if losses.lost + losses.repeated + stage.refused > 0 {
            let complaint = stage.complaint.as_deref().unwrap_or_default();
            let (refused, log) = (stage.refused, stage.contestant.log());
            return Err(Failure::new(format!(
                "{count} nodes, {}: {losses:?}, {refused} refused; {complaint}\n{log}",
                bus.name()
            )));
        }
    }
    Ok(())
}

type Metrics = Vec<(&'static str, &'static str, f64)>;

fn measure(stage: &mut Stage, postgres: &Postgres, sizes: &Sizes) -> Result<Metrics> {
    let one = Load {
        audience: Audience::Random(stage.users),
        how: How::Paced(RATE),
        connections: CONNECTIONS,
        time: sizes.time / 2,
        most: u64::MAX,
    };
    let everywhere = stage.publish_to.clone();
    stage.publish_to.truncate(1);
    stage.run(one)?;
    stage.publish_to = everywhere;
    let delivery = &stage.streams.tally.delivery;
    let mut metrics =
        vec![("p50 at 200/s", "ms", millis(delivery, 0.5)), ("p99 at 200/s", "ms", millis(delivery, 0.99))];

    let before = postgres.cpu()?;
    let phase = stage.run(Load { how: How::Closed, ..one })?;
    let database = postgres.cpu()?.since(&before);
    let deliveries = stage.streams.tally.deliveries;
    metrics.push(("to one each, delivered", "1/s", float(deliveries) / phase.seconds));
    metrics.push(("to one each, CPU of the nodes per delivery", "CPU µs", cpu_per_delivery(phase.cpu, deliveries)));
    metrics.push(("to one each, CPU of PostgreSQL per delivery", "CPU µs", cpu_per_delivery(database, deliveries)));

    let all = Load { audience: Audience::Everyone, how: How::Window(WINDOW), connections: BROADCASTERS, ..one };
    let phase = stage.run(all)?;
    let deliveries = stage.streams.tally.deliveries;
    metrics.push(("to everyone, delivered", "1/s", float(deliveries) / phase.seconds));
    metrics.push(("to everyone, CPU of the nodes per delivery", "CPU µs", cpu_per_delivery(phase.cpu, deliveries)));
    stage.streams.run_for(Duration::from_millis(100))?; // what comes twice comes soon
    Ok(metrics)
}
