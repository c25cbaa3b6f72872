//! A run: each scenario with each contestant in turn, as often as asked.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    contestant::{Kind, Servers},
    failure::{Failure, Result},
    figures::Figure,
    process::raise_file_limit,
    scenario::{self, Scenario, Sizes, Stage, Value},
    stamp::Clock,
};

/// Files that a process needs beside its streams.
const OTHER_FILES: u64 = 1_000;

#[derive(Args)]
pub(crate) struct Options {
    /// The binary of Tidings.
    #[arg(long, default_value = "target/release/tidings")]
    tidings: PathBuf,
    /// A variable for its environment, like `TIDINGS_WORKERS=2`. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    tidings_env: Vec<(String, String)>,
    /// Who takes part.
    #[arg(long, value_delimiter = ',', default_value = "tidings,nchan,gin,floor")]
    contestants: Vec<Kind>,
    /// What is measured: names of scenarios, or all.
    #[arg(long, value_delimiter = ',', default_value = "all")]
    scenarios: Vec<String>,
    /// Streams, where their number is not the point.
    #[arg(long, default_value_t = 10_000)]
    streams: u32,
    /// How long a phase of load takes.
    #[arg(long, default_value_t = 8.0)]
    seconds: f64,
    /// How often everything is measured.
    #[arg(long, default_value_t = 3)]
    repeats: u32,
    /// Where figures, tables and plots go.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Everything once, with few streams and quickly: only to see that it works. Fails if anything was lost.
    #[arg(long)]
    tiny: bool,
}

fn variable(text: &str) -> std::result::Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or("NAME=VALUE".to_owned())
}

impl Options {
    fn sizes(&self, files: u64) -> Sizes {
        let fitting = u32::try_from(files.saturating_sub(OTHER_FILES) / 1_000 * 1_000).unwrap_or(u32::MAX);
        if self.tiny {
            let time = Duration::from_millis(300);
            return Sizes { streams: 50, most_streams: 60, time, tiny: true };
        }
        let streams = self.streams.min(fitting);
        // Whoever asks for fewer streams wants a short run.
        let most_streams = if self.streams < 10_000 { streams } else { fitting.min(50_000) };
        Sizes { streams, most_streams, time: Duration::from_secs_f64(self.seconds), tiny: false }
    }

    fn scenarios(&self) -> Result<Vec<&'static Scenario>> {
        let known = |name: &str| scenario::ALL.iter().any(|scenario| scenario.name == name);
        if let Some(unknown) = self.scenarios.iter().find(|name| *name != "all" && !known(name)) {
            let names: Vec<_> = scenario::ALL.iter().map(|scenario| scenario.name).collect();
            return Err(Failure::new(format!("there is no scenario {unknown}; there are {}", names.join(", "))));
        }
        let asked = |name: &str| self.scenarios.iter().any(|asked| asked == name || asked == "all");
        Ok(scenario::ALL.iter().filter(|scenario| asked(scenario.name)).collect())
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let sizes = options.sizes(raise_file_limit());
    let scenarios = options.scenarios()?;
    fs::create_dir_all(&options.out).map_err(Failure::at(options.out.display()))?;
    let folder = tempfile::tempdir_in(&options.out)?;
    let path = folder.path().canonicalize()?;
    let mut servers = Servers::new(options.tidings.clone(), options.tidings_env.clone(), path);
    let mut contestants = options.contestants.clone();
    contestants.retain(|kind| match servers.prepare(*kind) {
        Ok(()) => true,
        Err(failure) => {
            eprintln!("{} is left out: {failure}", kind.name());
            false
        }
    });
    let clock = Clock::start();
    let repeats = if options.tiny { 1 } else { options.repeats };
    let mut figures = Vec::new();
    for repeat in 1..=repeats {
        for scenario in &scenarios {
            for kind in contestants.iter().copied().filter(|kind| (scenario.who)(*kind)) {
                eprintln!("[{repeat}/{repeats}] {} {}", scenario.name, kind.name());
                let begin = Instant::now();
                let values = once(&servers, scenario, kind, &sizes, clock)?;
                show(&values, begin.elapsed());
                values.iter().for_each(|value| add(&mut figures, kind.name(), *value));
            }
        }
    }
    fs::write(options.out.join("figures.json"), serde_json::to_string_pretty(&figures).map_err(Failure::at("JSON"))?)?;
    Ok(())
}

fn once(servers: &Servers, scenario: &Scenario, kind: Kind, sizes: &Sizes, clock: Clock) -> Result<Vec<Value>> {
    let mut stage = Stage::start(servers, kind, scenario.wish, (scenario.users)(sizes), clock)?;
    let done = (scenario.run)(&mut stage, sizes);
    done.map_err(|failure| {
        let log = stage.contestant.log();
        Failure::new(format!("{} with {}: {failure}\nits log:\n{log}", scenario.name, kind.name()))
    })
}

fn show(values: &[Value], took: Duration) {
    for Value { scenario, at, metric, unit, value } in values {
        eprintln!("    {scenario} at {at}: {metric} = {value:.2} {unit}");
    }
    eprintln!("    ({:.1} s)", took.as_secs_f64());
}

fn add(figures: &mut Vec<Figure>, contestant: &str, value: Value) {
    let same = |figure: &&mut Figure| {
        figure.scenario == value.scenario
            && figure.contestant == contestant
            && figure.metric == value.metric
            && figure.at.total_cmp(&value.at).is_eq()
    };
    if let Some(figure) = figures.iter_mut().find(same) {
        figure.runs.push(value.value);
        return;
    }
    figures.push(Figure {
        scenario: value.scenario.to_owned(),
        contestant: contestant.to_owned(),
        at: value.at,
        metric: value.metric.to_owned(),
        unit: value.unit.to_owned(),
        runs: vec![value.value],
    });
}
