//! Numbers as people read them.

/// About three digits, thousands set apart: `0.042`, `1.70`, `12.1`, `185`, `135,000`.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size == 0. || size >= 99.95 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0 && left % 3 == 0 && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// As short as can be, for an axis: `0.5`, `250`, `10k`, `1.5M`.
pub(crate) fn short(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_about_three_digits() {
        let cases = [
            (0., "0"),
            (0.0421, "0.042"),
            (1.7, "1.70"),
            (12.14, "12.1"),
            (99.96, "100"),
            (185.4, "185"),
            (1234.6, "1,235"),
            (135_000.4, "135,000"),
            (1_000_000., "1,000,000"),
            (-123_456., "-123,456"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn axes_have_few_digits() {
        let cases = [(0., "0"), (0.5, "0.5"), (250., "250"), (1000., "1000"), (10_000., "10k"), (1_500_000., "1.5M")];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }
}
