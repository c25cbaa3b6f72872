//! `.env`, and names that are almost right.

use std::{ffi::OsStr, fs, path::Path};

use clap::CommandFactory as _;

use super::Cli;
use crate::failure::Failure;

/// What all settings begin with.
const PREFIX: &str = "TIDINGS_";

/// Reads `.env` of the current folder, if there is one, into the environment, where what is set
/// already stays. Tells what to warn of: names that nothing here knows.
pub(crate) fn load() -> Result<Vec<String>, Failure> {
    match dotenvy::from_path(".env") {
        Ok(()) => {}
        Err(error) if error.not_found() => {}
        Err(error) => return Err(unreadable(&error, Path::new(".env"))),
    }
    let known = known(&Cli::command());
    let mut warnings = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        match nearest(name, &known) {
            Some(other) if other == name => readable(name, &value)?,
            Some(other) => warnings.push(format!("{name:?} is not a setting and does nothing. Did you mean {other}?")),
            None => {}
        }
    }
    warnings.sort();
    Ok(warnings)
}

/// The line itself is not repeated: it may hold a secret. dotenvy tells the end of it.
fn unreadable(error: &dotenvy::Error, path: &Path) -> Failure {
    let dotenvy::Error::LineParse(line, _) = error else {
        return Failure::usage(format!("{} cannot be read: {error}", path.display()));
    };
    let number = fs::read_to_string(path)
        .ok()
        .and_then(|text| text.lines().position(|whole| whole.trim_end().ends_with(line.trim_end())))
        .map_or_else(String::new, |index| format!(" in line {}", index + 1));
    Failure::usage(format!(
        "{} is malformed{number}. A line is a comment after #, or NAME=value; put a value with spaces or # or $ into 'single quotes'.",
        path.display()
    ))
}

fn readable(name: &str, value: &OsStr) -> Result<(), Failure> {
    match value.to_str() {
        Some(_) => Ok(()),
        None => Err(Failure::usage(format!("{name} is wrong: its value is not UTF-8 text."))),
    }
}

/// The variables of all commands.
fn known(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned()));
    own.chain(command.get_subcommands().flat_map(known)).collect()
}

/// The known name that is most like `name`. What they all begin with does not count.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let tail = |name: &str| name.trim_start_matches(PREFIX).to_owned();
    let likeness = |other: &str| strsim::jaro_winkler(&tail(name), &tail(other));
    known.iter().map(String::as_str).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let known = known(&Cli::command());
        let cases = [
            ("TIDINGS_LISTEN", "TIDINGS_LISTEN"),
            ("TIDINGS_LISTN", "TIDINGS_LISTEN"),
            ("TIDINGS_DATABASE", "TIDINGS_DATABASE_URL"),
            ("TIDINGS_HEARTBEAT", "TIDINGS_HEARTBEAT_SECONDS"),
            ("TIDINGS_JWT_SECERT", "TIDINGS_JWT_SECRET"),
            ("TIDINGS_SECRET", "TIDINGS_JWT_SECRET"),
            ("TIDINGS_CORS", "TIDINGS_CORS_ORIGINS"),
        ];
        for (name, expected) in cases {
            assert_eq!(nearest(name, &known), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_malformed_file_is_told_by_line_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        fs::write(&path, "# fine\nA=1\nTIDINGS_JWT_SECRET=planted is not quoted\n").unwrap();
        let error = dotenvy::from_path_iter(&path).unwrap().find_map(Result::err).unwrap();
        let message = unreadable(&error, &path).to_string();
        assert!(message.contains("malformed in line 3"), "{message}");
        assert!(!message.contains("planted"), "{message}");
    }
}
