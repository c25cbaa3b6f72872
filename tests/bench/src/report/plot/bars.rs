//! Bars in groups.

use super::{BOTTOM, LEFT, Plot, RIGHT, TOP, as_float, canvas, scale};
use crate::report::number::number;

/// Wider ones look like walls.
const WIDEST_BAR: f64 = 58.;
/// The number above the highest bar stays below the legend.
const HEADROOM: f64 = 1.06;

pub(super) fn draw(plot: &Plot<'_>) -> String {
    let mut canvas = plot.frame();
    let ticks = scale::linear_ticks(plot.highest() * HEADROOM);
    let top = ticks.last().copied().unwrap_or(1.);
    let y = scale::Scale::new((0., top), (BOTTOM, TOP), false);
    for (index, tick) in ticks.iter().enumerate() {
        canvas.line((LEFT, y.at(*tick)), (RIGHT, y.at(*tick)), if index == 0 { "axis" } else { "grid" });
        canvas.text((LEFT - 8., y.at(*tick) + 4.5), "muted end", &scale::short(*tick));
    }
    let xs = plot.xs();
    let room = (RIGHT - LEFT) / as_float(xs.len().max(1));
    let bar = (room * 0.8 / as_float(plot.series.len().max(1))).min(WIDEST_BAR);
    for (group, at) in xs.iter().enumerate() {
        let middle = LEFT + room * (as_float(group) + 0.5);
        canvas.text((middle, BOTTOM + 20.), "mid", &scale::short(*at));
        // Those that have nothing here leave no hole.
        let here = plot.series.iter().filter_map(|series| {
            let point = series.points.iter().find(|(x, _)| x.total_cmp(at).is_eq());
            point.map(|(_, spread)| (series, spread))
        });
        let here: Vec<_> = here.collect();
        for (index, (series, spread)) in here.iter().enumerate() {
            let left = middle + bar * (as_float(index) - as_float(here.len()) / 2.);
            let height = BOTTOM - y.at(spread.median);
            canvas.rect((left + 2., BOTTOM - height), (bar - 4., height), &canvas::class('c', series.colour));
            canvas.whisker(left + bar / 2., y.at(spread.min), y.at(spread.max), "spread");
            let median = spread.median;
            let text = if median >= 1e4 { number(median / 1e3) + "k" } else { number(median) };
            canvas.text((left + bar / 2., y.at(spread.max) - 6.), "mid halo", &text);
        }
    }
    canvas.finish()
}
