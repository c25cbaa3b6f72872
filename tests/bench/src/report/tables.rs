//! Figures as Markdown.

use std::fmt::Write as _;

use super::{
    name,
    number::number,
    stats::{Spread, spread},
};
use crate::figures::Figure;

/// One table for each scenario: a row for each metric and each `at`, a column for each contestant.
pub(crate) fn tables(figures: &[Figure]) -> String {
    let mut out = String::new();
    for scenario in distinct(figures.iter().map(|figure| figure.scenario.as_str())) {
        let of: Vec<&Figure> = figures.iter().filter(|figure| figure.scenario == scenario).collect();
        let _ = writeln!(out, "### {}\n\n{}", super::title(scenario), table(scenario, &of)); // into a String: cannot fail
    }
    out
}

fn table(scenario: &str, figures: &[&Figure]) -> String {
    let contestants = super::in_order(distinct(figures.iter().map(|figure| figure.contestant.as_str())));
    let names: Vec<String> = contestants.iter().map(|contestant| name(contestant)).collect();
    let mut out = format!("| | {} | {} |\n", super::at(scenario), names.join(" | "));
    let _ = writeln!(out, "| --- | ---: |{}", " ---: |".repeat(contestants.len()));
    for metric in distinct(figures.iter().map(|figure| figure.metric.as_str())) {
        let rows: Vec<&&Figure> = figures.iter().filter(|figure| figure.metric == metric).collect();
        let unit = rows.first().map_or("", |figure| figure.unit.as_str());
        let mut ats: Vec<f64> = rows.iter().map(|figure| figure.at).collect();
        ats.sort_by(f64::total_cmp);
        ats.dedup();
        for at in ats {
            let cell = |contestant: &&str| {
                let mut here = rows.iter().filter(|figure| figure.contestant == **contestant);
                let figure = here.find(|figure| figure.at.total_cmp(&at).is_eq());
                figure.and_then(|figure| spread(&figure.runs)).map_or_else(String::new, cell)
            };
            let cells: Vec<String> = contestants.iter().map(cell).collect();
            let _ = writeln!(out, "| {} | {} | {} |", labelled(metric, unit), count(at), cells.join(" | "));
        }
    }
    out
}

/// Median, and how far the repetitions are apart where there are several.
pub(crate) fn cell(spread: Spread) -> String {
    let [median, min, max] = [spread.median, spread.min, spread.max].map(number);
    if min == max { median } else { format!("{median} ({min} to {max})") }
}

/// A metric with its unit, unless it says that itself.
pub(crate) fn labelled(metric: &str, unit: &str) -> String {
    if unit.is_empty() || metric.split(' ').any(|word| word == unit) {
        metric.to_owned()
    } else {
        format!("{metric}, {unit}")
    }
}

/// How much: a whole number in most scenarios.
fn count(at: f64) -> String {
    if at.fract() == 0. { number(at).split('.').next().unwrap_or_default().to_owned() } else { number(at) }
}

/// Each once, in the order of first appearance.
pub(crate) fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(contestant: &str, at: f64, metric: &str, unit: &str, runs: &[f64]) -> Figure {
        let [scenario, contestant, metric, unit] = ["broadcast", contestant, metric, unit].map(str::to_owned);
        Figure { scenario, contestant, at, metric, unit, runs: runs.to_vec() }
    }

    #[test]
    fn a_scenario_is_a_table() {
        let figures = [
            figure("nchan", 10_000., "p99", "ms", &[177., 170., 181.]),
            figure("tidings", 10_000., "p99", "ms", &[80., 75.5]),
            figure("tidings", 1000., "p99", "ms", &[9.]),
            figure("tidings", 1000., "kB per stream", "kB", &[]),
        ];
        let expected = "### Broadcast\n\n\
            | | streams | Tidings | Nchan |\n\
            | --- | ---: | ---: | ---: |\n\
            | p99, ms | 1,000 | 9.00 |  |\n\
            | p99, ms | 10,000 | 77.8 (75.5 to 80.0) | 177 (170 to 181) |\n\
            | kB per stream | 1,000 |  |  |\n\n";
        assert_eq!(tables(&figures), expected);
    }

    #[test]
    fn equal_repetitions_have_no_spread() {
        let one = Spread { median: 5., min: 5.001, max: 5.002 };
        assert_eq!(cell(one), "5.00");
        assert_eq!(cell(Spread { max: 5.2, ..one }), "5.00 (5.00 to 5.20)");
    }
}
