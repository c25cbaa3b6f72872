//! Figures for people: JSON to go on with, tables and plots to read.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    failure::{Failure, Result},
    figures::Figure,
};

mod aims;
mod block;
mod machine;
mod number;
mod plot;
mod plots;
mod stats;
mod tables;

pub(crate) use machine::Machine;
pub(crate) use number::number;
pub(crate) use stats::spread;

/// One run of the benchmark, as it is kept.
#[derive(Serialize, Deserialize)]
struct Report {
    machine: Machine,
    figures: Vec<Figure>,
}

/// Writes `figures.json`, `tables.md` and a plot for each thing that was measured into `dir`.
pub(crate) fn write(figures: &[Figure], machine: &Machine, dir: &Path) -> Result<()> {
    // A figure that is not a number in some repetition was not measured: JSON has no word for it, and without
    // it the repetitions of two figures would not stand side by side any more.
    let finite = |figure: &&Figure| figure.runs.iter().all(|run| run.is_finite());
    let report = Report { machine: machine.clone(), figures: figures.iter().filter(finite).cloned().collect() };
    let text = serde_json::to_string_pretty(&report).map_err(Failure::at("JSON"))? + "\n";
    render(&report, &text, dir)
}

/// Writes everything that is made from a `figures.json` again: into `dir`, and its tables into the Markdown
/// file `document`, between `<!-- figures -->` and `<!-- /figures -->`: all of them, or of some scenarios.
pub(crate) fn again(path: &Path, dir: &Path, document: Option<&Path>, only: &[String]) -> Result<()> {
    let text = fs::read_to_string(path).map_err(Failure::at(path.display()))?;
    let report: Report = serde_json::from_str(&text).map_err(Failure::at(path.display()))?;
    render(&report, &text, dir)?;
    if let Some(document) = document {
        let text = fs::read_to_string(document).map_err(Failure::at(document.display()))?;
        let new = block::replace(&text, &if only.is_empty() { markdown(&report) } else { some(&report, only) });
        let new = new.ok_or_else(|| Failure::new(format!("{} has no block for figures", document.display())))?;
        fs::write(document, new)?;
    }
    Ok(())
}

/// `text` is the report as JSON. It is written as it is: read and written, numbers change in their last digit.
fn render(report: &Report, text: &str, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    fs::write(dir.join("figures.json"), text)?;
    fs::write(dir.join("tables.md"), markdown(report))?;
    for (name, svg) in plots::all(&report.figures) {
        fs::write(dir.join(name), svg)?;
    }
    Ok(())
}

/// The machine, and the tables of some scenarios.
fn some(report: &Report, only: &[String]) -> String {
    let asked = |figure: &&Figure| only.contains(&figure.scenario);
    let figures: Vec<_> = report.figures.iter().filter(asked).cloned().collect();
    format!("{}\n{}", report.machine.markdown(), tables::tables(&figures))
}

fn markdown(report: &Report) -> String {
    let machine = report.machine.markdown();
    format!("{machine}\n### Aims\n\n{}\n{}", aims::table(&report.figures), tables::tables(&report.figures))
        .trim_end()
        .to_owned()
        + "\n"
}

/// The order of contestants everywhere, their names, and their colours: those that are never in one plot may have the
/// same. Others follow as they come.
const CONTESTANTS: [(&str, &str, usize); 14] = [
    ("tidings", "Tidings", 0),
    ("nchan", "Nchan", 1),
    ("gin", "Gin hub", 2),
    ("floor", "floor", 3),
    ("sqlite-single", "SQLite, row by row", 4),
    ("sqlite-grouped", "SQLite, in groups", 5),
    ("postgres-plain", "plain inserts", 3),
    ("bus-none", "no bus", 3),
    ("bus-postgres", "NOTIFY", 0),
    ("bus-redis", "Redis", 1),
    ("bus-nats", "NATS", 2),
    ("sse", "server-sent events", 0),
    ("websocket", "WebSocket", 1),
    ("longpoll", "long poll", 2),
];

fn name(contestant: &str) -> String {
    let known = CONTESTANTS.iter().find(|(word, ..)| *word == contestant);
    known.map_or(contestant, |(_, name, _)| name).to_owned()
}

fn place(contestant: &str) -> usize {
    CONTESTANTS.iter().position(|(word, ..)| *word == contestant).unwrap_or(CONTESTANTS.len())
}

fn colour(contestant: &str) -> usize {
    CONTESTANTS.get(place(contestant)).map_or(usize::MAX, |(.., colour)| *colour)
}

fn in_order(mut contestants: Vec<&str>) -> Vec<&str> {
    contestants.sort_by_key(|contestant| place(contestant));
    contestants
}

/// Scenarios: their titles, and what `at` counts. Others are called what their figures call them.
const SCENARIOS: [(&str, &str, &str); 17] = [
    ("idle", "Memory of idle streams", "streams"),
    ("broadcast", "Broadcast", "streams"),
    ("full rate", "Broadcast at full rate", "streams"),
    ("unicast", "To one user each", "notifications/s"),
    ("unicast max", "To one user each, as many as it takes", "users"),
    ("latency", "To one user each, unhurried", "notifications/s"),
    ("reconnect", "All streams reconnect at once", "streams"),
    ("replay", "Replay", "missed events"),
    ("mixed", "A mixed day", "streams"),
    ("publish", "Durable publishes", "users of each"),
    ("disk", "The disk", "KiB"),
    ("growth", "The log grows", "notifications"),
    ("full inbox", "A full inbox", "notifications"),
    ("start", "Start", "start"),
    ("transports", "Transports", "streams"),
    ("nodes", "Several nodes: deliveries", "nodes"),
    ("nodes publish", "Several nodes: durable publishes", "nodes"),
];

fn title(scenario: &str) -> &str {
    SCENARIOS.iter().find(|(word, ..)| *word == scenario).map_or(scenario, |(_, title, _)| title)
}

fn at(scenario: &str) -> &str {
    SCENARIOS.iter().find(|(word, ..)| *word == scenario).map_or("at", |(_, _, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_made_again_is_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        let figure = |metric: &str, runs: &[f64]| Figure {
            scenario: "idle".into(),
            contestant: "tidings".into(),
            at: 1000.,
            metric: metric.into(),
            unit: "kB".into(),
            runs: runs.to_vec(),
        };
        let figures = [figure("kB per stream", &[0.1 + 0.2, 247.432_902_499_999_98]), figure("memory", &[f64::NAN])];
        write(&figures, &Machine::default(), &first).unwrap();
        let file = first.join("figures.json");
        again(&file, &second, None, &[]).unwrap();
        again(&file, &first, None, &[]).unwrap(); // onto itself
        for file in ["figures.json", "tables.md", "memory.svg"] {
            let text = fs::read_to_string(first.join(file)).unwrap();
            assert_eq!(text, fs::read_to_string(second.join(file)).unwrap(), "{file}");
            assert!(!text.contains("NaN") && !text.contains("null"), "{file}");
        }
    }

    #[test]
    fn a_document_has_the_tables_that_it_asks_for() {
        let dir = tempfile::tempdir().unwrap();
        let figure = |scenario: &str| Figure {
            scenario: scenario.into(),
            contestant: "tidings".into(),
            at: 2.,
            metric: "rate".into(),
            unit: "1/s".into(),
            runs: vec![3.],
        };
        write(&[figure("idle"), figure("nodes")], &Machine::default(), dir.path()).unwrap();
        let document = dir.path().join("document.md");
        fs::write(&document, "a\n<!-- figures -->\n<!-- /figures -->\nb\n").unwrap();
        again(&dir.path().join("figures.json"), dir.path(), Some(&document), &["nodes".into()]).unwrap();
        let text = fs::read_to_string(document).unwrap();
        assert!(text.contains("### Several nodes: deliveries") && text.ends_with("<!-- /figures -->\nb\n"), "{text}");
        assert!(!text.contains("idle streams") && !text.contains("Aims"), "{text}");
    }
}
