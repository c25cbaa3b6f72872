//! Which plots there are: one idea each.

use super::{
    colour, in_order, name,
    plot::{Axis, Plot, Series},
    stats::spread,
    tables::distinct,
};
use crate::figures::Figure;

/// One plot of one metric of one scenario.
struct Kind {
    file: &'static str,
    scenario: &'static str,
    metric: &'static str,
    title: &'static str,
    subtitle: &'static str,
    x: &'static str,
    y: &'static str,
    shape: Shape,
}

enum Shape {
    Bars,
    Lines { log_x: bool, log_y: bool },
}

const KINDS: [Kind; 11] = [
    Kind {
        file: "memory.svg",
        scenario: "idle",
        metric: "kB per stream",
        title: "Memory of an idle stream",
        subtitle: "Memory of the server with its streams less that without, for each of them; less is better",
        x: "open streams",
        y: "kB per stream",
        shape: Shape::Bars,
    },
    Kind {
        file: "broadcast-latency.svg",
        scenario: "broadcast",
        metric: "p99",
        title: "Broadcast: until almost everybody has it",
        subtitle: "From the request to publish to the receipt by 99 % of the streams, 2 broadcasts per second; less is better",
        x: "open streams",
        y: "ms",
        shape: Shape::Bars,
    },
    Kind {
        file: "broadcast-cpu.svg",
        scenario: "broadcast",
        metric: "CPU per delivery",
        title: "Broadcast: what a delivery costs",
        subtitle: "CPU time of the server for each stream that receives it, 2 broadcasts per second; less is better",
        x: "open streams",
        y: "µs of CPU per delivery",
        shape: Shape::Bars,
    },
    Kind {
        file: "broadcast-full-rate.svg",
        scenario: "full rate",
        metric: "delivered",
        title: "Broadcast: as fast as it goes",
        subtitle: "Deliveries per second with the server busy all the time; more is better",
        x: "open streams",
        y: "deliveries/s",
        shape: Shape::Bars,
    },
    Kind {
        file: "unicast-cpu.svg",
        scenario: "unicast",
        metric: "CPU per delivery",
        title: "To one user each: what a delivery costs",
        subtitle: "CPU time of the server, request and delivery together; less is better",
        x: "notifications/s, each to one of 10,000 users",
        y: "µs of CPU per delivery",
        shape: Shape::Lines { log_x: true, log_y: false },
    },
    Kind {
        file: "unicast-latency.svg",
        scenario: "unicast",
        metric: "p99",
        title: "To one user each: until it is there",
        subtitle: "From the request to publish to the receipt, 99th percentile; less is better",
        x: "notifications/s, each to one of 10,000 users",
        y: "ms (logarithmic)",
        shape: Shape::Lines { log_x: true, log_y: true },
    },
    Kind {
        file: "publish.svg",
        scenario: "publish",
        metric: "rate",
        title: "Durable publishes",
        subtitle: "On disk before they are answered, beside what the same disk can do at all; more is better",
        x: "users of one notification",
        y: "events/s",
        shape: Shape::Bars,
    },
    Kind {
        file: "growth.svg",
        scenario: "growth",
        metric: "CPU per delivery, busy",
        title: "What a delivery costs as the log grows",
        subtitle: "CPU time for a notification to one user, published and delivered, 64 connections; a flat line is the aim",
        x: "notifications in the log",
        y: "µs of CPU per delivery",
        shape: Shape::Lines { log_x: true, log_y: false },
    },
    Kind {
        file: "nodes-delivered.svg",
        scenario: "nodes",
        metric: "to one each, delivered",
        title: "Several nodes: deliveries to one user each",
        subtitle: "As many as it takes, nodes, PostgreSQL and load on the same machine; more is better",
        x: "nodes",
        y: "deliveries/s",
        shape: Shape::Bars,
    },
    Kind {
        file: "nodes-latency.svg",
        scenario: "nodes",
        metric: "p99 at 200/s",
        title: "Several nodes: until it is there",
        subtitle: "200 a second to one of 1,000 users each, 99th percentile; less is better",
        x: "nodes",
        y: "ms (logarithmic)",
        shape: Shape::Lines { log_x: false, log_y: true },
    },
    Kind {
        file: "nodes-publish.svg",
        scenario: "nodes publish",
        metric: "one each, events",
        title: "Several nodes: durable publishes",
        subtitle: "60 connections spread over the nodes, beside plain inserts with a commit each; more is better",
        x: "nodes",
        y: "events/s",
        shape: Shape::Bars,
    },
];

/// A file name and its content for each plot that there are figures for.
pub(super) fn all(figures: &[Figure]) -> Vec<(&'static str, String)> {
    KINDS.iter().filter_map(|kind| Some((kind.file, draw(kind, figures)?))).collect()
}

fn draw(kind: &Kind, figures: &[Figure]) -> Option<String> {
    let figures: Vec<&Figure> =
        figures.iter().filter(|figure| figure.scenario == kind.scenario && figure.metric == kind.metric).collect();
    let (log_x, log_y) = match kind.shape {
        Shape::Bars => (false, false),
        Shape::Lines { log_x, log_y } => (log_x, log_y),
    };
    let contestants = in_order(distinct(figures.iter().map(|figure| figure.contestant.as_str())));
    let series = contestants.into_iter().map(|contestant| {
        let of = figures.iter().filter(|figure| figure.contestant == contestant);
        // A logarithm wants something above zero.
        let points = of.filter_map(|figure| Some((figure.at, spread(&figure.runs)?)));
        let points = points.filter(|(x, spread)| (!log_x || *x > 0.) && (!log_y || spread.min > 0.));
        let mut points: Vec<_> = points.collect();
        points.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        Series { name: name(contestant), colour: colour(contestant), points }
    });
    let series: Vec<Series> = series.filter(|series| !series.points.is_empty()).collect();
    if series.is_empty() {
        return None;
    }
    let (x, y) = (Axis { label: kind.x, log: log_x }, Axis { label: kind.y, log: log_y });
    let plot = Plot { title: kind.title, subtitle: kind.subtitle, x, y, series };
    Some(match kind.shape {
        Shape::Bars => plot.bars(),
        Shape::Lines { .. } => plot.lines(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_is_made_where_there_are_figures() {
        let figure = |contestant: &str, at, runs: &[f64]| Figure {
            scenario: "unicast".into(),
            contestant: contestant.into(),
            at,
            metric: "p99".into(),
            unit: "ms".into(),
            runs: runs.to_vec(),
        };
        let figures = [figure("nchan", 1000., &[9.]), figure("tidings", 1000., &[5., 4.]), figure("gin", 1000., &[])];
        let plots = all(&figures);
        let [("unicast-latency.svg", svg)] = plots.as_slice() else { panic!("{} plots", plots.len()) };
        assert!(svg.contains("Tidings: 4.50 at 1000. Nchan: 9.00 at 1000."), "{svg}");
        assert!(!svg.contains("Gin") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
