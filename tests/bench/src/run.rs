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
    report::{self, Machine},
    scenario::{
        self, Scenario, Sizes, Stage, Value,
        alone::{self, Alone},
    },
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
    /// Rows that a log grows to, where growth is measured.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
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
            return Sizes { streams: 50, most_streams: 60, time, rows: 0, tiny: true };
        }
        let streams = self.streams.min(fitting);
        // Whoever asks for fewer streams wants a short run.
        let most_streams = if self.streams < 10_000 { streams } else { fitting.min(50_000) };
        Sizes { streams, most_streams, time: Duration::from_secs_f64(self.seconds), rows: self.rows, tiny: false }
    }

    fn scenarios(&self) -> Result<(Vec<&'static Scenario>, Vec<&'static Alone>)> {
        let names = || {
            let loads = scenario::ALL.iter().map(|scenario| scenario.name);
            loads.chain(alone::ALL.iter().map(|alone| alone.name))
        };
        if let Some(unknown) =
            self.scenarios.iter().find(|asked| *asked != "all" && !names().any(|name| name == *asked))
        {
            let names: Vec<_> = names().collect();
            return Err(Failure::new(format!("there is no scenario {unknown}; there are {}", names.join(", "))));
        }
        let asked = |name: &str| self.scenarios.iter().any(|asked| asked == name || asked == "all");
        let loads = scenario::ALL.iter().filter(|scenario| asked(scenario.name)).collect();
        Ok((loads, alone::ALL.iter().filter(|alone| asked(alone.name)).collect()))
    }
}

/// One thing to measure.
#[derive(Clone, Copy)]
enum Job {
    /// A load on one contestant.
    Load(&'static Scenario, Kind),
    /// Tidings, and what it is compared with there.
    Alone(&'static Alone),
}

impl Job {
    fn name(self) -> String {
        match self {
            Self::Load(scenario, kind) => format!("{}: {}", scenario.name, kind.name()),
            Self::Alone(alone) => alone.name.to_owned(),
        }
    }

    /// Seconds that it may take, before it was ever seen to take its time.
    fn guess(self, sizes: &Sizes) -> f64 {
        match self {
            _ if sizes.tiny => 1.0,
            Self::Load(scenario, _) => 4.0 + f64::from((scenario.phases)(sizes)) * sizes.time.as_secs_f64(),
            Self::Alone(_) => 30.0 + 4.0 * sizes.time.as_secs_f64(),
        }
    }

    fn run(self, servers: &Servers, sizes: &Sizes, clock: Clock) -> Result<Vec<(&'static str, Value)>> {
        match self {
            Self::Load(scenario, kind) => {
                let values = load(servers, scenario, kind, sizes, clock)?;
                Ok(values.into_iter().map(|value| (kind.name(), value)).collect())
            }
            Self::Alone(alone) => {
                (alone.run)(servers, sizes, clock).map_err(|failure| Failure::new(format!("{}: {failure}", alone.name)))
            }
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let sizes = options.sizes(raise_file_limit());
    let (scenarios, alone) = options.scenarios()?;
    fs::create_dir_all(&options.out).map_err(Failure::at(options.out.display()))?;
    let folder = tempfile::tempdir_in(&options.out)?;
    let path = folder.path().canonicalize()?;
    let mut servers = Servers::new(options.tidings.clone(), options.tidings_env.clone(), path);
    let contestants = prepared(options, &mut servers)?;

    let loads = scenarios.iter().flat_map(|scenario| {
        contestants.iter().filter(|kind| (scenario.who)(**kind)).map(|kind| Job::Load(scenario, *kind))
    });
    let alone = alone.into_iter().filter(|_| contestants.contains(&Kind::Tidings)).map(Job::Alone);
    let jobs: Vec<Job> = loads.chain(alone).collect();
    let versions = contestants.iter().map(|kind| (kind.name().to_owned(), kind.version(&servers))).collect();
    let machine = Machine::this(&servers.folder, versions);

    let clock = Clock::start();
    let repeats = if options.tiny { 1 } else { options.repeats };
    let mut guesses: Vec<f64> = jobs.iter().map(|job| job.guess(&sizes)).collect();
    let mut figures = Vec::new();
    for repeat in 1..=repeats {
        for (index, job) in jobs.iter().enumerate() {
            let later = f64::from(repeats - repeat) * guesses.iter().sum::<f64>();
            let left = Duration::from_secs_f64(guesses[index..].iter().sum::<f64>() + later);
            let (this, all) = (index + 1, jobs.len());
            eprintln!("[{repeat}/{repeats}, {this}/{all}, {} left] {}", minutes(left), job.name());
            let begin = Instant::now();
            let values = job.run(&servers, &sizes, clock)?;
            guesses[index] = begin.elapsed().as_secs_f64();
            eprintln!("    ({:.1} s)", guesses[index]);
            for (contestant, value) in values {
                let Value { scenario, at, metric, unit, value: number } = value;
                eprintln!("    {contestant}, {scenario} at {at}: {metric} = {number:.2} {unit}");
                add(&mut figures, contestant, value);
            }
        }
        // After each repetition: whoever stops a long run keeps what was measured.
        report::write(&figures, &machine, &options.out).map_err(Failure::at(options.out.display()))?;
    }
    eprintln!("Figures, tables and plots are in {}.", options.out.display());
    Ok(())
}

/// Those of the contestants that can be started here.
fn prepared(options: &Options, servers: &mut Servers) -> Result<Vec<Kind>> {
    let mut contestants = options.contestants.clone();
    contestants.retain(|kind| match servers.prepare(*kind, &options.out) {
        Ok(()) => true,
        Err(failure) => {
            eprintln!("{} is left out: {failure}", kind.name());
            false
        }
    });
    if options.contestants.contains(&Kind::Tidings) && !contestants.contains(&Kind::Tidings) {
        return Err(Failure::new("nothing can be compared without Tidings"));
    }
    Ok(contestants)
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn load(servers: &Servers, scenario: &Scenario, kind: Kind, sizes: &Sizes, clock: Clock) -> Result<Vec<Value>> {
    let mut stage = Stage::start(servers, kind, scenario.wish, (scenario.users)(sizes), clock)?;
    let done = (scenario.run)(&mut stage, sizes).and_then(|values| {
        if sizes.tiny {
            nothing_is_wrong(&stage, scenario)?;
        }
        Ok(values)
    });
    done.map_err(|failure| {
        let log = stage.contestant.log();
        Failure::new(format!("{} with {}: {failure}\nits log:\n{log}", scenario.name, kind.name()))
    })
}

/// For a tiny run: whether everything arrived. With so little load no server has an excuse.
fn nothing_is_wrong(stage: &Stage, scenario: &Scenario) -> Result<()> {
    let losses = stage.losses();
    // The Gin hub drops for whoever is slow, and on a busy machine that is the generator.
    let keeps = stage.kind == Kind::Tidings || (stage.kind != Kind::Gin && !scenario.away);
    if (keeps && losses.lost > 0) || losses.repeated > 0 {
        return Err(Failure::new(format!("{} events were lost and {} repeated", losses.lost, losses.repeated)));
    }
    if stage.refused > 0 {
        let complaint = stage.complaint.as_deref().unwrap_or("no answer");
        return Err(Failure::new(format!("{} requests were refused: {complaint}", stage.refused)));
    }
    stage.streams.broken.as_ref().map_or(Ok(()), |broken| Err(Failure::new(format!("a stream broke: {broken}"))))
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
