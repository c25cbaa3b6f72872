//! `tidings migrate`: makes the database or brings it up to date. Starting the server does so too;
//! this is for doing it beforehand.

use clap::Args;

use super::output;
use crate::{config::Database, database, failure::Failure};

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    database: Database,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let store = database::open(&self.database).await?;
        let head = store.head().await.map_err(|error| Failure::new(error.to_string()))?;
        store.close().await;
        output::line(&format!("{} is up to date.", self.database.database_url))?;
        output::line(&format!(
            "Its log stands at position {}, keeps what came after {}, and is of epoch {}.",
            head.position.get(),
            head.floor.get(),
            head.epoch.as_uuid()
        ))
    }
}
