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
pub(crate) use stats::spread;

/// One run of the benchmark, as it is kept.
#[derive(Serialize, Deserialize)]
struct Report {
    machine: Machine,
    figures: Vec<Figure>,
}

/// Writes `figures.json`, `tables.md` and a plot for each thing that was measured into `dir`.
pub(crate) fn write(figures: &[Figure], machine: &Machine, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    // What is not a number is not written: JSON has no word for it that could be read back.
    let finite = |figure: &Figure| Figure {
        runs: figure.runs.iter().copied().filter(|run| run.is_finite()).collect(),
        ..figure.clone()
    };
    let report = Report { machine: machine.clone(), figures: figures.iter().map(finite).collect() };
    fs::write(dir.join("figures.json"), serde_json::to_string_pretty(&report).map_err(Failure::at("JSON"))? + "\n")?;
    fs::write(dir.join("tables.md"), markdown(&report))?;
    for (name, svg) in plots::all(&report.figures) {
        fs::write(dir.join(name), svg)?;
    }
    Ok(())
}

/// Writes everything that is made from a `figures.json` again: into `dir`, and its tables into the Markdown
/// file `document`, between `<!-- figures -->` and `<!-- /figures -->`.
pub(crate) fn again(path: &Path, dir: &Path, document: Option<&Path>) -> Result<()> {
    let text = fs::read_to_string(path).map_err(Failure::at(path.display()))?;
    let report: Report = serde_json::from_str(&text).map_err(Failure::at(path.display()))?;
    write(&report.figures, &report.machine, dir)?;
    if let Some(document) = document {
        let text = fs::read_to_string(document).map_err(Failure::at(document.display()))?;
        let new = block::replace(&text, &markdown(&report));
        let new = new.ok_or_else(|| Failure::new(format!("{} has no block for figures", document.display())))?;
        fs::write(document, new)?;
    }
    Ok(())
}

fn markdown(report: &Report) -> String {
    let machine = report.machine.markdown();
    format!("{machine}\n### Aims\n\n{}\n{}", aims::table(&report.figures), tables::tables(&report.figures))
        .trim_end()
        .to_owned()
        + "\n"
}

/// The order of contestants everywhere, and their names. Others follow as they come.
const CONTESTANTS: [(&str, &str); 6] = [
    ("tidings", "Tidings"),
    ("nchan", "Nchan"),
    ("gin", "Gin hub"),
    ("floor", "floor"),
    ("sqlite-single", "SQLite, row by row"),
    ("sqlite-grouped", "SQLite, in groups"),
];

fn name(contestant: &str) -> String {
    let known = CONTESTANTS.iter().find(|(word, _)| *word == contestant);
    known.map_or(contestant, |(_, name)| name).to_owned()
}

fn place(contestant: &str) -> usize {
    CONTESTANTS.iter().position(|(word, _)| *word == contestant).unwrap_or(CONTESTANTS.len())
}

fn in_order(mut contestants: Vec<&str>) -> Vec<&str> {
    contestants.sort_by_key(|contestant| place(contestant));
    contestants
}

/// Scenarios: their titles, and what `at` counts. Others are called what their figures call them.
const SCENARIOS: [(&str, &str, &str); 12] = [
    ("idle", "Memory of idle streams", "streams"),
    ("broadcast", "Broadcast", "streams"),
    ("full rate", "Broadcast at full rate", "streams"),
    ("unicast", "To one user each", "notifications/s"),
    ("unicast max", "To one user each, as many as it takes", "users"),
    ("latency", "From accepted to received", "notifications/s"),
    ("reconnect", "All streams reconnect at once", "streams"),
    ("replay", "Replay", "events"),
    ("publish", "Durable publishes", "users of each"),
    ("disk", "The disk", "KiB"),
    ("growth", "The log grows", "notifications"),
    ("start", "Start", "start"),
];

fn title(scenario: &str) -> &str {
    SCENARIOS.iter().find(|(word, ..)| *word == scenario).map_or(scenario, |(_, title, _)| title)
}

fn at(scenario: &str) -> &str {
    SCENARIOS.iter().find(|(word, ..)| *word == scenario).map_or("at", |(_, _, at)| at)
}
