//! What commands print. Results go to standard output and nothing else does, so that they can be
//! piped; remarks go to standard error.

use std::io::{self, Write as _};

use crate::failure::Failure;

/// Prints a line of the result. A reader that has seen enough (`| head`) is no failure: it ends the
/// command in peace.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::help("")),
        Err(error) => Err(Failure::new(format!("standard output cannot be written: {error}"))),
    }
}

/// Prints a remark. There is nobody to tell when that fails.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
