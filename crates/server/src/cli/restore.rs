//! `tidings restore`: puts a copy of the database back, as another life of its log.
//!
//! A copy that is put back by hand would give positions again that clients have seen with another
//! content. This begins a new epoch, so each of them is told to start from the current state. PostgreSQL puts copies
//! back by itself: then only the epoch is begun.

use std::path::{Path, PathBuf};

use clap::Args;
use tidings_models::{Clock as _, Store as _, SystemClock, SystemRandom};

use super::output;
use crate::{
    config::{Database, DatabaseUrl},
    database,
    failure::Failure,
};

const WHAT_FOLLOWS: &str = "Clients that come back are given the current state, and people sign in anew. \
                            Passwords, roles and keys are those of the copy: take away again what was taken away since.";

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The copy that `tidings backup` wrote. With PostgreSQL: none, once `pg_restore` has put one back
    file: Option<PathBuf>,
    #[command(flatten)]
    database: Database,
}

impl Restore {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let url = &self.database.database_url;
        match (url.file(), &self.file) {
            (Some(target), Some(file)) => put_back(file, target).await,
            (Some(_), None) => Err(Failure::usage("name the file that `tidings backup` wrote.")),
            (None, None) => begin_epoch(url).await,
            (None, Some(_)) => Err(Failure::new(format!(
                "{url} is put back by PostgreSQL's own programs, like pg_restore. Then, and before the server starts, run `tidings restore` without a file: it begins a new epoch."
            ))),
        }
    }
}

/// For a database that was put back by other means.
async fn begin_epoch(url: &DatabaseUrl) -> Result<(), Failure> {
    let store = database::open_server(url).await?;
    let begun = store.begin_epoch(SystemClock.now(), &SystemRandom).await;
    store.close().await;
    begun.map_err(|error| Failure::new(format!("{url}: {error}")))?;
    output::line(&format!("{url} begins a new epoch. {WHAT_FOLLOWS}"))
}

async fn put_back(file: &Path, target: &Path) -> Result<(), Failure> {
    let failed = |what: &Path, error: std::io::Error| Failure::new(format!("{}: {error}", what.display()));
    if !file.is_file() {
        return Err(Failure::new(format!("there is no file {}.", file.display())));
    }
    for file in beside(target) {
        if file.exists() {
            return Err(Failure::new(format!(
                "{} is there. Stop the server, move it away, and try again: nothing is overwritten.",
                file.display()
            )));
        }
    }
    // Prepared under another name: a restore that is cut off leaves no database in its place.
    let draft = with_suffix(target, ".restoring");
    for file in beside(&draft) {
        let _ = std::fs::remove_file(file);
    }
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    }
    std::fs::copy(file, &draft).map_err(|error| failed(&draft, error))?;
    let store = database::open_moved_file(&DatabaseUrl::of_file(&draft)).await?;
    let begun = store.begin_epoch(SystemClock.now(), &SystemRandom).await;
    store.close().await;
    begun.map_err(|error| Failure::new(format!("{}: {error}", draft.display())))?;
    // What is not in the file itself would stay behind when it gets its name.
    if let Some(rest) = beside(&draft).iter().skip(1).find(|file| file.exists()) {
        return Err(Failure::new(format!("{} is still in use. Nothing was restored: try again.", rest.display())));
    }
    std::fs::rename(&draft, target).map_err(|error| failed(target, error))?;
    output::line(&format!("Restored {}. {WHAT_FOLLOWS}", target.display()))
}

/// The files of a database: itself, and what it keeps beside itself while it is open.
fn beside(path: &Path) -> [PathBuf; 3] {
    [path.to_owned(), with_suffix(path, "-wal"), with_suffix(path, "-shm")]
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
