//! The binary: settings, logging, the life of a node, and the commands beside it.
//!
//! Everything is put together here, and nothing is decided: what a notification is stands in
//! `models`, how it reaches its readers in `broker`, what the API says in `api`.
//!
//! **To add a command:** one file in `cli/`, one line in [`cli::Command`]. **To add a setting:** see
//! [`config`].

use std::{ffi::OsString, process::ExitCode};

use clap::Parser as _;

mod bus;
mod cli;
mod config;
mod database;
mod drain;
mod failure;
mod file;
mod first_start;
#[cfg(test)]
mod fuzz;
mod keys;
mod limits;
mod listen;
mod pages;
mod printable;
mod serve;
mod telemetry;
#[cfg(test)]
mod testing;
mod tls;
mod watch;

use config::Cli;
use failure::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run() -> Result<(), Failure> {
    let warnings = config::load()?;
    let cli =
        Cli::try_parse_from(with_command(std::env::args_os().collect())).map_err(|error| config::explain(&error))?;
    actix_web::rt::System::new().block_on(cli.command.run(warnings))
}

/// Without a command, it is `serve` that is meant.
fn with_command(mut args: Vec<OsString>) -> Vec<OsString> {
    let is_command = |arg: &OsString| !arg.to_string_lossy().starts_with('-');
    let is_about_all = |arg: &OsString| ["-h", "--help", "-V", "--version"].iter().any(|known| arg == known);
    if !args.get(1).is_some_and(|arg| is_command(arg) || is_about_all(arg)) {
        args.insert(args.len().min(1), "serve".into());
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serve_is_what_is_meant() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&["tidings"], &["tidings", "serve"]),
            (&["tidings", "--demo"], &["tidings", "serve", "--demo"]),
            (&["tidings", "--help"], &["tidings", "--help"]),
            (&["tidings", "-V"], &["tidings", "-V"]),
            (&["tidings", "user", "list"], &["tidings", "user", "list"]),
            (&["tidings", "sevre"], &["tidings", "sevre"]),
        ];
        for (given, meant) in cases {
            assert_eq!(with_command(given.iter().map(OsString::from).collect()), meant, "{given:?}");
        }
    }
}
