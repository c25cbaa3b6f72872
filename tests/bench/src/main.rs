//! Measures Tidings beside its peers, in one run on one machine.

mod contestant;
mod failure;
mod figures;
mod load;
mod process;
mod run;
mod scenario;
mod stamp;

use std::{net::SocketAddr, process::ExitCode};

use clap::Parser;

/// Measures Tidings beside its peers.
#[derive(Parser)]
enum Command {
    /// Start servers, put load on them, and write down what they did.
    Run(run::Options),
    /// Be the server that does nothing but write: the floor under all others.
    Floor {
        /// Where to listen.
        listen: SocketAddr,
    },
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(options) => run::run(&options),
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
