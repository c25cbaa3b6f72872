//! Measures Tidings beside its peers, in one run on one machine.

mod contestant;
mod disk;
mod failure;
mod figures;
mod load;
mod postgres;
mod process;
mod report;
mod run;
mod scenario;
mod simulate;
mod stamp;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::Parser;

/// Measures Tidings beside its peers.
#[derive(Parser)]
enum Command {
    /// Start servers, put load on them, and write down what they did.
    Run(run::Options),
    /// Make tables and plots again, from the figures of a run.
    Report {
        /// The `figures.json`.
        figures: PathBuf,
        /// Where tables and plots go.
        folder: PathBuf,
        /// A Markdown file whose block of figures is to be renewed too.
        #[arg(long)]
        document: Option<PathBuf>,
        /// Of these scenarios alone in that file, without the aims: as the tables call them in `figures.json`.
        #[arg(long, value_delimiter = ',', requires = "document")]
        only: Vec<String>,
    },
    /// Work out what many nodes and a log in partitions would do, and look for ways to lose something there.
    Simulate(simulate::Options),
    /// Be the server that does nothing but write: the floor under all others.
    Floor {
        /// Where to listen.
        listen: SocketAddr,
    },
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(options) => run::run(&options),
        Command::Report { figures, folder, document, only } => {
            report::again(&figures, &folder, document.as_deref(), &only)
        }
        Command::Simulate(options) => simulate::run(&options),
        Command::Floor { listen } => contestant::serve_floor(listen),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tidings-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
