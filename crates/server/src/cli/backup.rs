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
        database::must_exist(&self.database)?;
        if self.file.exists() {
            return Err(Failure::new(format!("{} is there already. Name another file.", self.file.display())));
        }
        let store = database::open_file(&self.database.database_url).await?;
        let copied = store.back_up(&self.file).await;
        tidings_models::Store::close(&store).await;
        copied.map_err(|error| Failure::new(format!("{} could not be written: {error}", self.file.display())))?;
        output::line(&format!("Wrote {}. It holds secrets: keep it like a password.", self.file.display()))
    }
}
