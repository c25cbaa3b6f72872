//! What was aimed at, and whether it was reached in this run.

use std::fmt::Write as _;

use super::{
    stats::spread,
    tables::{cell, labelled},
};
use crate::figures::Figure;

mod list;

/// Of what it is asked, a server that keeps up accepts at least so much.
const KEPT_UP: f64 = 0.95;

/// Something to reach.
struct Aim {
    /// In plain words.
    words: &'static str,
    /// What is looked at, and its unit.
    what: &'static str,
    unit: &'static str,
    /// One value for each repetition; the median counts. `None` when it was not measured.
    runs: fn(&Figures<'_>) -> Option<Vec<f64>>,
    limit: Limit,
}

#[derive(Clone, Copy)]
enum Limit {
    Most(f64),
    Least(f64),
    /// Where it depends on the machine.
    LeastAsOf(fn(&Figures<'_>) -> f64),
}

impl Limit {
    fn reached(self, figures: &Figures<'_>, value: f64) -> bool {
        match self {
            Self::Most(limit) => value <= limit,
            Self::Least(limit) => value >= limit,
            Self::LeastAsOf(limit) => value >= limit(figures),
        }
    }
}

/// A row for each aim.
pub(super) fn table(figures: &[Figure]) -> String {
    let figures = Figures(figures);
    let mut out = "| aim | measured | | reached |\n| --- | --- | ---: | --- |\n".to_owned();
    for aim in list::ALL {
        let measured = (aim.runs)(&figures).and_then(|runs| spread(&runs));
        let what = labelled(aim.what, aim.unit);
        let (value, reached) = match measured {
            Some(value) => (cell(value), if aim.limit.reached(&figures, value.median) { "yes" } else { "**no**" }),
            None => ("not measured".into(), ""),
        };
        let _ = writeln!(out, "| {} | {what} | {value} | {reached} |", aim.words); // into a String: cannot fail
    }
    out
}

/// The figures of a run, to look things up in.
struct Figures<'a>(&'a [Figure]);

impl Figures<'_> {
    fn all(&self, scenario: &str, contestant: &str, metric: &str) -> impl Iterator<Item = &Figure> {
        self.0.iter().filter(move |figure| {
            figure.scenario == scenario && figure.contestant == contestant && figure.metric == metric
        })
    }

    /// The one at `at`.
    fn at(&self, scenario: &str, contestant: &str, metric: &str, at: f64) -> Option<&Figure> {
        self.all(scenario, contestant, metric).find(|figure| figure.at.total_cmp(&at).is_eq())
    }

    /// That of the greatest `at`.
    fn last(&self, scenario: &str, contestant: &str, metric: &str) -> Option<&Figure> {
        self.all(scenario, contestant, metric).max_by(|one, other| one.at.total_cmp(&other.at))
    }

    /// Tidings divided by another contestant, at the same `at`.
    fn to(&self, other: &str, scenario: &str, metric: &str, at: f64) -> Option<Vec<f64>> {
        let one = self.at(scenario, "tidings", metric, at)?;
        Some(divided(&one.runs, &self.at(scenario, other, metric, at)?.runs))
    }

    /// The same at the greatest `at` that both were measured at.
    fn last_to(&self, other: &str, scenario: &str, metric: &str) -> Option<Vec<f64>> {
        let both = |figure: &&Figure| self.at(scenario, other, metric, figure.at).is_some();
        let ats = self.all(scenario, "tidings", metric).filter(both).map(|figure| figure.at);
        self.to(other, scenario, metric, ats.max_by(f64::total_cmp)?)
    }

    /// The same at the highest rate that both kept up with.
    fn kept_up_to(&self, other: &str, metric: &str) -> Option<Vec<f64>> {
        self.to(other, "unicast", metric, self.kept_up(other)?)
    }

    /// The highest rate that both Tidings and this contestant accepted.
    fn kept_up(&self, other: &str) -> Option<f64> {
        let accepted = |contestant, at: f64| {
            let accepted = self.at("unicast", contestant, "accepted", at).and_then(|figure| spread(&figure.runs));
            accepted.is_some_and(|accepted| accepted.median >= KEPT_UP * at)
        };
        let rates = self.all("unicast", "tidings", "accepted").map(|figure| figure.at);
        rates.filter(|at| accepted("tidings", *at) && accepted(other, *at)).max_by(f64::total_cmp)
    }
}

/// Repetition by repetition: what slowed the machine down for a while slowed both.
fn divided(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| one / other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(scenario: &str, contestant: &str, at: f64, metric: &str, runs: &[f64]) -> Figure {
        let [scenario, contestant, metric] = [scenario, contestant, metric].map(str::to_owned);
        Figure { scenario, contestant, at, metric, unit: String::new(), runs: runs.to_vec() }
    }

    #[test]
    fn ratios_are_taken_within_a_repetition() {
        // The machine was ten times slower in the second one; the ratio of the medians would be 1.
        let ratios = spread(&divided(&[1., 10., 2.], &[2., 20., 2.]));
        assert_eq!(ratios.map(|s| (s.min, s.median, s.max)), Some((0.5, 0.5, 1.)));
    }

    #[test]
    fn contestants_are_compared_where_both_were_measured() {
        let figures = [
            figure("unicast", "tidings", 1000., "p99", &[1.]),
            figure("unicast", "tidings", 2000., "p99", &[3.]),
            figure("unicast", "tidings", 4000., "p99", &[9.]),
            figure("unicast", "nchan", 1000., "p99", &[4.]),
            figure("unicast", "nchan", 2000., "p99", &[4.]),
        ];
        assert_eq!(Figures(&figures).last_to("nchan", "unicast", "p99"), Some(vec![0.75]));
        assert_eq!(Figures(&figures).to("nchan", "unicast", "p99", 4000.), None);
    }

    #[test]
    fn a_rate_counts_that_both_keep_up_with() {
        let of = |contestant, rate: f64, accepted: f64| figure("unicast", contestant, rate, "accepted", &[accepted]);
        let mut figures = vec![
            of("tidings", 1000., 999.),
            of("tidings", 2000., 1990.),
            of("tidings", 4000., 3990.),
            of("nchan", 1000., 1000.),
            of("nchan", 2000., 1950.),
            of("nchan", 4000., 3000.),
        ];
        assert_eq!(Figures(&figures).kept_up("nchan"), Some(2000.));
        figures.remove(1);
        assert_eq!(Figures(&figures).kept_up("nchan"), Some(1000.));
    }

    #[test]
    fn an_aim_is_reached_or_not_or_was_not_measured() {
        let row = |figures: &[Figure], words: &str| {
            let table = table(figures);
            table.lines().find(|line| line.contains(words)).map(str::to_owned).unwrap()
        };
        let words = "CPU per delivery of a broadcast to 10,000";
        let figures = |tidings: f64| {
            [
                figure("broadcast", "tidings", 10_000., "CPU per delivery", &[tidings]),
                figure("broadcast", "nchan", 10_000., "CPU per delivery", &[10.]),
            ]
        };
        assert!(row(&figures(7.), words).ends_with("| 0.700 | yes |"));
        assert!(row(&figures(7.1), words).ends_with("| 0.710 | **no** |"));
        assert!(row(&[], words).ends_with("| not measured |  |"));
    }

    #[test]
    fn a_slow_disk_asks_for_more() {
        let at_commit = |p50: f64| {
            let figures = [
                figure("publish", "tidings", 1., "rate", &[1000.]),
                figure("publish", "sqlite-single", 1., "rate", &[100.]),
                figure("publish", "sqlite-single", 1., "p50", &[p50]),
            ];
            let table = table(&figures);
            table.lines().any(|line| line.starts_with("| Durable publishes") && line.ends_with("| 10.0 | yes |"))
        };
        assert!(at_commit(0.5), "ten times is enough where five are asked for");
        assert!(!at_commit(1.5), "but not where twenty are");
    }
}
