//! Just enough SVG.

use std::fmt::Write as _;

/// Light and dark, for each series. Told apart by readers who do not see all colours, too.
const COLOURS: [(&str, &str); 7] = [
    ("#0969da", "#4493f8"),
    ("#d4730b", "#f0a04b"),
    ("#1a7f37", "#3fb950"),
    ("#8c959f", "#8b949e"),
    ("#8250df", "#b083f0"),
    ("#a0447f", "#e275ad"),
    ("#57606a", "#c9d1d9"),
];

const STYLE: &str = "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}\
.title{font-size:18px;font-weight:600}.muted{fill:#59636e}.mid{text-anchor:middle}.end{text-anchor:end}\
.page{fill:#fff}.grid{stroke:#d8dee4}.axis{stroke:#8c959f}.spread{stroke:#1f2328;stroke-width:1.2}\
.halo{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}\
path{fill:none;stroke-width:2.2;stroke-linejoin:round}";
const DARK: &str = "text{fill:#f0f6fc}.muted{fill:#9198a1}.page{fill:#0d1117}.grid{stroke:#2a313c}\
.axis{stroke:#656c76}.spread{stroke:#f0f6fc}.halo{stroke:#0d1117}";

/// A picture that is being drawn.
pub(super) struct Canvas {
    svg: String,
}

/// The class of a series: `c` where it is filled, `l` where it is a line.
pub(super) fn class(kind: char, colour: usize) -> String {
    format!("{kind}{}", colour.min(COLOURS.len() - 1))
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let rules = |pick: fn(&(&'static str, &'static str)) -> &'static str| -> String {
            let rule = |(index, colours): (usize, &_)| {
                let colour = pick(colours);
                format!(".c{index}{{fill:{colour}}}.l{index}{{stroke:{colour}}}")
            };
            COLOURS.iter().enumerate().map(rule).collect()
        };
        let (light, dark) = (rules(|colours| colours.0), rules(|colours| colours.1));
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">{}</title>\n\
             <desc id=\"d\">{}</desc>\n<style>{STYLE}{light}\n\
             @media (prefers-color-scheme:dark){{{DARK}{dark}}}</style>\n\
             <rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n",
            escaped(title),
            escaped(description)
        );
        Self { svg }
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), class: &str, text: &str) {
        self.push(format_args!(r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{}</text>"#, escaped(text)));
    }

    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        self.push(format_args!(r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#));
    }

    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        let at = format_args!(r#"x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}""#);
        self.push(format_args!(r#"<rect {at} rx="2" class="{class}"/>"#));
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), class: &str) {
        self.push(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" class="{class}"/>"#));
    }

    pub(super) fn path(&mut self, points: &[(f64, f64)], class: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        self.push(format_args!(r#"<path d="M{}" class="{class}"/>"#, points.join("L")));
    }

    /// From the least to the greatest of the repetitions; nothing where they can hardly be told apart.
    pub(super) fn whisker(&mut self, x: f64, low: f64, high: f64, class: &str) {
        if low - high < 2. {
            return;
        }
        self.line((x, low), (x, high), class);
        self.line((x - 4., low), (x + 4., low), class);
        self.line((x - 4., high), (x + 4., high), class);
    }

    pub(super) fn finish(mut self) -> String {
        self.svg.push_str("</svg>\n");
        self.svg
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.svg, "{element}"); // into a String: cannot fail
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_the_picture() {
        let svg = Canvas::new(10., 10., "a < b & c", "\"d\"").finish();
        assert!(svg.contains("<title id=\"t\">a &lt; b &amp; c</title>"), "{svg}");
        assert!(svg.contains("&quot;d&quot;</desc>"), "{svg}");
    }
}
