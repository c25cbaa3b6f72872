//! Lines over a number.

use super::{BOTTOM, LEFT, Plot, RIGHT, TOP, canvas, scale};

/// Numbers below the axis that are closer than this would run together.
const NUMBER_WIDTH: f64 = 40.;

pub(super) fn draw(plot: &Plot<'_>) -> String {
    let mut canvas = plot.frame();
    let ticks =
        if plot.y.log { scale::log_ticks(plot.lowest(), plot.highest()) } else { scale::linear_ticks(plot.highest()) };
    let range = (ticks.first().copied().unwrap_or(1.), ticks.last().copied().unwrap_or(1.));
    let y = scale::Scale::new(range, (BOTTOM, TOP), plot.y.log);
    for (index, tick) in ticks.iter().enumerate() {
        canvas.line((LEFT, y.at(*tick)), (RIGHT, y.at(*tick)), if index == 0 { "axis" } else { "grid" });
        canvas.text((LEFT - 8., y.at(*tick) + 4.5), "muted end", &scale::short(*tick));
    }
    let xs = plot.xs();
    let from = if plot.x.log { xs.first().copied().unwrap_or(1.) } else { 0. };
    let range = (from, xs.last().copied().unwrap_or(1.));
    let x = scale::Scale::new(range, (LEFT + 16., RIGHT - 16.), plot.x.log);
    // From the right, as the greatest is where the interesting things happen.
    let mut free = f64::INFINITY;
    for at in xs.iter().rev() {
        canvas.line((x.at(*at), BOTTOM), (x.at(*at), BOTTOM + 5.), "axis");
        if x.at(*at) + NUMBER_WIDTH <= free {
            canvas.text((x.at(*at), BOTTOM + 20.), "mid", &scale::short(*at));
            free = x.at(*at);
        }
    }
    // The first series is drawn last, on top of the others.
    for series in plot.series.iter().rev() {
        let places: Vec<_> = series.points.iter().map(|(at, spread)| (x.at(*at), y.at(spread.median))).collect();
        canvas.path(&places, &canvas::class('l', series.colour));
        for ((at, spread), place) in series.points.iter().zip(places) {
            canvas.whisker(x.at(*at), y.at(spread.min), y.at(spread.max), &canvas::class('l', series.colour));
            canvas.dot(place, &canvas::class('c', series.colour));
        }
    }
    canvas.finish()
}
