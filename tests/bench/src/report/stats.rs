//! Middle and spread of a few repetitions.

/// What is shown of a figure: its median, and the least and the greatest of its repetitions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// `None` without a repetition that gave a number.
pub(crate) fn spread(runs: &[f64]) -> Option<Spread> {
    let mut sorted: Vec<f64> = runs.iter().copied().filter(|run| run.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some(Spread { median: f64::midpoint(lower, upper), min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |runs: &[f64]| spread(runs).map(|s| (s.min, s.median, s.max));
        assert_eq!(of(&[3., 1., 10.]), Some((1., 3., 10.)));
        assert_eq!(of(&[4., 1., 10., 2.]), Some((1., 3., 10.)));
        assert_eq!(of(&[7.]), Some((7., 7., 7.)));
        assert_eq!(of(&[f64::NAN, 7.]), Some((7., 7., 7.)));
        assert_eq!(of(&[]), None);
    }
}
