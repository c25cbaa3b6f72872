//! Plots as SVG: bars in groups, or lines.
//!
//! Colours follow the reader's light or dark scheme, and the plot has a background of its own, so it can
//! be read on whatever page it is put.

mod bars;
mod canvas;
mod lines;
mod scale;

use canvas::Canvas;

use super::stats::Spread;

/// What is plotted. The kind of plot is chosen by calling [`Plot::bars`] or [`Plot::lines`].
pub(super) struct Plot<'a> {
    pub(super) title: &'a str,
    /// What to read off it, and whether more or less is better.
    pub(super) subtitle: &'a str,
    pub(super) x: Axis<'a>,
    pub(super) y: Axis<'a>,
    pub(super) series: Vec<Series>,
}

pub(super) struct Axis<'a> {
    /// What it counts, with the unit.
    pub(super) label: &'a str,
    pub(super) log: bool,
}

pub(super) struct Series {
    pub(super) name: String,
    /// Which colour it has: the same contestant has the same in every plot.
    pub(super) colour: usize,
    pub(super) points: Vec<(f64, Spread)>,
}

const WIDTH: f64 = 760.;
const HEIGHT: f64 = 430.;
const LEFT: f64 = 66.;
const RIGHT: f64 = WIDTH - 24.;
const TOP: f64 = 104.;
const BOTTOM: f64 = HEIGHT - 54.;

impl Plot<'_> {
    /// A group of bars for each `x`.
    pub(super) fn bars(&self) -> String {
        bars::draw(self)
    }

    /// A line for each series.
    pub(super) fn lines(&self) -> String {
        lines::draw(self)
    }

    /// The canvas with everything that both kinds have: title, legend, labels of the axes.
    fn frame(&self) -> Canvas {
        let mut canvas = Canvas::new(WIDTH, HEIGHT, self.title, &self.description());
        canvas.text((24., 34.), "title", self.title);
        canvas.text((24., 56.), "muted", self.subtitle);
        canvas.text((24., TOP - 16.), "muted", self.y.label);
        canvas.text((f64::midpoint(LEFT, RIGHT), HEIGHT - 14.), "muted mid", self.x.label);
        let width = |series: &Series| 34. + 7.2 * as_float(series.name.chars().count());
        let mut x = RIGHT - self.series.iter().map(width).sum::<f64>();
        for series in self.series.iter().filter(|_| self.series.len() > 1) {
            canvas.rect((x, TOP - 27.), (12., 12.), &canvas::class('c', series.colour));
            canvas.text((x + 18., TOP - 16.5), "", &series.name);
            x += width(series);
        }
        canvas
    }

    /// For those who cannot see it: every number that it shows.
    fn description(&self) -> String {
        let series = self.series.iter().map(|series| {
            let points = series.points.iter();
            let points =
                points.map(|(x, spread)| format!("{} at {}", super::number::number(spread.median), scale::short(*x)));
            format!("{}: {}.", series.name, points.collect::<Vec<_>>().join(", "))
        });
        format!("{}. {} over {}. {}", self.subtitle, self.y.label, self.x.label, series.collect::<Vec<_>>().join(" "))
    }

    /// All places on the x axis, each once, from left to right.
    fn xs(&self) -> Vec<f64> {
        let mut xs: Vec<f64> = self.series.iter().flat_map(|series| series.points.iter().map(|(x, _)| *x)).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        xs
    }

    fn lowest(&self) -> f64 {
        self.series.iter().flat_map(|s| s.points.iter().map(|(_, spread)| spread.min)).fold(f64::INFINITY, f64::min)
    }

    fn highest(&self) -> f64 {
        self.series.iter().flat_map(|s| s.points.iter().map(|(_, spread)| spread.max)).fold(0., f64::max)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of bars and letters")]
fn as_float(count: usize) -> f64 {
    count as f64
}
