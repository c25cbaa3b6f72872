//! `tidings backup`: a copy of the database while the server goes on.

use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::{config::Database, database, failure::Failure};

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write. It must not be there yet
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

impl Backup {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let url = &self.database.database_url;
        if url.file().is_none() {
            return Err(Failure::new(format!(
                "{url} is copied by PostgreSQL's own programs: pg_dump, or a base backup. Once such a copy is put back, and before the server starts, run `tidings restore` without a file."
            )));
        }
        database::must_exist(&self.database)?;
        if self.file.exists() {
            return Err(Failure::new(format!("{} is there already. Name another file.", self.file.display())));
        }
        let store = database::open_file(url).await?;
        let copied = store.back_up(&self.file).await;
        tidings_models::Store::close(&store).await;
        copied.map_err(|error| Failure::new(format!("{} could not be written: {error}", self.file.display())))?;
        output::line(&format!("Wrote {}. It holds secrets: keep it like a password.", self.file.display()))
    }
}
