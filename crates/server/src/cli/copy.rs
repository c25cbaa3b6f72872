//! `tidings copy`: moves everything from the file to PostgreSQL, once one machine is not enough. Epoch, positions and
//! secrets stay as they are, so clients go on there with the cursors, sessions and keys that they have.

mod show;

use clap::Args;
use tidings_models::{
    Clock as _, Store as _, StoreError, SystemClock, SystemRandom,
    store::copy::{CopyError, Copying, Pages, Place},
};

use self::show::Show;
use super::output;
use crate::{
    config::{Database, DatabaseUrl, database_url},
    database,
    failure::Failure,
};

#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Where to: `postgres://user@host/name`, a database that is empty. Better without the password, as others see
    /// flags: set PGPASSWORD, or have a ~/.pgpass
    #[arg(long, value_name = "URL", value_parser = database_url, required_unless_present = "undo")]
    to: Option<DatabaseUrl>,
    /// Stay with the file after all. If everything was copied already, it begins a new epoch
    #[arg(long, conflicts_with = "to")]
    undo: bool,
    #[command(flatten)]
    database: Database,
}

impl Copy {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let from = &self.database.database_url;
        if from.file().is_none() {
            return Err(Failure::usage(format!(
                "{from} is in PostgreSQL already. This copies from a file: name it by TIDINGS_DATABASE_URL."
            )));
        }
        database::must_exist(&self.database)?;
        match &self.to {
            None => undo(from).await,
            Some(to) if to.file().is_some() => {
                Err(Failure::usage("--to names a database in PostgreSQL. A file is copied by `tidings backup`."))
            }
            Some(to) => copy(from, to).await,
        }
    }
}

async fn copy(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<(), Failure> {
    let (shown_from, shown_to) = (from.to_string(), to.to_string());
    let source = Place { url: from.as_str(), shown: &shown_from };
    let target = Place { url: to.as_str(), shown: &shown_to };
    let failed = |error| failure(from, to, &error);
    let copying =
        Copying::begin(source, target, Pages::default(), &SystemClock, &SystemRandom).await.map_err(failed)?;
    let show = Show::new();
    let copied = copying.run(&SystemClock, |progress| show.progress(progress)).await;
    show.end();
    let copied = copied.map_err(failed)?;
    let rows: u64 = copied.tables.iter().map(|(_, rows)| rows).sum();
    for (table, rows) in copied.tables.iter().filter(|(_, rows)| *rows > 0) {
        output::line(&format!("{rows:>12} {table}"))?;
    }
    output::line(&format!(
        "{rows:>12} rows, of which {} were there before: each was read again, and is the same in both.",
        copied.before
    ))?;
    output::line(&format!(
        "The log stands at position {} of epoch {}. It goes on in {to}, and not in {from} any more.",
        copied.head.position.get(),
        copied.head.epoch.as_uuid()
    ))?;
    output::line("Set TIDINGS_DATABASE_URL to it, and start: clients go on where they were.")
}

/// Which of the two it is about, and what there is to do.
fn failure(from: &DatabaseUrl, to: &DatabaseUrl, error: &CopyError) -> Failure {
    const AGAIN: &str = "The same command again goes on from there.";
    Failure::new(match error {
        CopyError::InUse => format!("{from} is in use. Stop the server, and whatever else has it open, and try again."),
        CopyError::Nothing => format!("{from}: there is no log in it."),
        CopyError::Left(moved) => format!("{from}: {moved}. To go on here all the same: `tidings copy --undo`."),
        CopyError::NotEmpty => {
            format!("{to} is not empty. Name a database that was just made: nothing is overwritten.")
        }
        CopyError::Another(moved) => format!("{to}: {moved}, by another copy. Name a database that was just made."),
        CopyError::AnotherRuns => format!("{to}: somebody else copies into it at this moment."),
        CopyError::Differs { .. } | CopyError::Count { .. } => format!(
            "{to} is not the same as {from}: {error}. Somebody wrote to it, or one of them is damaged. Nothing goes on there: make that database anew, and try again."
        ),
        CopyError::There(error) => format!("{to}: {error}."),
        CopyError::Store(error) => format!("from {from} to {to}: {error}. {AGAIN}"),
    })
}

async fn undo(from: &DatabaseUrl) -> Result<(), Failure> {
    let store = database::open_moved_file(from).await?;
    let failed = |error: StoreError| Failure::new(format!("{from}: {error}"));
    let said = match store.moved().await.map_err(failed)? {
        None => Err(Failure::new(format!("{from} was not copied anywhere: there is nothing to undo."))),
        Some(moved) if moved.finished => {
            store.begin_epoch(SystemClock.now(), &SystemRandom).await.map_err(failed)?;
            Ok(format!(
                "{from} goes on from where it was left, with a new epoch: clients are given the current state, and people sign in anew. What came to {} since is there alone.",
                moved.other
            ))
        }
        Some(moved) => {
            store.stay().await.map_err(failed)?;
            Ok(format!(
                "{from} goes on as before. What was copied to {} is of no use: remove that database.",
                moved.other
            ))
        }
    };
    store.close().await;
    output::line(&said?)
}
