//! From values to places on the canvas.

pub(super) use super::super::number::short;

/// A scale, linear or logarithmic.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Scale {
    /// Values from `low` to `high` come to lie between `from` and `to`.
    pub(super) fn new((low, high): (f64, f64), (from, to): (f64, f64), log: bool) -> Self {
        // A single value has no extent: it is given one.
        let (low, high) = match (log, low < high) {
            (_, true) => (low, high),
            (true, false) => (low / 2., low * 2.),
            (false, false) => (low - 0.5, low + 0.5),
        };
        let (low, high) = if log { (low.log10(), high.log10()) } else { (low, high) };
        Self { low, high, from, to, log }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        let share = (value - self.low) / (self.high - self.low);
        self.from + share * (self.to - self.from)
    }
}

/// Round values from zero on, the last at or above `highest`.
pub(super) fn linear_ticks(highest: f64) -> Vec<f64> {
    let rough = if highest > 0. { highest / 5. } else { 1. };
    let power = 10f64.powf(rough.log10().floor());
    let step = [1., 2., 2.5, 5., 10.].iter().map(|factor| factor * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10. * power);
    let mut ticks = vec![0.];
    while let Some(last) = ticks.last().filter(|last| **last < highest * (1. - 1e-9) || ticks.len() == 1) {
        ticks.push(last + step);
    }
    ticks
}

/// 1, 2 and 5 of each power of ten, from at or below `lowest` to at or above `highest`; over many powers
/// of ten, those alone.
pub(super) fn log_ticks(lowest: f64, highest: f64) -> Vec<f64> {
    let (lowest, highest) = (lowest.max(1e-6), highest.max(lowest).max(1e-6));
    let factors: &[f64] = if highest / lowest > 300. { &[1.] } else { &[1., 2., 5.] };
    let mut power = 10f64.powf(lowest.log10().floor());
    let mut all: Vec<f64> = Vec::new();
    while power <= highest * 10. {
        all.extend(factors.iter().map(|factor| factor * power));
        power *= 10.;
    }
    let first = all.iter().rposition(|tick| *tick <= lowest * (1. + 1e-9)).unwrap_or_default();
    let last = all.iter().position(|tick| *tick >= highest * (1. - 1e-9)).unwrap_or(all.len() - 1);
    all.get(first..=last.max(first + 1)).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_find_their_place() {
        let linear = Scale::new((0., 10.), (100., 0.), false);
        let at = |scale: Scale, values: [f64; 3]| values.map(|value| format!("{:.3}", scale.at(value)));
        assert_eq!(at(linear, [0., 5., 10.]), ["100.000", "50.000", "0.000"]);
        let log = Scale::new((1., 100.), (0., 200.), true);
        assert_eq!(at(log, [1., 10., 100.]), ["0.000", "100.000", "200.000"]);
        let single = Scale::new((7., 7.), (0., 10.), false);
        assert_eq!(at(single, [6.5, 7., 7.5]), ["0.000", "5.000", "10.000"]);
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        assert_eq!(linear_ticks(177.), [0., 50., 100., 150., 200.]);
        assert_eq!(linear_ticks(10.), [0., 2., 4., 6., 8., 10.]);
        assert_eq!(linear_ticks(0.), [0., 1.]);
        assert_eq!(log_ticks(3., 40.), [2., 5., 10., 20., 50.]);
        assert_eq!(log_ticks(1., 1000.), [1., 10., 100., 1000.]);
        assert_eq!(log_ticks(10., 10.), [10., 20.]);
    }
}
