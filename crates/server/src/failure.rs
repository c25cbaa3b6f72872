//! How a command ends when it does not do what it was asked.

use std::{fmt, io, process::ExitCode};

/// What to tell, and the exit code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It was asked for help: no failure.
    Help,
    /// It could not be done.
    Failed,
    /// It was asked wrongly: settings or command line are to be mended.
    Usage,
}

impl Failure {
    /// Something went wrong; a second attempt may do.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: Kind::Failed }
    }

    /// A setting or the command line is wrong; a second attempt will not do.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: Kind::Usage }
    }

    /// A text that was asked for.
    pub(crate) fn help(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: Kind::Help }
    }

    /// Tells it, on the stream where it belongs.
    pub(crate) fn report(&self) -> ExitCode {
        match self.kind {
            Kind::Help => {
                tell(&mut io::stdout().lock(), format_args!("{}", self.text));
                ExitCode::SUCCESS
            }
            Kind::Failed => {
                tell(&mut io::stderr().lock(), format_args!("tidings: {}\n", self.text));
                ExitCode::from(1)
            }
            Kind::Usage => {
                tell(&mut io::stderr().lock(), format_args!("tidings: {}\n", self.text));
                ExitCode::from(2)
            }
        }
    }
}

/// Writes, unless there is nobody any more who reads: that is no reason to panic, as `print!` does.
fn tell(out: &mut impl io::Write, text: fmt::Arguments<'_>) {
    let _ = out.write_fmt(text).and_then(|()| out.flush());
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}
