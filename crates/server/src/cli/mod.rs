//! The commands: one file each.

use clap::Subcommand;

use crate::failure::Failure;

mod api_key;
mod backup;
mod copy;
mod doctor;
mod http;
mod import;
mod migrate;
mod openapi;
mod output;
mod patience;
mod restore;
mod send;
mod serve;
mod sse;
mod tail;
mod token;
mod topic;
mod user;

pub(crate) use http::causes;

/// What `tidings` can be asked to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server (the default)
    Serve(serve::Serve),
    /// Make the database or bring it up to date, and tell where its log stands
    Migrate(migrate::Migrate),
    /// Write a copy of the database, also while the server runs
    Backup(backup::Backup),
    /// Put a copy back; clients are then given the current state
    Restore(restore::Restore),
    /// Move everything from the file to PostgreSQL; clients go on there where they were
    Copy(copy::Copy),
    /// Make a token for trying the API
    Token(token::Token),
    /// Send a notification
    Send(send::Send),
    /// Send many notifications: one on each line of a file, in JSON
    Import(import::Import),
    /// Follow a user's stream in the terminal
    Tail(tail::Tail),
    /// Look after topics, and who belongs to them
    Topic(topic::Topic),
    /// Look after the built-in accounts
    User(user::User),
    /// Look after the keys of servers
    ApiKey(api_key::ApiKeys),
    /// Check all parts of an installation, and say what to do
    Doctor(doctor::Doctor),
    /// Print the OpenAPI document
    Openapi,
}

impl Command {
    /// Does it. `warnings` are of the settings.
    pub(crate) async fn run(self, warnings: Vec<String>) -> Result<(), Failure> {
        if let Self::Serve(serve) = self {
            return serve.run(&warnings).await;
        }
        if let Self::Doctor(doctor) = self {
            return doctor.run(&warnings).await;
        }
        for warning in warnings {
            output::note(&format!("warning: {warning}"));
        }
        match self {
            Self::Serve(_) | Self::Doctor(_) => Ok(()),
            Self::Migrate(migrate) => migrate.run().await,
            Self::Backup(backup) => backup.run().await,
            Self::Restore(restore) => restore.run().await,
            Self::Copy(copy) => copy.run().await,
            Self::Token(token) => token.run().await,
            Self::Send(send) => send.run().await,
            Self::Import(import) => import.run().await,
            Self::Tail(tail) => tail.run().await,
            Self::Topic(topic) => topic.run().await,
            Self::User(user) => user.run().await,
            Self::ApiKey(keys) => keys.run().await,
            Self::Openapi => openapi::run(),
        }
    }
}
