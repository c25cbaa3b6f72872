//! A database that cannot be opened is told at the start, with its path and the setting.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use super::mounted::Mounted;

/// Starts a server that cannot: its exit code, and what it says.
fn start(database: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .arg("serve")
        .env_clear()
        .env("TIDINGS_LISTEN", "127.0.0.1:0")
        .env("TIDINGS_DATABASE_URL", format!("sqlite://{}", database.display()))
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.stdout.is_empty(), "it says no address and shows no password: {output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn refused(database: &Path, because: &str) {
    let (code, said) = start(database);
    assert_eq!(code, Some(1), "{said}");
    for part in [&database.display().to_string(), "TIDINGS_DATABASE_URL", because] {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let Some(disk) = Mounted::of_size(8) else {
        return eprintln!("store failures: skipped: only the administrator can make a disk that is read-only");
    };
    let database = disk.path().join("log.db");
    let made = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .arg("migrate")
        .env_clear()
        .env("TIDINGS_DATABASE_URL", format!("sqlite://{}", database.display()))
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    disk.make_read_only();
    refused(&database, "ead-only");
    refused(&disk.path().join("other.db"), "ead-only");
    refused(&disk.path().join("folder/other.db"), "ead-only");
}

#[test]
fn what_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, ".repeat(1000)).unwrap();
    refused(&text, "not a database");
    assert_eq!(fs::read_to_string(&text).unwrap(), "not a database, ".repeat(1000));
    refused(folder.path(), "directory");
    refused(&text.join("log.db"), "os error");
}
