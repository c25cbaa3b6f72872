//! The database is locked, full, or not to be written: what is refused is refused, and reading goes on.

mod at_start;
mod full;
mod locked;
mod mounted;

use std::process::{Command, Stdio};

/// Runs SQL on a database with whatever is there for it, and gives its output. `None`: nothing is.
pub(crate) fn sql(database: &std::path::Path, statement: &str) -> Option<String> {
    let python = "import sqlite3,sys; print('\n'.join(str(r[0]) for r in sqlite3.connect(sys.argv[1],isolation_level=None).execute(sys.argv[2])))";
    let attempts = [("sqlite3", vec![]), ("python3", vec!["-c", python])];
    for (program, args) in attempts {
        let run = Command::new(program).args(args).arg(database).arg(statement).stdin(Stdio::null()).output();
        if let Ok(output) = run
            && output.status.success()
        {
            return Some(String::from_utf8(output.stdout).unwrap().trim().to_owned());
        }
    }
    None
}
