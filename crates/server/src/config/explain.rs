//! What is wrong with the settings or the command line, for whoever has to mend it.

use std::error::Error as _;

use clap::{
    CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::Cli;
use crate::failure::Failure;

/// Turns clap's error into ours. clap names the flag and repeats the value; here it is the variable
/// that is most often meant, and a value may be a secret.
pub(crate) fn explain(error: &clap::Error) -> Failure {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Failure::help(error.render().to_string()),
        ErrorKind::ValueValidation => value(error).unwrap_or_else(|| usage(error)),
        _ => usage(error),
    }
}

fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    Failure::usage(text.trim_start_matches("error: ").trim_end().to_owned())
}

fn value(error: &clap::Error) -> Option<Failure> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    let problem = error.source()?;
    let mut command = Cli::command();
    command.build(); // else an argument cannot be written as clap does
    let name = match variable(&command, flag) {
        Some(variable) => format!("{variable} (or {})", flag.split(' ').next().unwrap_or(flag)),
        None => flag.clone(),
    };
    Some(Failure::usage(format!("{name} is wrong: {problem}.")))
}

/// The variable of a flag, as clap writes it.
fn variable(command: &clap::Command, flag: &str) -> Option<String> {
    let own = command.get_arguments().find(|arg| arg.to_string() == flag);
    match own.and_then(clap::Arg::get_env) {
        Some(name) => Some(name.to_str()?.to_owned()),
        None => command.get_subcommands().find_map(|command| variable(command, flag)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn refusal(args: &[&str]) -> String {
        let error = Cli::try_parse_from([&["tidings"], args].concat()).unwrap_err();
        explain(&error).to_string()
    }

    #[test]
    fn a_wrong_value_names_its_variable() {
        let cases: [(&[&str], &str); 9] = [
            (
                &["serve", "--heartbeat-seconds", "0"],
                r#"TIDINGS_HEARTBEAT_SECONDS (or --heartbeat-seconds) is wrong: "0" is not a whole number from 1 to 300."#,
            ),
            (&["serve", "--listen", "8080"], "TIDINGS_LISTEN (or --listen) is wrong: \"8080\" is not an IP address"),
            (
                &["serve", "--database-url", "postgres://x"],
                "TIDINGS_DATABASE_URL (or --database-url) is wrong: it names no database",
            ),
            (&["serve", "--jwt-secret", "planted"], "TIDINGS_JWT_SECRET (or --jwt-secret) is wrong: the secret"),
            (
                &["serve", "--jwt-jwks-url", "http://planted.example/"],
                "TIDINGS_JWT_JWKS_URL (or --jwt-jwks-url) is wrong: it is not the URL of a key set",
            ),
            (&["serve", "--log-format", "xml"], "TIDINGS_LOG_FORMAT (or --log-format) is wrong"),
            (&["serve", "--cors-origins", "x"], "TIDINGS_CORS_ORIGINS (or --cors-origins) is wrong"),
            (&["send", "--url", "http://a:planted@b"], "TIDINGS_URL (or --url) is wrong"),
            (&["token", "--sub", "alice", "--hours", "0"], "--hours <HOURS> is wrong"),
        ];
        for (args, start) in cases {
            let message = refusal(args);
            assert!(message.starts_with(start), "{message}");
            assert!(!message.contains("planted"), "{message}");
        }
    }

    #[test]
    fn a_wrong_flag_gets_a_hint() {
        let message = refusal(&["serve", "--lisen", "127.0.0.1:1"]);
        assert!(message.contains("--listen"), "{message}");
    }
}
