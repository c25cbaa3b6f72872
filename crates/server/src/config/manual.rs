//! Holds `.env.example`, which is the manual of the settings, to what the settings are.

use std::collections::BTreeMap;

use clap::CommandFactory as _;

use super::Cli;

const MANUAL: &str = include_str!("../../../../.env.example");

/// Name and default of every setting of a command and those below it.
fn settings(command: &clap::Command) -> BTreeMap<String, String> {
    let own = command.get_arguments().filter_map(|arg| {
        let default = arg.get_default_values().first().map(|value| value.to_str().unwrap().to_owned());
        let default = if arg.get_action().takes_values() { default } else { Some("false".to_owned()) };
        Some((arg.get_env()?.to_str().unwrap().to_owned(), default.unwrap_or_default()))
    });
    own.chain(command.get_subcommands().flat_map(settings)).collect()
}

#[test]
fn the_manual_has_every_setting_with_its_default() {
    let entries = MANUAL.lines().filter_map(|line| line.strip_prefix("#TIDINGS_")?.split_once('='));
    let written: BTreeMap<_, _> =
        entries.map(|(name, default)| (format!("TIDINGS_{name}"), default.to_owned())).collect();
    assert_eq!(written, settings(&Cli::command()));
}

#[test]
fn the_manual_explains_every_setting_and_sets_none() {
    let mut explained = false;
    for line in MANUAL.lines() {
        if line.starts_with("#TIDINGS_") {
            assert!(explained, "no explanation above {line}");
            explained = false;
        } else if line.starts_with("# ") {
            explained = true;
        } else {
            assert!(line.is_empty() || line == "#", "neither an explanation nor a setting: {line}");
            explained = false;
        }
    }
}

#[test]
fn a_flag_is_named_like_its_variable_and_its_value_is_not_shown() {
    fn check(command: &clap::Command) {
        for arg in command.get_arguments() {
            if let Some(name) = arg.get_env() {
                let flag = arg.get_long().unwrap().replace('-', "_").to_uppercase();
                assert_eq!(name.to_str().unwrap(), format!("TIDINGS_{flag}"));
                assert!(arg.is_hide_env_values_set(), "{flag}");
            }
        }
        command.get_subcommands().for_each(check);
    }
    Cli::command().debug_assert();
    check(&Cli::command());
}
